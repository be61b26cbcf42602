#include "gradus/core/hyper.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/core/error.hpp"
#include "gradus/core/number_text.hpp"

namespace gradus::test {
namespace {

TEST(Hyper, is_a_number_or_a_schedule) {
  Hyper constant = 0.5, scheduled = [](std::int64_t t) { return 1.0 / static_cast<double>(1 + t); };
  EXPECT_FALSE(constant.scheduled());
  EXPECT_TRUE(scheduled.scheduled());
  EXPECT_EQ(scheduled, 1.0);
  for (Hyper* hyper : {&scheduled, &constant}) hyper->ask(3);
  EXPECT_EQ(scheduled, 1.0);  // not yet
  for (Hyper* hyper : {&scheduled, &constant}) hyper->take_answer();
  EXPECT_EQ(scheduled, 0.25);
  EXPECT_EQ(constant, 0.5);
}

TEST(Range, reads_as_in_a_paper) {
  EXPECT_EQ(kDecayRate.text(), "[0, 1)");
  EXPECT_EQ(kPositive.text(), "(0, 3.4e+38]");
  EXPECT_EQ((Range{.low = 1, .high = 99, .integer = true}).text(), "a whole number in [1, 99]");
}

TEST(Range, holds_its_closed_ends_only_and_no_nan) {
  EXPECT_TRUE(kDecayRate.contains(0));
  EXPECT_FALSE(kDecayRate.contains(1));
  EXPECT_FALSE(kNonNegative.contains(kInfinity));
  EXPECT_FALSE(kPositive.contains(0));
  for (const Range& range : {kDecayRate, kPositive, kNonNegative, kUnit})
    EXPECT_FALSE(range.contains(std::nan("")));
  EXPECT_FALSE((Range{.low = 0, .high = 9, .integer = true}).contains(2.5));
}

TEST(NumberText, reads_back_as_the_same_number) {
  for (const double v : {0.1, 1e-8, 3e-4, 1.0, 1e300, -0.0}) EXPECT_EQ(parse_number(number_text(v), "v"), v);
  for (const char* text : {"", " 1", "1 ", "1,5", "0x10", "one"})
    EXPECT_THROW(parse_number(text, "v"), Error) << text;
}

}  // namespace
}  // namespace gradus::test
