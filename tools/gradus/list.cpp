#include <fmt/format.h>

#include <algorithm>

#include "commands.hpp"
#include "gradus/registry.hpp"

namespace gradus::tool {
namespace {

int list() {
  const std::vector<std::string> names = rule_names();
  std::size_t width = 0;
  for (const std::string& name : names) width = std::max(width, name.size());
  fmt::print("{:<{}}  {}  {}\n", "RULE", width, "STATE", "WHAT IT IS");
  for (const std::string& name : names)
    fmt::print("{:<{}}  {:>5}  {}\n", name, width, make_rule(name).program().slots().size(),
               about(name).title);
  fmt::print(
      "\nSTATE is how many numbers a rule keeps for each parameter.\n"
      "`gradus explain RULE` tells its formula and hyperparameters.\n");
  return 0;
}

}  // namespace

void add_list(CLI::App& app, Command& chosen) {
  app.add_subcommand("list", "The rules, one a line")->callback([&chosen] { chosen = list; });
}

}  // namespace gradus::tool
