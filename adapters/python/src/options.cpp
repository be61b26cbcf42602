#include "options.hpp"

#include <array>
#include <utility>
#include <vector>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"

namespace gradus::python {

namespace {

template <class T, std::size_t n>
T choice(const char* option, const std::string& word,
         const std::array<std::pair<const char*, T>, n>& choices) {
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) {
    if (word == name) return value;
    names.emplace_back(name);
  }
  throw Error(std::string(option) + " is '" + word + "'; it must be one of: " + listed(names));
}

constexpr std::array kNonFinite{std::pair{"skip", NonFinite::skip}, std::pair{"raise", NonFinite::raise},
                                std::pair{"propagate", NonFinite::propagate}};
constexpr std::array kOverflow{std::pair{"report", Overflow::report}, std::pair{"skip", Overflow::skip}};
constexpr std::array kStates{std::pair{"plain", State::plain},      std::pair{"f32", State::f32},
                             std::pair{"f64", State::f64},          std::pair{"bf16", State::bf16},
                             std::pair{"8bit", State::block8},      std::pair{"block8", State::block8},
                             std::pair{"dynamic8", State::dynamic8}};
constexpr std::array kRoundings{std::pair{"nearest", Rounding::nearest},
                                std::pair{"stochastic", Rounding::stochastic}};
constexpr std::array kRowSteps{std::pair{"shared", RowSteps::shared}, std::pair{"own", RowSteps::own},
                               std::pair{"caught_up", RowSteps::caught_up}};

void check_at_least(const char* option, std::int64_t value, std::int64_t least) {
  if (value < least)
    throw Error(std::string(option) + " is " + std::to_string(value) + "; it must be at least " +
                std::to_string(least));
}

}  // namespace

OptimizerOptions options_of(const OptionWords& words) {
  check_at_least("abort_after", words.abort_after, 0);
  check_at_least("from_size", words.from_size, 0);
  OptimizerOptions options{
      .non_finite = choice("non_finite", words.non_finite, kNonFinite),
      .overflow = choice("overflow", words.overflow, kOverflow),
      .abort_after = words.abort_after,
      .maximize = words.maximize,
      .state = {.dtype = choice("state_dtype", words.state_dtype, kStates),
                .rounding = choice("rounding", words.rounding, kRoundings),
                .parameter_rounding = choice("parameter_rounding", words.parameter_rounding, kRoundings),
                .keep_low_half = words.keep_low_half,
                .from_size = static_cast<std::size_t>(words.from_size),
                .row_steps = choice("row_steps", words.row_steps, kRowSteps)},
      .seed = words.seed};
  if (words.threads) {
    check_at_least("threads", *words.threads, 1);
    options.executor = make_pool(static_cast<std::size_t>(*words.threads));
  }
  return options;
}

}  // namespace gradus::python
