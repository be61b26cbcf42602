// Trajectories of dense gradients and of rows against PyTorch's and optax's, which lie in tests/golden (its
// README has the format).

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "gradus/gradus.hpp"

namespace gradus::test {
namespace {

using Json = nlohmann::json;

Json read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return Json::parse(file);
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(GOLDEN_DIR))
    if (entry.path().extension() == ".json" && entry.path().stem() != "inputs")
      names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

/// A schedule for lr that PyTorch's numbers describe, beginning at `base`.
Schedule schedule_of(const Json& s, double base) {
  const std::string kind = s.at("kind");
  if (kind == "linear")
    return Linear{base * s.at("start_factor").get<double>(), base * s.at("end_factor").get<double>(),
                  s.at("total_iters")};
  if (kind == "cosine") return Cosine{base, s.at("eta_min"), s.at("T_max")};
  if (kind == "step") return Staircase{base, s.at("gamma"), s.at("step_size")};
  if (kind == "exponential") return Exponential{base, s.at("gamma")};
  if (kind == "inverse_time") return InverseTime{base, s.at("lr_decay")};
  EXPECT_EQ(kind, "sequential");
  return Joined{schedule_of(s.at("parts")[0], base), s.at("milestones")[0].get<std::int64_t>(),
                schedule_of(s.at("parts")[1], base)};
}

double number(const Json& c, const char* key) { return c.at(key).get<double>(); }

/// The rule of a case before its fields are set. Composed while the test runs, to the bits of the fused loop (which
/// composition_test shows): here each would be compiled for every instruction set.
AnyRule composition_of(const Json& c) {
  AnyRule rule = make_rule(c.at("rule").get<std::string>());
  if (c.contains("l2")) rule = AnyRule(WeightDecay{number(c, "l2")}) >> rule;
  if (c.contains("decay")) rule = rule >> AnyRule(WeightDecay{number(c, "decay")});
  if (c.contains("clip_norm")) rule = AnyRule(ClipNorm{number(c, "clip_norm")}) >> rule;
  if (c.contains("clip_value")) rule = AnyRule(ClipValue{number(c, "clip_value")}) >> rule;
  return rule;
}

AnyRule rule_of(const Json& c) {
  AnyRule rule = composition_of(c);
  for (const auto& [field, value] : c.at("fields").items()) rule.set(field, value.get<double>());
  if (c.contains("schedule")) rule.set("lr", schedule_of(c["schedule"], c["fields"]["lr"]));
  return rule;
}

/// Both are lent to the optimizer.
template <class T>
struct Gradient {
  std::vector<std::int64_t> rows;  // of those that are of rows
  std::vector<T> values;
};

/// null is none, an object has rows, all else is dense.
template <class T>
void give(Optimizer& optimizer, ParameterId id, const Json& theirs, std::span<T> x, Gradient<T>& g) {
  if (theirs.is_null()) {
    optimizer.clear_gradient(id);
  } else if (theirs.is_object()) {
    theirs.at("rows").get_to(g.rows);
    theirs.at("values").get_to(g.values);
    optimizer.set_gradient(id, {g.rows, std::span<const T>(g.values)});
  } else {
    theirs.get_to(g.values);
    optimizer.rebind(id, x, std::span<const T>(g.values));
  }
}

/// Runs a case and calls check(theirs, name, where, x) for each parameter after each step, and once more
/// where it is evaluated if the case has that; then state(name, slot, values).
template <class T, class Check, class State>
void run(const Json& c, Check check, State state) {
  const Json inputs = read(std::filesystem::path(GOLDEN_DIR) / "inputs.json");
  const std::set<std::string> names = c.at("parameters");
  std::map<std::string, std::vector<T>> x;
  std::map<std::string, Gradient<T>> g;
  std::map<std::string, ParameterId> ids;
  Optimizer optimizer(rule_of(c), {.maximize = c.value("maximize", false)});
  for (const Json& p : inputs.at("parameters")) {
    const std::string name = p.at("name");
    if (!names.contains(name)) continue;
    x[name] = p.at("x0").get<std::vector<T>>();
    ids[name] = optimizer.add(name, p.at("shape").get<Shape>(), std::span<T>(x[name]), {});
  }
  for (std::size_t step = 0; step < c.at("x").size(); ++step) {
    for (const auto& [name, id] : ids)
      give<T>(optimizer, id, inputs.at("gradients")[step].at(name), x[name], g[name]);
    ASSERT_EQ(optimizer.step().status, Status::applied);
    const std::string where = " after step " + std::to_string(step);
    for (const auto& [name, id] : ids) check(c["x"][step][name], name, where, x[name]);
    if (c.contains("d_per_step"))
      check(Json::array({c["d_per_step"][step]}), "d", where,
            {static_cast<T>(optimizer.state(ids.begin()->second, "d").decode()[0])});
  }
  if (c.contains("evaluate")) {
    const auto trained = x;
    optimizer.evaluate();
    for (const auto& [name, id] : ids) check(c["evaluate"][name], name, " to evaluate", x[name]);
    optimizer.train();
    EXPECT_EQ(x, trained);
  }
  for (const auto& [name, id] : ids) {
    EXPECT_EQ(optimizer.steps(id), c.at("t").at(name)) << name;
    for (const std::string& slot : optimizer.slots(id)) {
      const std::vector<double> values = optimizer.state(id, slot).decode();
      state(name, slot, std::vector<T>(values.begin(), values.end()));
    }
  }
}

class Golden : public testing::TestWithParam<std::string> {
 protected:
  /// Single numbers are state like any other.
  static Json read_case(const std::string& name) {
    Json c = read(std::filesystem::path(GOLDEN_DIR) / (name + ".json"));
    if (c.contains("scalars"))
      for (const auto& [parameter, scalars] : c["scalars"].items())
        for (const auto& [scalar, value] : scalars.items())
          c["state"][parameter][scalar] = Json::array({value});
    return c;
  }

