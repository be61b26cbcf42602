#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "commands.hpp"

namespace gradus::tool {
namespace {

/// Becomes the program that knows the command. Its words go on as they are.
[[noreturn]] void become_racer(const std::string& command, const std::vector<std::string>& words) {
  const std::filesystem::path racer =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "gradus-race";
  std::vector<std::string> all{"gradus", command};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (std::string& word : all) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(racer.c_str(), arguments.data());
  throw std::runtime_error(fmt::format("cannot start {}: {}", racer.string(), std::strerror(errno)));
}

void add_elsewhere(CLI::App& app, Command& chosen, const char* name, const char* help) {
  CLI::App* command = app.add_subcommand(name, help);
  command->prefix_command();  // takes all words that follow
  command->set_help_flag();
  command->callback([&chosen, command, name = std::string(name)] {
    chosen = [words = command->remaining(), name]() -> int { become_racer(name, words); };
  });
}

}  // namespace

void add_commands(CLI::App& app, Command& chosen) {
  add_elsewhere(app, chosen, "race", kRaceHelp);
  add_elsewhere(app, chosen, "tasks", kTasksHelp);
  add_elsewhere(app, chosen, "claims", kClaimsHelp);
  add_elsewhere(app, chosen, "advise", kAdviseHelp);
  add_elsewhere(app, chosen, "sharpness", kSharpnessHelp);
  add_compare(app, chosen);
  add_report(app, chosen);
  add_inspect(app, chosen);
  add_list(app, chosen);
  add_explain(app, chosen);
}

}  // namespace gradus::tool
