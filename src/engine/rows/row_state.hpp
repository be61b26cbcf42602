#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gradus/engine/program.hpp"
#include "gradus/states/state_options.hpp"

namespace gradus::engine {

/// What the last steps of a parameter were taken with.
class StepLog {
 public:
  static constexpr std::size_t kMost = 1024;

  explicit StepLog(std::size_t coefficients_size) : coefficients_size_(coefficients_size) {}

  /// Room for one more step. May throw; add() does not.
  void reserve();
  void add(const Sweep& step);
  void clear();

  [[nodiscard]] std::size_t size() const { return steps_.size(); }
  [[nodiscard]] Sweep operator[](std::size_t i) const {
    return {coefficients_.data() + i * coefficients_size_, steps_[i].lr, steps_[i].gain, 0};
  }
  /// The first of the steps up to i that are all alike.
  [[nodiscard]] std::size_t first_like(std::size_t i) const { return steps_[i].first_like; }

 private:
  struct Step {
    double lr, gain;
    std::size_t first_like;
  };
  [[nodiscard]] bool is_like_last(const Sweep& step) const;

  std::size_t coefficients_size_;
  std::vector<Step> steps_;
  std::vector<std::byte> coefficients_;  // by step
};

/// Of a parameter whose rows have steps of their own, or make up for those that they lack.
struct RowState {
  RowSteps kind;
  /// By row: how many it has had, or the last one of the parameter's that it is at. As doubles, to be shown.
  std::vector<double> steps;
  std::vector<std::vector<double>> scalars;  ///< where steps are own: by the rule's scalar, and by row
  double gradient_norm = 0;                  ///< of the step at hand
  StepLog log;                               ///< where rows are caught up: since all were at one step

  RowState(RowSteps which, const Program& rule, std::size_t rows);

  [[nodiscard]] bool own() const { return kind == RowSteps::own; }
  [[nodiscard]] bool caught_up() const { return kind == RowSteps::caught_up; }
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
