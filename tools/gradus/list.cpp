#include <fmt/format.h>

#include <algorithm>

#include "commands.hpp"
#include "gradus/registry.hpp"
#include "state.hpp"

namespace gradus::tool {
namespace {

struct Row {
  std::string rule, state, title;
};

std::vector<Row> rows() {
  std::vector<Row> rows{{"RULE", "STATE", "WHAT IT IS"}};
  for (const std::string& name : rule_names())
    rows.push_back({name, state_summary(make_rule(name).program()), about(name).title});
  return rows;
}

int list() {
  std::size_t rule_width = 0, state_width = 0;
  for (const Row& row : rows()) {
    rule_width = std::max(rule_width, row.rule.size());
    state_width = std::max(state_width, row.state.size());
  }
  for (const Row& row : rows())
    fmt::print("{:<{}}  {:<{}}  {}\n", row.rule, rule_width, row.state, state_width, row.title);
  fmt::print(
      "\nSTATE is how many numbers a rule keeps for each element of a parameter; or for\n"
      "each of its rows or columns, as a matrix; or further matrices. Single numbers do\n"
      "not count.\n"
      "`gradus explain RULE` tells its formula, hyperparameters and state.\n");
  return 0;
}

}  // namespace

void add_list(CLI::App& app, Command& chosen) {
  app.add_subcommand("list", "The rules, one a line")->callback([&chosen] { chosen = list; });
}

}  // namespace gradus::tool
