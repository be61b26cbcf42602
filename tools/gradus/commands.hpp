#pragma once

#include <CLI/App.hpp>
#include <functional>

namespace gradus::tool {

/// Does what the words on the command line asked for; what it returns is the exit code.
using Command = std::function<int()>;

// Each adds its subcommand and sets `chosen` when the user names it.
void add_race(CLI::App& app, Command& chosen);
void add_tasks(CLI::App& app, Command& chosen);
void add_compare(CLI::App& app, Command& chosen);
void add_report(CLI::App& app, Command& chosen);
void add_list(CLI::App& app, Command& chosen);
void add_explain(CLI::App& app, Command& chosen);

}  // namespace gradus::tool
