#include "lab/race/rules.hpp"

#include "gradus/core/chain.hpp"
#include "gradus/engine/compiled.hpp"
#include "gradus/links/weight_decay.hpp"
#include "gradus/registry.hpp"
#include "gradus/rules/adam.hpp"

namespace gradus::lab {
namespace {

/// Kingma & Ba, "Adam", ICLR 2015, Algorithm 1 without the two lines that correct the means for their start at 0
/// (section 6.4 there looks at it).
struct UncorrectedAdam {
  Hyper lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;

  static constexpr std::array fields{
      Field{"lr", &UncorrectedAdam::lr, kNonNegative, "step size (alpha)"},
      Field{"beta1", &UncorrectedAdam::beta1, kDecayRate, "decay rate of the mean of g"},
      Field{"beta2", &UncorrectedAdam::beta2, kDecayRate, "decay rate of the mean of g^2"},
      Field{"eps", &UncorrectedAdam::eps, kNonNegative, "added to the root"}};
  static constexpr std::array slots{Slot{"exp_avg"}, Slot{"exp_avg_sq", Values::non_negative}};

  struct Step {
    Ema mean, square;
    Coef eps;
  };
  Step at(Now& /*now*/) const { return {Ema(beta1), Ema(beta2), eps}; }

  template <class V>
  static V denominator(const Step& c, V /*m*/, V v) {
    return sqrt(v) + c.eps;
  }
  template <class V>
  static V update(const Step& c, V g, V /*x*/, V& m, V& v) {
    m = c.mean(m, g);
    v = c.square(v, g * g);
    return m / denominator(c, m, v);
  }
};

}  // namespace

AnyRule raced_rule(std::string_view name, const std::vector<Setting>& settings) {
  if (name != "adam_uncorrected" && name != "adam_l2") return make_rule(name, settings);
  AnyRule rule = name == "adam_l2" ? AnyRule(WeightDecay{} >> Adam{}) : AnyRule(UncorrectedAdam{});
  for (const Setting& setting : settings) rule.set(setting.name, setting.value);
  return rule;
}

}  // namespace gradus::lab
