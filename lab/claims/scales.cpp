#include <cmath>
#include <numbers>

#include "lab/claims/ledger.hpp"
#include "lab/claims/workbench.hpp"
#include "lab/tasks/kinds.hpp"
#include "lab/tasks/quadratic.hpp"

namespace gradus::lab {
namespace {

constexpr const char* kAdaptive[] = {"adagrad", "rmsprop", "adam"};

template <int degrees>
TaskKind turned_by() {
  TaskKind kind = kQuadratic;
  static const std::string name = "quadratic, turned by " + std::to_string(degrees);
  kind.name = name.c_str();
  kind.load = [](const TaskSource& source) {
    return make_function_task(source, [](std::uint64_t seed) -> std::unique_ptr<Function> {
      constexpr double kAngle = degrees * std::numbers::pi / 180;
      return std::make_unique<Quadratic>(std::cos(kAngle), std::sin(kAngle), seed);
    });
  };
  return kind;
}

/// How many decades nearer to the minimum than SGD each rule ends, by rule and seed.
std::vector<std::vector<double>> gains(Workbench& bench, const TaskKind& kind, int degrees, Plot& plot) {
  const RaceResults race = bench.race({.task = &kind, .rules = "sgd,adagrad,rmsprop,adam"});
  std::vector<std::vector<double>> all;
  plot.points.push_back(curve_point("", "sgd", degrees, test_metrics(race, "sgd")));
  for (const char* rule : kAdaptive) {
    plot.points.push_back(curve_point("", rule, degrees, test_metrics(race, rule)));
    all.push_back(test_metrics(race, "sgd") - test_metrics(race, rule));
  }
  return all;
}

Evidence run(Workbench& bench) {
  Evidence evidence{
      .answers = {},
      .plot = {.title = "How near each rule comes to the minimum, by how far the axes are turned",
               .x_title = "degrees",
               .y_title = "log10 of what is left",
               .points = {}}};
  const std::pair<int, TaskKind> kinds[] = {{0, turned_by<0>()},
                                            {5, turned_by<5>()},
                                            {15, turned_by<15>()},
                                            {30, turned_by<30>()},
                                            {45, turned_by<45>()}};
  for (const auto& [degrees, kind] : kinds) {
    const std::vector<std::vector<double>> gained = gains(bench, kind, degrees, evidence.plot);
    if (degrees == 0 || degrees == 45)
      evidence.answers.insert(evidence.answers.end(), gained.begin(), gained.end());
  }
  return evidence;
}

}  // namespace

const Claim kScales{
    .number = 2,
    .name = "scales",
    .sentence = "One learning rate cannot fit parameters of different scales; a rate for each can.",
    .measured =
        "A quadratic function of 100 numbers with condition 10,000 is minimized, its eigenvectors along the "
        "axes, and as the control turned from them by up to 45 degrees: the same function, in which a rate "
        "for each number is no rate for each scale. Looked at is by how many decades a rule ends nearer to "
        "the minimum than SGD.",
    .protocol =
        "1,000 steps (quick: 300), cosine schedule, each rule's rate tuned on other seeds, start drawn by "
        "the seed.",
    .otherwise =
        "All curves would be flat: at 0 degrees as near to SGD's, or at 45 degrees as far from it, as "
        "elsewhere.",
    .lesson = "supported",
    .for_it = {{"Duchi, Hazan & Singer, \"Adaptive subgradient methods\", JMLR 2011, section 1.1: the "
                "diagonal matrix scales coordinates."},
               {"Kingma & Ba, \"Adam\", ICLR 2015, section 2: steps do not depend on the gradient's scale."}},
    .against_it = {{"Xie, Mohamadi & Li, \"Adam exploits l-infinity geometry of loss landscape\", ICLR 2025: "
                    "turned, Adam loses what it had gained."}},
    .questions = {{"decades that AdaGrad is ahead of SGD along the axes", true, 1},
                  {"decades that RMSProp is ahead of SGD along the axes", true, 1},
                  {"decades that Adam is ahead of SGD along the axes", true, 1},
                  {"decades that AdaGrad is ahead of SGD at 45 degrees", true, 1},
                  {"decades that RMSProp is ahead of SGD at 45 degrees", true, 1},
                  {"decades that Adam is ahead of SGD at 45 degrees", true, 1}},
    .run = run};

}  // namespace gradus::lab
