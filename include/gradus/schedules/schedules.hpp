#pragma once

// Schedules: a hyperparameter as a function of the number of steps already applied (0 at the first step).
// Each is a small value with a call operator; any callable double(std::int64_t) is a schedule as well. All
// are computed in double by + - * / alone, so that they are the same on every machine.

#include <cstdint>
#include <utility>

#include "gradus/core/hyper.hpp"

namespace gradus {

/// Throws Error, naming the schedule's field, if a number of steps is below what makes sense.
void check_steps(const char* field, std::int64_t steps, std::int64_t least);

/// Always the same value.
struct Constant {
  double value = 0;
  double operator()(std::int64_t) const { return value; }
};

/// From one value to another in a straight line over `steps` steps; then the second. Warm-up is Linear from
/// (nearly) 0. PyTorch: LinearLR(start_factor = from / to, end_factor = 1, total_iters = steps).
struct Linear {
  double from = 0, to = 1;
  std::int64_t steps = 1;
  double operator()(std::int64_t t) const;
};

/// From one value to another along half a cosine over `steps` steps; then the second: Loshchilov & Hutter,
/// "SGDR", ICLR 2017, equation (5) (arXiv:1608.03983), without restarts. PyTorch: CosineAnnealingLR(T_max =
/// steps, eta_min = to).
struct Cosine {
  double from = 1, to = 0;
  std::int64_t steps = 1;
  double operator()(std::int64_t t) const;
};

/// Multiplied by gamma every `every` steps. PyTorch: StepLR(step_size = every, gamma).
struct Staircase {
  double from = 1, gamma = 0.1;
  std::int64_t every = 1;
  double operator()(std::int64_t t) const;
};

/// Multiplied by gamma each step. PyTorch: ExponentialLR(gamma).
struct Exponential {
  double from = 1, gamma = 0.99;
  double operator()(std::int64_t t) const;
};

/// from / (1 + decay * t). PyTorch: lr_decay of Adagrad.
struct InverseTime {
  double from = 1, decay = 0;
  double operator()(std::int64_t t) const { return from / (1 + static_cast<double>(t) * decay); }
};

/// The first schedule for `steps` steps, then the second, which counts from 0 again. PyTorch: SequentialLR.
template <class First, class Second>
struct Joined {
  First first;
  std::int64_t steps;
  Second second;
  double operator()(std::int64_t t) const {
    check_steps("Joined: steps", steps, 0);
    return t < steps ? first(t) : second(t - steps);
  }
};
template <class First, class Second>
Joined(First, std::int64_t, Second) -> Joined<First, Second>;

}  // namespace gradus