  const Json case_ = read_case(GetParam());
};

double largest(const Json& numbers) {
  double most = 0;
  for (const double number : numbers) most = std::max(most, std::abs(number));
  return most;
}

bool without_signs(const Json& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](const Json& number) { return number >= 0; });
}

/// Runs the case and compares every step, and the state in the end. The
/// tolerance is relative to the largest number that the array has held, as
/// terms of either sign cancel; in state that adds up squares, to each element.
template <class T>
void expect_golden(const Json& c, double tolerance) {
  constexpr double kOfEach = -1;
  std::map<std::string, double> scales;
  std::set<std::string> compared;
  const auto close = [&](const Json& theirs, const std::vector<T>& ours, double scale,
                         const std::string& where) {
    ASSERT_EQ(theirs.size(), ours.size()) << where;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const double number = theirs[i];
      ASSERT_NEAR(ours[i], number, tolerance * (scale == kOfEach ? std::abs(number) : scale))
          << where << "[" << i << "]";
    }
  };
  run<T>(
      c,
      [&](const Json& theirs, const std::string& name, const std::string& where, const std::vector<T>& x) {
        double& scale = scales[name];
        scale = std::max(scale, largest(theirs));
        close(theirs, x, scale, name + where);
      },
      [&](const std::string& name, const std::string& slot, const std::vector<T>& values) {
        if (!c["state"][name].contains(slot)) return;
        compared.insert(name + "." + slot);
        // A single number of swats is a quotient of sums that nearly cancel.
        if (std::is_same_v<T, float> && c.contains("scalars") && c["scalars"][name].contains(slot)) return;
        const Json& theirs = c["state"][name][slot];
        close(theirs, values, without_signs(theirs) ? kOfEach : largest(theirs), name + "." + slot);
      });
  for (const auto& [name, slots] : c["state"].items())
    for (const auto& [slot, theirs] : slots.items())
      EXPECT_TRUE(compared.contains(name + "." + slot)) << "the rule has no slot " << slot;
}

// Bugs that others had are cases: see their names.
TEST_P(Golden, agrees_in_double) {
  if (case_.value("precision", "") == "float32") GTEST_SKIP() << "the oracle computes in float32";
  expect_golden<double>(case_, 1e-12);
}

// 60 steps round 60 times: half an ulp each, and what the roundings of the state add.
TEST_P(Golden, agrees_in_float_within_a_few_ulp) {
  constexpr double kUlp = 0x1p-23;
  if (case_.value("precision", "") == "float64")
    GTEST_SKIP() << "the oracle's own float32 run is far from it";
  expect_golden<float>(case_, 16 * kUlp);
}

INSTANTIATE_TEST_SUITE_P(case, Golden, testing::ValuesIn(case_names()),
                         [](const auto& name) { return name.param; });

class GoldenValues : public testing::TestWithParam<std::string> {};

TEST_P(GoldenValues, exist) {
  for (const std::string& name : case_names())
    if (read(std::filesystem::path(GOLDEN_DIR) / (name + ".json")).at("rule") == GetParam()) return;
  GTEST_SKIP() << "no independent oracle for " << GetParam()
               << " yet: tests/golden/README.md says how to add one";
}

INSTANTIATE_TEST_SUITE_P(rule, GoldenValues, testing::ValuesIn(rule_names()),
                         [](const auto& n) { return n.param; });

}  // namespace
}  // namespace gradus::test
