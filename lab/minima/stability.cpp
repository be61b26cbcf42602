#include "lab/minima/stability.hpp"

#include <string_view>

namespace gradus::lab {
namespace {

enum class Momentum { none, heavy_ball, nesterov, averaged };

struct Known {
  std::string_view rule;
  const char* beta;
  Momentum momentum;
  bool preconditioned;
};
constexpr Known kKnown[] = {{"sgd", "", Momentum::none, false},
                            {"momentum", "momentum", Momentum::heavy_ball, false},
                            {"nesterov", "momentum", Momentum::nesterov, false},
                            {"adagrad", "", Momentum::none, true},
                            {"adagrad_eps_in_root", "", Momentum::none, true},
                            {"rmsprop", "", Momentum::none, true},
                            {"rmsprop_centered", "", Momentum::none, true},
                            {"rmsprop_eps_in_root", "", Momentum::none, true},
                            {"rmsprop_momentum", "momentum", Momentum::heavy_ball, true},
                            {"rmsprop_centered_momentum", "momentum", Momentum::heavy_ball, true},
                            {"adam", "beta1", Momentum::averaged, true},
                            {"adam_eps_hat", "beta1", Momentum::averaged, true},
                            {"adamw", "beta1", Momentum::averaged, true},
                            {"amsgrad", "beta1", Momentum::averaged, true}};

/// 0 where the rule has no such hyperparameter.
double value_of(const AnyRule& rule, std::string_view name) {
  for (const FieldInfo& field : rule.fields())
    if (field.name == name) return field.value;
  return 0;
}

/// The bound where lr is 1.
double unit_bound(Momentum momentum, double beta) {
  switch (momentum) {
    case Momentum::none:
      return 2;
    case Momentum::heavy_ball:
      return 2 * (1 + beta);
    case Momentum::nesterov:
      return 2 * (1 + beta) / (1 + 2 * beta);
    case Momentum::averaged:
      return 2 * (1 + beta) / (1 - beta);
  }
  return kNotMeasured;
}

}  // namespace

Stability stability_of(const AnyRule& rule, double lr) {
  for (const Known& known : kKnown)
    if (known.rule == rule.name()) {
      const double taken = lr * (1 - value_of(rule, "dampening"));  // of each gradient
      return {unit_bound(known.momentum, value_of(rule, known.beta)) / taken, known.preconditioned};
    }
  return {};
}

}  // namespace gradus::lab
