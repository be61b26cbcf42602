#include "gradus/core/real.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <concepts>

namespace gradus::test {
namespace {

using F = Real<float>;

TEST(Real, computes_like_its_type) {
  EXPECT_EQ((F{3} + F{4}).value, 7);
  EXPECT_EQ((F{3} - F{4}).value, -1);
  EXPECT_EQ((F{1} / F{3}).value, 1.0F / 3.0F);
  EXPECT_EQ(sqrt(F{2}).value, std::sqrt(2.0F));
  EXPECT_EQ(abs(F{-2}).value, 2);
  EXPECT_EQ(sign(F{-2}).value, -1);
  EXPECT_EQ(sign(F{0}).value, 0);
}

TEST(Real, selections_keep_a_nan_of_the_second_operand) {
  const F nan{std::nanf("")};
  EXPECT_TRUE(std::isnan(max(F{1}, nan).value));
  EXPECT_TRUE(std::isnan(min(F{1}, nan).value));
  EXPECT_TRUE(std::isnan(max(0.0, nan).value));
  EXPECT_EQ(max(F{1}, F{2}).value, 2);
  EXPECT_EQ(min(F{1}, F{2}).value, 1);
}

TEST(Coef, is_rounded_once_to_the_type_of_the_elements) {
  EXPECT_EQ((0.1 * F{3}).value, 0.1F * 3.0F);
  EXPECT_EQ((Coef(0.1) * Real<double>{3}).value, 0.1 * 3.0);
}

TEST(Ema, takes_one_minus_beta_in_double) {
  const Ema ema(0.999);
  EXPECT_EQ(ema(F{0}, F{1}).value, static_cast<float>(1 - 0.999));
  EXPECT_NE(ema(F{0}, F{1}).value, 1 - 0.999F);
}

template <class V>
concept HasExp = requires(V v) {
  exp(v);
};

TEST(Real, has_no_function_that_rounds_differently_elsewhere) { EXPECT_FALSE(HasExp<F>); }

}  // namespace
}  // namespace gradus::test
