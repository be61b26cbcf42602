#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

#include "commands.hpp"
#include "gradus/core/number_text.hpp"
#include "gradus/registry.hpp"
#include "lab/report/format.hpp"
#include "state.hpp"

namespace gradus::tool {
namespace {

void print_section(const char* title) { fmt::print("\n{}\n", title); }

void print_wrapped(const std::string& text) { fmt::print("{}", lab::wrapped(text, "  ", "  ")); }

void print_lines(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) fmt::print("  {}\n", line);
}

void print_fields(const std::vector<FieldInfo>& fields) {
  std::size_t name_width = 0, default_width = std::string("default").size(),
              range_width = std::string("range").size();
  for (const FieldInfo& field : fields) {
    name_width = std::max(name_width, field.name.size());
    default_width = std::max(default_width, number_text(field.default_value).size());
    range_width = std::max(range_width, field.range.text().size());
  }
  const auto print_row = [&](const std::string& name, const std::string& value, const std::string& range,
                             const std::string& meaning) {
    fmt::print("  {:<{}}  {:<{}}  {:<{}}  {}\n", name, name_width, value, default_width, range, range_width,
               meaning);
  };
  print_row("", "default", "range", "");
  for (const FieldInfo& field : fields)
    print_row(field.name, number_text(field.default_value), field.range.text(), field.meaning);
}

void print_state(const std::vector<StatePart>& parts) {
  if (parts.empty()) fmt::print("  none\n");
  std::size_t width = 0;
  for (const StatePart& part : parts) width = std::max(width, part.name.size());
  for (const StatePart& part : parts) fmt::print("  {:<{}}  {}\n", part.name, width, part.size);
  if (std::ranges::any_of(parts, [](const StatePart& part) { return part.over_sides; }))
    print_wrapped(
        "Rows and columns are those of the parameter as a matrix: its first dimension by all others.");
}

/// Another value than the default: half-way to 1 for decay rates and the like.
double another_value(const FieldInfo& field) {
  const double value = field.default_value;
  if (field.range.high == 1) return (1 + value) / 2;
  return value == 0 ? 0.1 : 2 * value;
}

/// A field other than lr to show how it is given, where there is one.
std::string race_example(const std::string& name, const std::vector<FieldInfo>& fields) {
  for (const FieldInfo& field : fields)
    if (field.name != "lr")
      return fmt::format("{}:{}={}", name, field.name, number_text(another_value(field)));
  return name + ":lr=0.1";
}

int explain(const std::string& name) {
  const About& words = about(name);
  const AnyRule rule = make_rule(name);
  fmt::print("{}: {}\n", words.name, words.title);
  print_section("Formula");
  print_lines(words.formula);
  print_section("Hyperparameters");
  print_fields(rule.fields());
  print_section("State, for each parameter");
  print_state(state_parts(rule.program()));
  print_section("Source");
  print_wrapped(words.source);
  print_section("PyTorch");
  print_wrapped(words.pytorch);
  print_section("In a race");
  fmt::print("  gradus race --rules '{},{}'\n", name, race_example(name, rule.fields()));
  if (rule.program().is_matrix())
    print_wrapped(
        "Parameters with fewer than two dimensions, such as biases, are moved by adamw with its default "
        "hyperparameters, on the same schedule.");
  if (rule.program().has_evaluation_point())
    print_wrapped("It is evaluated at another point than the one that it trains at.");
  return 0;
}

}  // namespace

void add_explain(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("explain", "A rule's formula, hyperparameters, state and source");
  const auto name = std::make_shared<std::string>();
  command->add_option("RULE", *name, "The rule's name; `gradus list` has them all")->required();
  command->callback([&chosen, name] { chosen = [name] { return explain(*name); }; });
}

}  // namespace gradus::tool
