#include "lab/race/rules.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/core/error.hpp"
#include "gradus/optimizer.hpp"
#include "lab/race/entry_spec.hpp"

namespace gradus::lab {
namespace {

/// Where a number that is 2 at first goes, by steps with these gradients.
double after(const AnyRule& rule, const std::vector<float>& gradients) {
  float x = 2, g = 0;
  Optimizer optimizer(rule);
  optimizer.add("x", {1}, std::span(&x, 1), std::span(&g, 1));
  for (const float gradient : gradients) {
    g = gradient;
    optimizer.step();
  }
  return x;
}

TEST(RacedRules, adam_without_its_correction_takes_the_first_step_three_times_too_far) {
  const double corrected = 2 - after(raced_rule("adam", {{"lr", 0.01}}), {0.5});
  const double uncorrected = 2 - after(raced_rule("adam_uncorrected", {{"lr", 0.01}}), {0.5});
  EXPECT_NEAR(corrected, 0.01, 1e-6);
  EXPECT_NEAR(uncorrected, 0.01 * 0.1 / std::sqrt(0.001), 1e-6);
}

TEST(RacedRules, coupled_decay_is_a_gradient) {
  const std::vector<Setting> settings{{"lr", 0.01}, {"weight_decay", 0.25}};
  const AnyRule adam = raced_rule("adam", {{"lr", 0.01}}), coupled = raced_rule("adam_l2", settings);
  EXPECT_EQ(after(coupled, {-0.5}), 2) << "0.25 * 2 - 0.5 is no gradient";
  EXPECT_EQ(after(coupled, {0.5}), after(adam, {1}));
}

TEST(RacedRules, are_raced_by_name_and_refuse_what_they_lack) {
  EXPECT_EQ(parse_entry("adam_l2:weight_decay=0.1").phases[0].rule, "adam_l2");
  EXPECT_THROW(parse_entry("adam_uncorrected:weight_decay=0.1"), Error);
  EXPECT_THROW(parse_entry("adam_corrected"), Error);
}

}  // namespace
}  // namespace gradus::lab
