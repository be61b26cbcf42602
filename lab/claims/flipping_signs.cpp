#include <cmath>

#include "gradus/registry.hpp"
#include "lab/claims/ledger.hpp"
#include "lab/claims/workbench.hpp"
#include "lab/tasks/function.hpp"

namespace gradus::lab {
namespace {

constexpr int kSteps = 200;
constexpr const char* kRules[] = {"adagrad", "rmsprop", "adam"};
constexpr const char* kKinds[] = {"steady", "flipping", "small"};
constexpr std::size_t kSteady = 0, kFlipping = 1, kSmall = 2;

/// What a rule makes of three parameters after each step: effective rates, and how far they went.
struct Path {
  std::vector<std::vector<double>> rates;             // by step, then parameter
  std::vector<double> went = std::vector<double>(3);  // over the later half: sums of step lengths
};

/// One parameter's gradients keep their sign, another's flip it each step, and a third's are a tenth of the first's. The
/// sizes are the same for all three, drawn uniformly from a factor of 4.
Path walk(const char* rule, std::uint64_t seed) {
  std::vector<double> x(3), g(3);
  Optimizer optimizer(make_rule(rule, {{"lr", 0.01}}));
  const ParameterId id = optimizer.add("x", {3}, x, g);
  Draws draws(seed);
  Path path;
  for (int t = 0; t < kSteps; ++t) {
    const double size = std::exp2(draws.uniform(-1, 1));
    g = {size, t % 2 == 0 ? size : -size, size / 10};
    const std::vector<double> before = x;
    optimizer.step();
    path.rates.push_back(optimizer.effective_lr(id));
    for (std::size_t i = 0; t >= kSteps / 2 && i < 3; ++i) path.went[i] += std::abs(x[i] - before[i]);
  }
  return path;
}

void draw(Plot& plot, const char* rule, const std::vector<Path>& paths) {
  for (int t = 0; t < kSteps; t += t < 20 ? 1 : 10)
    for (std::size_t kind = 0; kind < 3; ++kind) {
      std::vector<double> rates;
      for (const Path& path : paths) rates.push_back(path.rates[static_cast<std::size_t>(t)][kind]);
      plot.points.push_back(curve_point(rule, kKinds[kind], t + 1, rates));
    }
}

Evidence run(Workbench& bench) {
  std::vector<std::vector<double>> flipping, small;
  std::vector<double> lengths;
  Evidence evidence{
      .answers = {},
      .plot = {.title = "Effective rate of a parameter whose gradient is steady, flips its sign, or is small",
               .x_title = "step",
               .y_title = "effective rate",
               .log_y = true,
               .points = {}}};
  for (const char* rule : kRules) {
    std::vector<Path> paths;
    std::vector<double> of_flipping, of_small;
    for (const std::uint64_t seed : bench.seeds()) {
      const Path& path = paths.emplace_back(walk(rule, seed));
      const std::vector<double>& end = path.rates.back();
      of_flipping.push_back(std::log(end[kFlipping] / end[kSteady]));
      of_small.push_back(std::log(end[kSmall] / end[kSteady]));
      if (rule == std::string_view("adam"))
        lengths.push_back(std::log(path.went[kFlipping] / path.went[kSteady]));
    }
    flipping.push_back(of_flipping);
    small.push_back(of_small);
    draw(evidence.plot, rule, paths);
  }
  for (auto* answers : {&flipping, &small})
    for (std::vector<double>& answer : *answers) evidence.answers.push_back(std::move(answer));
  evidence.answers.push_back(std::move(lengths));
  return evidence;
}

}  // namespace

const Claim kFlippingSigns{
    .number = 1,
    .name = "flipping-signs",
    .sentence =
        "A parameter whose gradient keeps flipping its sign gets a smaller rate, one with small gradients a "
        "larger.",
    .measured =
        "Three parameters get gradients by turns of the same size: one always of one sign, one of "
        "alternating sign, one a tenth as large. Looked at is each one's effective rate, the factor between "
        "its gradient (for Adam: its mean) and its step, after 200 steps.",
    .protocol =
        "AdaGrad, RMSProp and Adam at a rate of 0.01 and their other defaults; sizes drawn from a factor of "
        "4, anew for each seed.",
    .otherwise = "The curve of the flipping parameter would lie below that of the steady one.",
    .lesson = "supported",
    .for_it = {{"Duchi, Hazan & Singer, \"Adaptive subgradient methods\", JMLR 2011: rare and small "
                "gradients get large rates."},
               {"Riedmiller & Braun, \"A direct adaptive method for faster backpropagation learning: the "
                "RPROP algorithm\", 1993: there a sign that flips does shrink the step."}},
    .against_it = {{"Balles & Hennig, \"Dissecting Adam\", ICML 2018: Adam is a sign times a factor that "
                    "falls with the gradient's relative variance; signs act through its numerator alone."}},
    .questions =
        {{"ln of AdaGrad's rate where signs flip, less that where they do not", false, -0.05},
         {"ln of RMSProp's rate where signs flip, less that where they do not", false, -0.05},
         {"ln of Adam's rate where signs flip, less that where they do not", false, -0.05},
         {"ln of AdaGrad's rate where gradients are small, less that where they are not", true, 0.05},
         {"ln of RMSProp's rate where gradients are small, less that where they are not", true, 0.05},
         {"ln of Adam's rate where gradients are small, less that where they are not", true, 0.05},
         {"ln of the length of Adam's steps where signs flip, less that where they do not", false, -0.05}},
    .run = run};

}  // namespace gradus::lab
