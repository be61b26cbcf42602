#pragma once

// Schedules: a hyperparameter as a function of the number of steps already applied (0 at the first step).
// Each is a small value with a call operator; any callable double(std::int64_t) is a schedule as well. All
// are computed in double by + - * / alone, so that they are the same on every machine. Its name and fields
// make a schedule one that has a text: schedules/text.hpp.

#include <cstdint>
#include <tuple>

#include "gradus/core/hyper.hpp"
#include "gradus/schedules/text.hpp"

namespace gradus {

/// Always the same value.
struct Constant {
  double value = 0;
  double operator()(std::int64_t) const { return value; }

  static constexpr const char* name = "constant";
  static constexpr std::tuple fields{ScheduleField{"value", &Constant::value}};
};

/// From one value to another in a straight line over `steps` steps; then the second. Warm-up is Linear from
/// (nearly) 0. PyTorch: LinearLR(start_factor = from / to, end_factor = 1, total_iters = steps).
struct Linear {
  double from = 0, to = 1;
  std::int64_t steps = 1;
  double operator()(std::int64_t t) const;

  static constexpr const char* name = "linear";
  static constexpr std::tuple fields{ScheduleField{"from", &Linear::from}, ScheduleField{"to", &Linear::to},
                                     ScheduleField{"steps", &Linear::steps}};
};

/// From one value to another along half a cosine over `steps` steps; then the second: Loshchilov & Hutter,
/// "SGDR", ICLR 2017, equation (5) (arXiv:1608.03983), without restarts. PyTorch: CosineAnnealingLR(T_max =
/// steps, eta_min = to).
struct Cosine {
  double from = 1, to = 0;
  std::int64_t steps = 1;
  double operator()(std::int64_t t) const;

  static constexpr const char* name = "cosine";
  static constexpr std::tuple fields{ScheduleField{"from", &Cosine::from}, ScheduleField{"to", &Cosine::to},
                                     ScheduleField{"steps", &Cosine::steps}};
};

/// Multiplied by gamma every `every` steps. PyTorch: StepLR(step_size = every, gamma).
struct Staircase {
  double from = 1, gamma = 0.1;
  std::int64_t every = 1;
  double operator()(std::int64_t t) const;

  static constexpr const char* name = "staircase";
  static constexpr std::tuple fields{ScheduleField{"from", &Staircase::from},
                                     ScheduleField{"gamma", &Staircase::gamma},
                                     ScheduleField{"every", &Staircase::every}};
};

/// Multiplied by gamma each step. PyTorch: ExponentialLR(gamma).
struct Exponential {
  double from = 1, gamma = 0.99;
  double operator()(std::int64_t t) const;

  static constexpr const char* name = "exponential";
  static constexpr std::tuple fields{ScheduleField{"from", &Exponential::from},
                                     ScheduleField{"gamma", &Exponential::gamma}};
};

/// from / (1 + decay * t). PyTorch: lr_decay of Adagrad.
struct InverseTime {
  double from = 1, decay = 0;
  double operator()(std::int64_t t) const { return from / (1 + static_cast<double>(t) * decay); }

  static constexpr const char* name = "inverse_time";
  static constexpr std::tuple fields{ScheduleField{"from", &InverseTime::from},
                                     ScheduleField{"decay", &InverseTime::decay}};
};

/// The first schedule for `steps` steps, then the second, which counts from 0 again. PyTorch: SequentialLR.
struct Joined {
  Schedule first = Constant{};
  std::int64_t steps = 0;
  Schedule second = Constant{};
  double operator()(std::int64_t t) const;

  static constexpr const char* name = "joined";
  static constexpr std::tuple fields{ScheduleField{"first", &Joined::first},
                                     ScheduleField{"steps", &Joined::steps},
                                     ScheduleField{"second", &Joined::second}};
};

/// The table of schedules: a row here, and a schedule is found by its name,
/// and is in every test of tests/core/schedule_text_test.cpp.
using BuiltInSchedules = std::tuple<Constant, Linear, Cosine, Staircase, Exponential, InverseTime, Joined>;

}  // namespace gradus
