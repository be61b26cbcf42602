#include "gradus/registry.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/text_reader.hpp"
#include "engine/settings.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/engine/fields.hpp"
#include "known_rules.hpp"
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

std::vector<std::string> built_in_names(bool links) {
  std::vector<std::string> names;
  for (const Row& row : table())
    if (row.is_link == links) names.emplace_back(row.about->name);
  return names;
}

const Row* find_built_in(std::string_view name) {
  for (const Row& row : table())
    if (row.about->name == name) return &row;
  return nullptr;
}

/// Rules that were registered, in the order in which they were.
class Registered {
 public:
  void add(AnyRule rule) {
    const std::lock_guard lock(mutex_);
    if (const AnyRule* other = find_locked(rule.name()))
      check_owner(rule, *other);
    else
      rules_.push_back(std::move(rule));
  }
  std::optional<AnyRule> find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const AnyRule* const rule = find_locked(name);
    return rule != nullptr ? std::optional(*rule) : std::nullopt;
  }
  std::vector<std::string> names() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const AnyRule& rule : rules_) names.emplace_back(rule.name());
    return names;
  }

 private:
  const AnyRule* find_locked(std::string_view name) const {
    const auto called_so = [&](const AnyRule& rule) { return rule.name() == name; };
    const auto rule = std::find_if(rules_.begin(), rules_.end(), called_so);
    return rule == rules_.end() ? nullptr : &*rule;
  }

  mutable std::mutex mutex_;
  std::vector<AnyRule> rules_;
};

Registered& registered() {
  static Registered rules;
  return rules;
}

void take_defaults(AnyRule& rule) {
  for (const FieldInfo& field : rule.fields()) rule.set(field.name, field.default_value);
}

}  // namespace

std::optional<AnyRule> known_rule(std::string_view name) {
  if (const Row* row = find_built_in(name)) return AnyRule(row->make());
  if (std::optional<AnyRule> rule = registered().find(name)) return rule;
  const std::size_t last = name.rfind(engine::kThen);
  if (last == std::string_view::npos) return std::nullopt;
  const std::optional<AnyRule> first = known_rule(name.substr(0, last)),
                               second = known_rule(name.substr(last + engine::kThen.size()));
  return first && second ? std::optional(*first >> *second) : std::nullopt;
}

std::string unknown_rule(std::string_view name) {
  const std::size_t then = name.find(engine::kThen);
  if (then != std::string_view::npos)
    return unknown_rule(known_rule(name.substr(0, then)) ? name.substr(then + engine::kThen.size())
                                                         : name.substr(0, then));
  std::vector<std::string> names = rule_names();
  for (const std::vector<std::string>& others : {registered_names(), link_names()})
    names.insert(names.end(), others.begin(), others.end());
  return "there is no rule '" + std::string(name) + "'; " + suggestion(name, names);
}

void check_names(const AnyRule& rule) {
  for (const engine::LinkInfo& link : rule.program().links()) {
    if (!link.described)
      throw Error(std::string(link.name) +
                  " has no name that a text could have: give a formula one where it is made, a type of rule "
                  "`static constexpr About about{.name = \"my_rule\"};`");
    check_name(link.name, "a rule");
    for (const std::string_view field : link.fields) check_name(field, "a field");
  }
}

void check_owner(const AnyRule& rule, const AnyRule& of_that_name) {
  if (!engine::same_links(rule.program(), of_that_name.program()))
    throw Error("there is another rule that has the name '" + std::string(rule.name()) + "'");
}

std::vector<std::string> rule_names() { return built_in_names(false); }

std::vector<std::string> link_names() { return built_in_names(true); }

void register_rule(AnyRule prototype) {
  check_names(prototype);
  take_defaults(prototype);
  if (const auto known = known_rule(prototype.name())) check_owner(prototype, *known);
  if (find_built_in(prototype.name()) == nullptr) registered().add(std::move(prototype));
}

std::vector<std::string> registered_names() { return registered().names(); }

AnyRule make_rule(std::string_view name, const std::vector<Setting>& settings) {
  std::optional<AnyRule> rule = known_rule(name);
  if (!rule) throw Error(unknown_rule(name));
  set_all(*rule, settings);
  return *std::move(rule);
}

const About& about(std::string_view name) {
  if (const Row* row = find_built_in(name)) return *row->about;
  throw Error(unknown_rule(name));
}

}  // namespace gradus
