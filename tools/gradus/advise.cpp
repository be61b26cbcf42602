#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "gradus/core/error.hpp"
#include "lab/claims/advice.hpp"

namespace gradus::tool {
namespace {

struct AdviseFlags {
  std::string task;
  std::vector<const lab::Place*> places;
};

int advise(const AdviseFlags& flags) {
  std::vector<const lab::Place*> chosen = flags.places;
  if (!flags.task.empty()) chosen.push_back(&lab::place_of(flags.task));
  if (chosen.size() > 1) throw Error("advise is given one task or one kind of net at a time");
  fmt::print("{}", advice_text(lab::built_in_results(), chosen.empty() ? nullptr : chosen.front()));
  return 0;
}

}  // namespace

void add_advise(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("advise", kAdviseHelp);
  const auto flags = std::make_shared<AdviseFlags>();
  command->add_option("--task", flags->task, "On a task; `gradus tasks` lists them")->type_name("NAME");
  for (const lab::Place& place : lab::places())
    if (*place.flag != '\0')
      command->add_flag_callback(
          std::string("--") + place.flag, [flags, &place] { flags->places.push_back(&place); }, place.words);
  command->callback([&chosen, flags] { chosen = [flags] { return advise(*flags); }; });
}

}  // namespace gradus::tool
