#include <fmt/format.h>

#include "commands.hpp"
#include "lab/tasks/task.hpp"

namespace gradus::tool {
namespace {

int tasks() {
  for (const lab::TaskKind* kind : lab::task_kinds())
    fmt::print("{}\n  {}\n  Data: {}\n  Size: {}; minutes: {}\n\n", kind->name, kind->title, kind->source,
               kind->size, kind->minutes);
  fmt::print("Minutes are of `gradus race --task NAME`, and of --quick, on two cores.\n");
  return 0;
}

}  // namespace

void add_tasks(CLI::App& app, Command& chosen) {
  app.add_subcommand("tasks", kTasksHelp)->callback([&chosen] { chosen = tasks; });
}

}  // namespace gradus::tool
