#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/runner.hpp"
#include "gradus/core/error.hpp"
#include "gradus/optimizer.hpp"
#include "optimizer/memory.hpp"
#include "states/scratch_file.hpp"

namespace gradus {

inline std::size_t index_of(ParameterId parameter) { return static_cast<std::size_t>(parameter); }
inline std::size_t index_of(GroupId group) { return static_cast<std::size_t>(group); }

/// Throws Error unless the number is one that the enumeration has: those up to `last`.
template <class Choice>
void check_choice(const std::string& what, Choice choice, Choice last, const char* type,
                  const char* choices) {
  if (choice >= Choice{} && choice <= last) return;
  throw Error(what + " is number " + std::to_string(static_cast<int>(choice)) + " of " + type +
              "; it must be " + choices);
}

/// The name of what says how many steps rows have had that do not share the parameter's.
inline constexpr const char* kRowSteps = "row_steps";

struct Optimizer::Impl : std::enable_shared_from_this<Impl> {
  struct Group {
    AnyRule rule;
    StateOptions state;
    engine::Domain* domain;
    ScratchFile* file;  // null: state is in memory
  };
  struct Info {
    std::string name;
    Shape shape;
    std::size_t group;
  };

  OptimizerOptions options;
  Isa isa;
  engine::Runner runner;
  std::deque<Group> groups;  // deques: what rule(), name() and shape() refer to stays where it is
  std::deque<engine::Domain> domains;
  std::deque<ScratchFile> files;
  std::deque<Info> infos;  // by parameter, as `tensors`
  std::vector<engine::Tensor> tensors;
  std::unordered_map<std::string_view, std::size_t> numbers;  // of parameters, by what `infos` name them
  Occupied occupied;                                          // by `tensors`
  std::int64_t steps = 0;
  std::int64_t skipped = 0, skipped_in_a_row = 0;  // for what gradients held
  bool planned = true;                             // none has been added since the plan was made
  bool placed = true;                              // none has been rebound since overlaps were looked for
  bool at_work = false;                            // step(), evaluate() or train() is under way
  bool evaluating = false;                         // parameters are where they are evaluated

  explicit Impl(OptimizerOptions o);

  Group& group(GroupId id);
  [[nodiscard]] std::size_t index(ParameterId id) const;
  engine::Tensor& tensor(ParameterId id) { return tensors[index(id)]; }

  // groups.cpp
  GroupId add_group(AnyRule rule, StateOptions state);
  [[nodiscard]] StateOptions inherited_state(const AnyRule& rule) const;

  // parameters.cpp
  ParameterId add(std::string name, Shape shape, Elements x, ConstElements g, GroupId id);
  void rebind(ParameterId id, Elements x, ConstElements g);
  void set_gradient(ParameterId id, const SparseRows& g);
  [[noreturn]] void refuse(const Overlap& overlap) const;

  // step.cpp
  StepReport step(const StepOptions& step_options);
  void catch_up();
  void catch_up(ParameterId id, std::span<const std::int64_t> rows);
  void evaluate();
  void train();

  // state.cpp
  [[nodiscard]] std::vector<std::string> state_names(ParameterId id) const;
  [[nodiscard]] StateView state(ParameterId id, std::string_view name) const;
  [[nodiscard]] std::vector<StateView> states(std::size_t parameter) const;

  // restore.cpp
  [[nodiscard]] std::vector<ParameterState> all_state();
  void restore(std::int64_t last_step, std::span<const ParameterState> saved, std::vector<AnyRule> rules);

 private:
  [[nodiscard]] std::vector<const ParameterState*> matched(std::span<const ParameterState> saved) const;
  void check_rules(const std::vector<AnyRule>& rules) const;
  engine::Domain& domain_for(const AnyRule& rule);
  ScratchFile* file_for(const StateOptions& state);
  engine::Tensor make_tensor(const std::string& name, const Shape& shape, Elements x, const Group& group);
  void check_takes_rows(ParameterId id) const;
  void refuse_overlap_of(const Piece& x, const Piece& g) const;
  void check_files();
  void prepare();
  void gather_rows();
  [[nodiscard]] bool needs_gradient_norm() const;
  bool refuse_gradients(double factor, StepReport& report);
  void count_skip(const StepReport& report);
  void ask_schedules();
};

}  // namespace gradus
