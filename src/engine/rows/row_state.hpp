#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gradus/engine/program.hpp"
#include "gradus/states/state_options.hpp"

namespace gradus::engine {

/// What the last steps of a parameter were taken with: each has its place until kMost others have come.
class StepLog {
 public:
  static constexpr std::int64_t kMost = 1024;

  explicit StepLog(std::size_t coefficients_size) : coefficients_size_(coefficients_size) {}

  /// Of a parameter that has had t steps, of which nothing is remembered: all rows have them.
  StepLog(std::size_t coefficients_size, std::int64_t t);

  /// Room for one more step. May throw; add() does not.
  void reserve();
  /// Of step t: the one after the last.
  void add(std::int64_t t, const Sweep& step);

  [[nodiscard]] Sweep operator[](std::int64_t t) const {
    const Step& step = steps_[place(t)];
    return {coefficients_.data() + place(t) * coefficients_size_, step.lr, step.gain, 0};
  }
  /// The first of the steps up to t that are all alike.
  [[nodiscard]] std::int64_t first_like(std::int64_t t) const { return steps_[place(t)].first_like; }

 private:
  struct Step {
    double lr, gain;
    std::int64_t first_like;
  };
  static std::size_t place(std::int64_t t) { return static_cast<std::size_t>((t - 1) % kMost); }
  [[nodiscard]] bool is_like(std::int64_t t, const Sweep& step) const;

  std::size_t coefficients_size_;
  std::vector<Step> steps_;              // by place
  std::vector<std::byte> coefficients_;  // likewise
};

/// Of a parameter whose rows have steps of their own, or make up for those that they lack.
struct RowState {
  RowSteps kind;
  /// By row: how many it has had, or the last one of the parameter's that it is at. As doubles, to be shown.
  std::vector<double> steps;
  std::vector<std::vector<double>> scalars;  ///< where steps are own: by the rule's scalar, and by row
  double gradient_norm = 0;                  ///< of the step at hand
  StepLog log;                               ///< where rows are caught up

  RowState(RowSteps which, const Program& rule, std::size_t rows);

  [[nodiscard]] bool own() const { return kind == RowSteps::own; }
  [[nodiscard]] bool caught_up() const { return kind == RowSteps::caught_up; }
  /// Rows that are brought up in a step, if they are caught up: from the first to before the second. Each is
  /// among them once in StepLog::kMost steps.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> due(std::int64_t t) const;
  /// How many steps a row lacks that is caught up.
  [[nodiscard]] std::size_t steps_to(std::int64_t t, std::int64_t row) const {
    return static_cast<std::size_t>(t - static_cast<std::int64_t>(steps[static_cast<std::size_t>(row)]));
  }
  /// The numbers of all rows: those of a dense gradient. The first call may throw.
  [[nodiscard]] std::span<const std::int64_t> all();

 private:
  std::vector<std::int64_t> all_;
};

}  // namespace gradus::engine
