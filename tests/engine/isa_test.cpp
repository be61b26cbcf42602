#include "gradus/engine/isa.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "gradus/gradus.hpp"

namespace gradus::test {
namespace {

class GradusIsa : public testing::Test {
 protected:
  void TearDown() override { unsetenv("GRADUS_ISA"); }
};

TEST_F(GradusIsa, chooses_among_those_of_this_cpu) {
  for (const Isa isa : available_isas()) {
    setenv("GRADUS_ISA", std::string(name_of(isa)).c_str(), 1);
    EXPECT_EQ(choose_isa(), isa);
  }
  unsetenv("GRADUS_ISA");
  EXPECT_EQ(choose_isa(), available_isas().back());
}

TEST_F(GradusIsa, with_another_value_is_an_error) {
  for (const char* bad : {"sse9", "AVX2", "avx2 "}) {
    setenv("GRADUS_ISA", bad, 1);
    EXPECT_THROW(Optimizer{Adam{}}, Error) << bad;
  }
}

TEST_F(GradusIsa, that_this_cpu_lacks_is_an_error) {
  const auto has = available_isas();
  if (std::find(has.begin(), has.end(), Isa::avx512) != has.end()) GTEST_SKIP() << "this CPU has them all";
  setenv("GRADUS_ISA", "avx512", 1);
  EXPECT_THROW(choose_isa(), Error);
  unsetenv("GRADUS_ISA");
  EXPECT_THROW(Optimizer(Adam{}, {.isa = Isa::avx512}), Error);
}

}  // namespace
}  // namespace gradus::test
