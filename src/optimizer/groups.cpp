// Groups: rules, and how these keep their state.

#include <algorithm>
#include <utility>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "optimizer/impl.hpp"

namespace gradus {

namespace {

/// Why StateOptions cannot name this; empty if they can.
std::string unfitness(const std::string& name, const engine::Program& rule) {
  const std::string named = "StateOptions name ", whose(rule.name());
  std::vector<std::string> names;
  for (const engine::SlotInfo& slot : rule.slots()) {
    if (slot.over == Over::element)
      names.push_back(slot.name);
    else if (slot.name == name)
      return named + "'" + name + "', of which " + whose +
             " keeps a number a row or a column; only slots shaped like the parameter are kept in other "
             "types";
  }
  if (std::find(names.begin(), names.end(), name) != names.end()) return {};
  const std::vector<std::string>& matrices = rule.matrices();
  if (std::find(matrices.begin(), matrices.end(), name) != matrices.end())
    return named + "'" + name + "', which is a matrix of " + whose + "'s; only slots are kept in other types";
  return named + "a slot '" + name + "'; " + whose + " has: " + (names.empty() ? "none" : listed(names));
}

void check(const std::string& what, State state) {
  check_choice("StateOptions: " + what, state, State::dynamic8, "State",
               "plain, f32, f64, bf16, block8 or dynamic8");
}
void check(const std::string& what, Rounding rounding) {
  check_choice("StateOptions: " + what, rounding, Rounding::stochastic, "Rounding", "nearest or stochastic");
}

/// Throws Error unless the rule's slots can be kept so.
void check(const StateOptions& options, const engine::Program& rule) {
  check("dtype", options.dtype);
  check("rounding", options.rounding);
  check("parameter_rounding", options.parameter_rounding);
  check_choice("StateOptions: row_steps", options.row_steps, RowSteps::caught_up, "RowSteps",
               "shared, own or caught_up");
  std::vector<std::string> names;
  for (const auto& [name, state] : options.slots) {
    if (const std::string why = unfitness(name, rule); !why.empty()) throw Error(why);
    if (std::find(names.begin(), names.end(), name) != names.end())
      throw Error("StateOptions name the slot '" + name + "' twice");
    check("slot '" + name + "'", state);
    names.push_back(name);
  }
}

}  // namespace

GroupId Optimizer::Impl::add_group(AnyRule rule, StateOptions state) {
  check(state, rule.program());
  ScratchFile* const file = file_for(state);
  engine::Domain& domain = domain_for(rule);
  groups.push_back({std::move(rule), std::move(state), &domain, file});
  return GroupId{groups.size() - 1};
}

/// The first group's options, as far as the rule has the slots that they name.
StateOptions Optimizer::Impl::inherited_state(const AnyRule& rule) const {
  StateOptions state = groups.front().state;
  std::erase_if(state.slots,
                [&](const auto& slot) { return !unfitness(slot.first, rule.program()).empty(); });
  return state;
}

/// Rules of one type that share numbers with the whole optimizer have one; any other group has its own.
engine::Domain& Optimizer::Impl::domain_for(const AnyRule& rule) {
  const engine::Program& program = rule.program();
  if (program.shared_by() == SharedBy::optimizer)
    for (const Group& group : groups)
      if (group.rule.program().kind() == program.kind()) return *group.domain;
  engine::Domain& domain = domains.emplace_back();
  for (const engine::ScalarInfo& number : program.shared()) domain.shared.push_back(number.initial);
  return domain;
}

/// Groups that name the same one share it.
ScratchFile* Optimizer::Impl::file_for(const StateOptions& state) {
  if (state.file.empty()) return nullptr;
  for (ScratchFile& file : files)
    if (file.path() == state.file) return &file;
  return &files.emplace_back(state.file);
}

Optimizer::Impl::Group& Optimizer::Impl::group(GroupId id) {
  if (index_of(id) >= groups.size())
    throw Error("there is no group " + std::to_string(index_of(id)) + "; there are " +
                std::to_string(groups.size()));
  return groups[index_of(id)];
}

}  // namespace gradus
