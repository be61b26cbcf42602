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

  static constexpr About about{.name = "adam_uncorrected"};
};

/// What torch.optim.Adam does with weight_decay.
struct AdamL2 {
  Hyper lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 1e-2;

  static constexpr std::array fields{
      Field{"lr", &AdamL2::lr, kNonNegative, "step size (alpha)"},
      Field{"beta1", &AdamL2::beta1, kDecayRate, "decay rate of the mean of g"},
      Field{"beta2", &AdamL2::beta2, kDecayRate, "decay rate of the mean of g^2"},
      Field{"eps", &AdamL2::eps, kNonNegative, "added to the root"},
      Field{"weight_decay", &AdamL2::weight_decay, kNonNegative, "share of x that joins the gradient"}};

  [[nodiscard]] auto chain() const { return WeightDecay{weight_decay} >> Adam{lr, beta1, beta2, eps}; }

  static constexpr About about{.name = "adam_l2"};
};

}  // namespace

AnyRule raced_rule(std::string_view name, const std::vector<Setting>& settings) {
  [[maybe_unused]] static const bool registered = [] {
    register_rule(UncorrectedAdam{});
    register_rule(AdamL2{});
    return true;
  }();
  std::string spaced(name);
  for (std::size_t at = 0; (at = spaced.find(">>", at)) != std::string::npos; at += 4)
    spaced.replace(at, 2, " >> ");
  return make_rule(spaced, settings);
}

}  // namespace gradus::lab
