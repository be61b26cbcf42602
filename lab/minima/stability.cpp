#include "lab/minima/stability.hpp"

#include <string_view>

namespace gradus::lab {
namespace {

enum class Momentum { none, heavy_ball, nesterov, averaged };

struct Known {
  std::string_view rule;
  Momentum momentum;
  const char* beta;
  bool preconditioned;
};
constexpr Known kKnown[] = {{"sgd", Momentum::none, "", false},
                            {"momentum", Momentum::heavy_ball, "momentum", false},
                            {"nesterov", Momentum::nesterov, "momentum", false},
                            {"adagrad", Momentum::none, "", true},
                            {"adagrad_eps_in_root", Momentum::none, "", true},
                            {"rmsprop", Momentum::none, "", true},
                            {"rmsprop_centered", Momentum::none, "", true},
                            {"rmsprop_eps_in_root", Momentum::none, "", true},
                            {"rmsprop_momentum", Momentum::heavy_ball, "momentum", true},
                            {"rmsprop_centered_momentum", Momentum::heavy_ball, "momentum", true},
                            {"adam", Momentum::averaged, "beta1", true},
                            {"adam_eps_hat", Momentum::averaged, "beta1", true},
                            {"adamw", Momentum::averaged, "beta1", true},
                            {"amsgrad", Momentum::averaged, "beta1", true}};

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
