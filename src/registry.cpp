#include "gradus/registry.hpp"

#include <algorithm>
#include <utility>

#include "engine/settings.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "rules/rows.hpp"

namespace gradus {

namespace {

const std::vector<Row>& table() {
  static const std::vector<Row> rows = [] {
    std::vector<Row> all;
    [&]<std::size_t... Part>(std::index_sequence<Part...>) {
      const auto append = [&](const std::vector<Row>& part) {
        all.insert(all.end(), part.begin(), part.end());
      };
      (append(rows_of_part<Part>()), ...);
    }
    (std::make_index_sequence<kParts>{});
    std::sort(all.begin(), all.end(), [](const Row& a, const Row& b) { return a.position < b.position; });
    return all;
  }();
  return rows;
}

const Row& find(std::string_view name) {
  for (const Row& row : table())
    if (row.about->name == name) return row;
  const std::vector<std::string> names = rule_names(), similar = nearest(name, names);
  throw Error("there is no rule '" + std::string(name) + "'; " +
              (similar.empty() ? "there are: " + listed(names) : "the nearest: " + listed(similar)));
}

}  // namespace

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const Row& row : table()) names.emplace_back(row.about->name);
  return names;
}

AnyRule make_rule(std::string_view name, const std::vector<Setting>& settings) {
  AnyRule rule(find(name).make());
  set_all(rule, settings);
  return rule;
}

const About& about(std::string_view name) { return *find(name).about; }
}  // namespace gradus
