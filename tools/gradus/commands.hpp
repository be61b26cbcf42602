#pragma once

#include <CLI/App.hpp>
#include <functional>

namespace gradus::tool {

/// Does what the words on the command line asked for; what it returns is the exit code.
using Command = std::function<int()>;

/// Adds the commands of the program: `gradus` has those that need no libtorch, and starts `gradus-race`, which lies
/// beside it, for the others.
void add_commands(CLI::App& app, Command& chosen);

// Each adds its subcommand and sets `chosen` when the user names it.
void add_race(CLI::App& app, Command& chosen);
void add_tasks(CLI::App& app, Command& chosen);
void add_claims(CLI::App& app, Command& chosen);
void add_advise(CLI::App& app, Command& chosen);
void add_sharpness(CLI::App& app, Command& chosen);
void add_compare(CLI::App& app, Command& chosen);
void add_report(CLI::App& app, Command& chosen);
void add_inspect(CLI::App& app, Command& chosen);
void add_list(CLI::App& app, Command& chosen);
void add_explain(CLI::App& app, Command& chosen);

inline constexpr const char* kRaceHelp = "Train a model with several rules, and say who won at what";
inline constexpr const char* kTasksHelp = "What can be raced on: data, size, minutes";
inline constexpr const char* kClaimsHelp = "What people say about adaptive optimizers, put to the test";
inline constexpr const char* kAdviseHelp = "Which optimizer, which rate: what claims put to the test say";
inline constexpr const char* kSharpnessHelp = "How curved the loss is where rules arrive, and between";

}  // namespace gradus::tool
