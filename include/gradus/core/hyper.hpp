#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "gradus/core/error.hpp"

namespace gradus {

/// A plan for a hyperparameter: the number of steps already applied (0 at the first step) -> its value.
using Schedule = std::function<double(std::int64_t)>;

/// A hyperparameter: a number, or a schedule, which is asked once when it is given and then once a step.
class Hyper {
 public:
  // NOLINTBEGIN(google-explicit-constructor): `Hyper lr = 1e-3` and `{.lr = Cosine{...}}` are how users write
  // it
  Hyper(double value) : value_(value) {}

  template <class F>
  requires(std::is_invocable_r_v<double, const F&, std::int64_t> && !std::convertible_to<F, double>)
      Hyper(F schedule)
      : schedule_(std::make_shared<const Schedule>(std::move(schedule))) {
    if (!*schedule_) throw Error("a schedule is an empty function");
    ask(0);
    take_answer();
  }

  /// The value for the step at hand.
  operator double() const { return value_; }
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool scheduled() const { return schedule_ != nullptr; }
  /// Null where it is a number.
  [[nodiscard]] const Schedule* schedule() const { return schedule_.get(); }
  /// What the value is to be for the step. Two calls, so that
  /// a step of several rules can be given up between them.
  double ask(std::int64_t step) { return schedule_ ? answer_ = (*schedule_)(step) : value_; }
  void take_answer() {
    if (schedule_) value_ = answer_;
  }

 private:
  double value_ = 0, answer_ = 0;
  std::shared_ptr<const Schedule> schedule_;
};

/// The values that a hyperparameter may take. NaN lies in no range.
struct Range {
  double low, high;
  bool with_low = true, with_high = true;
  bool integer = false;

  [[nodiscard]] bool contains(double v) const;
  [[nodiscard]] std::string text() const;  ///< as in a paper: "[0, 1)"
  bool operator==(const Range&) const = default;
};

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// About the largest float32, and above the smallest normal one: what a formula in float32 can be given.
/// A number below 7e-46 is 0 in it: an eps of 1e-60, say.
inline constexpr double kLargest = 3.4e38, kSmallest = 1.2e-38;
inline constexpr Range kNonNegative{.low = 0, .high = kLargest};
inline constexpr Range kPositive{.low = 0, .high = kLargest, .with_low = false};
inline constexpr Range kDecayRate{.low = 0, .high = 1, .with_high = false};
inline constexpr Range kUnit{.low = 0, .high = 1};

/// One hyperparameter of the rule R, described once: the command line, error messages and documents read it
/// here. Its default is the value that R{} has.
template <class R>
struct Field {
  const char* name;
  Hyper R::*member;
  Range range;
  const char* meaning;
};
template <class R>
Field(const char*, Hyper R::*, Range, const char*) -> Field<R>;

}  // namespace gradus
