#include "lab/race/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/schedules/schedules.hpp"

namespace gradus::lab {
namespace {

Schedule constant(std::int64_t) { return Constant{1}; }

Schedule cosine(std::int64_t steps) { return Cosine{.from = 1, .to = 0, .steps = steps}; }

Schedule step(std::int64_t steps) {
  return Staircase{.from = 1, .gamma = 0.1, .every = std::max<std::int64_t>((steps + 2) / 3, 1)};
}

Schedule exponential(std::int64_t steps) {
  return Exponential{.from = 1, .gamma = std::pow(0.01, 1 / static_cast<double>(steps))};
}

Schedule warmup_cosine(std::int64_t steps) {
  const std::int64_t warmup = std::max<std::int64_t>(steps / 20, 1);
  return Joined{Linear{.from = 1 / static_cast<double>(warmup + 1), .to = 1, .steps = warmup}, warmup,
                Cosine{.from = 1, .to = 0, .steps = std::max<std::int64_t>(steps - warmup, 1)}};
}

struct Kind {
  const char* name;
  const char* title;
  Schedule (*make)(std::int64_t steps);
};

constexpr Kind kKinds[] = {
    {"constant", "the learning rate stays", constant},
    {"cosine", "down to 0 along half a cosine", cosine},
    {"step", "divided by 10 after each third of the training", step},
    {"exponential", "down to a hundredth, by the same factor each step", exponential},
    {"warmup-cosine", "up in a straight line for a twentieth of the training, then as cosine", warmup_cosine},
};

const Kind& find_kind(std::string_view name) {
  for (const Kind& kind : kKinds)
    if (name == kind.name) return kind;
  throw Error(fmt::format("there is no schedule '{}'; there are: {}", name, listed(schedule_names())));
}

}  // namespace

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) names.emplace_back(kind.name);
  return names;
}

std::string_view schedule_title(std::string_view name) { return find_kind(name).title; }

Schedule make_schedule(std::string_view name, std::int64_t steps) {
  return find_kind(name).make(std::max<std::int64_t>(steps, 1));
}

}  // namespace gradus::lab
