#include "gradus/core/nearest.hpp"

#include <gtest/gtest.h>

namespace gradus::test {
namespace {

using Names = std::vector<std::string>;

TEST(Nearest, finds_slips_of_the_finger_and_beginnings) {
  const Names names{"adam", "adamw", "sgd", "rmsprop", "rmsprop_centered"};
  EXPECT_EQ(nearest("adma", names), (Names{"adam", "adamw"}));
  EXPECT_EQ(nearest("rms", names), (Names{"rmsprop", "rmsprop_centered"}));
  EXPECT_EQ(nearest("RMSprop", names), Names{});
  EXPECT_EQ(nearest("lbfgs-with-history", names), Names{});
}

}  // namespace
}  // namespace gradus::test
