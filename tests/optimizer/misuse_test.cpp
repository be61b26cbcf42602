#include <gtest/gtest.h>

#include "gradus/gradus.hpp"
#include "support/text.hpp"

namespace gradus::test {
namespace {

class Misuse : public testing::Test {
 protected:
  std::vector<float> x_ = std::vector<float>(12), g_ = std::vector<float>(12);
  Optimizer optimizer_{Adam{}};

  std::string add(std::string name, Shape shape, std::span<float> x, std::span<const float> g) {
    return message_of([&] { optimizer_.add(std::move(name), std::move(shape), x, g); });
  }
};

TEST_F(Misuse, of_names) {
  EXPECT_EQ(add("", {12}, x_, g_), "a parameter needs a name");
  EXPECT_EQ(add("w", {6}, std::span(x_).first(6), {}), "");
  EXPECT_EQ(add("w", {6}, std::span(x_).last(6), {}), "there is already a parameter named 'w'");
  EXPECT_EQ(message_of([&] { static_cast<void>(optimizer_.find("v")); }), "there is no parameter named 'v'");
}

TEST_F(Misuse, of_shapes) {
  EXPECT_EQ(add("w", {3, 5}, x_, g_), "parameter 'w': shape [3, 5] has 15 elements, the array has 12");
  EXPECT_EQ(add("w", {-3, -4}, x_, g_), "parameter 'w': shape [-3, -4] has a negative dimension");
  EXPECT_EQ(add("w", {1LL << 40, 1LL << 40}, x_, g_),
            "parameter 'w': shape [1099511627776, 1099511627776] has too many elements to count");
  EXPECT_EQ(add("w", {12}, x_, std::span(g_).first(11)), "parameter 'w' has 12 elements, its gradient 11");
}

TEST_F(Misuse, of_shapes_without_elements) {
  EXPECT_EQ(add("w", {1LL << 62, 4, 0}, {}, {}), "");
  EXPECT_EQ(add("v", {0, 1LL << 62, 4}, {}, {}), "");
  EXPECT_EQ(add("u", {0, -1}, {}, {}), "parameter 'u': shape [0, -1] has a negative dimension");
}

// A type that is none divided by its size, which was 0.
TEST_F(Misuse, of_types) {
  const auto typed = [&](int dtype) { return Elements(static_cast<Dtype>(dtype), x_.data(), 12); };
  const std::string accepted = "; it must be float32, float64, bfloat16 or float16";
  for (const int none : {-1, 99, -1000}) {
    const std::string what = " is number " + std::to_string(none) + " of Dtype" + accepted;
    EXPECT_EQ(message_of([&] { optimizer_.add("w", {12}, typed(none), {}); }), "parameter 'w'" + what);
    const ConstElements g{static_cast<Dtype>(none), g_.data(), 12};
    EXPECT_EQ(message_of([&] { optimizer_.add("w", {12}, x_, g); }), "the gradient of parameter 'w'" + what);
  }
  EXPECT_EQ(message_of([&] { optimizer_.add("w", {12}, typed(static_cast<int>(Dtype::e4m3)), {}); }),
            std::string("parameter 'w' is ") + name_of(Dtype::e4m3) + accepted);
  const ParameterId w = optimizer_.add("w", {12}, x_, {});
  EXPECT_EQ(message_of([&] { optimizer_.rebind(w, typed(99), {}); }),
            "parameter 'w' is number 99 of Dtype" + accepted);
  const std::int64_t row = 0;
  const SparseRows rows{std::span(&row, 1), {static_cast<Dtype>(-1), g_.data(), 1}};
  EXPECT_EQ(message_of([&] { optimizer_.set_gradient(w, rows); }),
            "the gradient of parameter 'w' is number -1 of Dtype" + accepted);
}

TEST_F(Misuse, of_options) {
  const auto refusal = [](const OptimizerOptions& options) {
    return message_of([&] { Optimizer(SGD{}, options); });
  };
  EXPECT_EQ(refusal({.non_finite = static_cast<NonFinite>(9)}),
            "OptimizerOptions: non_finite is number 9 of NonFinite; it must be skip, raise or propagate");
  EXPECT_EQ(refusal({.overflow = static_cast<Overflow>(-1)}),
            "OptimizerOptions: overflow is number -1 of Overflow; it must be report or skip");
  EXPECT_EQ(refusal({.abort_after = -1}),
            "OptimizerOptions: abort_after is -1; it must be a number of steps, or 0");
  EXPECT_EQ(refusal({.isa = static_cast<Isa>(-1)}),
            "OptimizerOptions: isa is number -1 of Isa; it must be baseline, avx2 or avx512");
}

// Seen elsewhere: a parameter given twice was updated twice.
TEST_F(Misuse, of_memory) {
  EXPECT_EQ(add("w", {8}, std::span(x_).first(8), std::span(g_).first(8)), "");
  EXPECT_EQ(add("v", {8}, std::span(x_).first(8), std::span(g_).first(8)),
            "parameter 'v' overlaps parameter 'w' in memory");
  EXPECT_EQ(add("v", {5}, std::span(x_).last(5), std::span(g_).first(5)),
            "parameter 'v' overlaps parameter 'w' in memory");
  EXPECT_EQ(add("v", {4}, std::span(x_).last(4), std::span(x_).first(4)),
            "the gradient of parameter 'v' overlaps parameter 'w' in memory");
  EXPECT_EQ(add("v", {4}, std::span(x_).last(4), std::span(x_).last(4)),
            "parameter 'v' overlaps its own gradient in memory");
  EXPECT_EQ(add("v", {4}, std::span(x_).last(4), std::span(g_).first(4)), "");
}

TEST_F(Misuse, of_memory_that_is_a_gradient) {
  EXPECT_EQ(add("w", {8}, std::span(x_).first(8), std::span(g_).first(8)), "");
  EXPECT_EQ(add("v", {8}, std::span(g_).last(8), {}),
            "the gradient of parameter 'w' overlaps parameter 'v' in memory");
  EXPECT_EQ(add("v", {4}, std::span(g_).last(4), std::span(g_).first(4)), "");
  optimizer_.rebind(optimizer_.find("v"), std::span(g_).subspan(7, 4), {});
  EXPECT_EQ(message_of([&] { optimizer_.step(); }),
            "the gradient of parameter 'w' overlaps parameter 'v' in memory");
  optimizer_.rebind(optimizer_.find("v"), std::span(g_).last(4), {});
  EXPECT_EQ(optimizer_.step().status, Status::applied);
}

// A vector that has room but no elements has data(), which is no gradient.
TEST_F(Misuse, of_gradients_without_elements) {
  std::vector<float> none;
  none.reserve(12);
  ASSERT_NE(none.data(), nullptr);
  EXPECT_EQ(add("w", {12}, x_, none), "");
  EXPECT_EQ(optimizer_.step().message, "no parameter has a gradient");
  optimizer_.rebind(ParameterId{0}, std::span(x_), none);
  EXPECT_EQ(optimizer_.step().message, "no parameter has a gradient");
  EXPECT_EQ(add("empty", {0}, std::span(x_).subspan(3, 0), std::span(x_).subspan(3, 0)), "");
}

TEST_F(Misuse, of_memory_that_is_not_there) {
  const std::span<float> nowhere(static_cast<float*>(nullptr), 4);
  EXPECT_EQ(add("w", {4}, nowhere, {}), "parameter 'w' has no memory: its data is null");
  EXPECT_EQ(add("w", {12}, x_, std::span(static_cast<float*>(nullptr), 12)),
            "the gradient of parameter 'w' has no memory: its data is null");
}

TEST_F(Misuse, of_memory_that_is_misaligned) {
  const auto further_on = [](std::vector<float>& array, std::size_t bytes) {
    return std::span(reinterpret_cast<float*>(reinterpret_cast<std::uintptr_t>(array.data()) + bytes), 4);
  };
  for (const std::size_t bytes : {1, 2, 3}) {
    EXPECT_EQ(add("w", {4}, further_on(x_, bytes), {}),
              "parameter 'w' is misaligned: the address of a float32 array must be a multiple of 4");
    EXPECT_EQ(add("w", {4}, std::span(x_).first(4), further_on(g_, bytes)),
              "the gradient of parameter 'w' is misaligned: the address of a float32 array must be a "
              "multiple of 4");
  }
  const ParameterId w = optimizer_.add("w", {4}, std::span(x_).first(4), {});
  EXPECT_EQ(message_of([&] { optimizer_.rebind(w, further_on(x_, 2), {}); }),
            "parameter 'w' is misaligned: the address of a float32 array must be a multiple of 4");

  std::vector<double> d(3);
  const std::span<double> half(reinterpret_cast<double*>(reinterpret_cast<std::uintptr_t>(d.data()) + 4), 2);
  EXPECT_EQ(message_of([&] { optimizer_.add("d", {2}, half, {}); }),
            "parameter 'd' is misaligned: the address of a float64 array must be a multiple of 8");
}

TEST_F(Misuse, of_rebinding) {
  const ParameterId w = optimizer_.add("w", {4}, std::span(x_).first(4), {});
  optimizer_.add("v", {4}, std::span(x_).last(4), {});
  std::vector<double> d(4);
  EXPECT_EQ(message_of([&] { optimizer_.rebind(w, std::span(d), {}); }),
            "parameter 'w' is float32, not float64");
  optimizer_.rebind(w, std::span(x_).last(4), std::span<const float>(g_).first(4));
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(message_of([&] { optimizer_.step(); }), "parameter 'w' overlaps parameter 'v' in memory");
  EXPECT_EQ(optimizer_.steps(), 0);
  optimizer_.rebind(optimizer_.find("v"), std::span(x_).first(4), {});  // they have changed places
  EXPECT_EQ(optimizer_.step().status, Status::applied);
  optimizer_.rebind(w, std::span(x_).first(4), {});
  optimizer_.rebind(optimizer_.find("v"), std::span(x_).last(4), {});
  EXPECT_EQ(message_of([&] { optimizer_.rebind(w, std::span(x_).first(3), {}); }),
            "parameter 'w': shape [4] has 4 elements, the array has 3");
  EXPECT_EQ(message_of([&] { optimizer_.rebind(w, std::span(x_).subspan(2, 4), g_); }),
            "parameter 'w' has 4 elements, its gradient 12");
  EXPECT_EQ(message_of([&] { optimizer_.rebind(w, std::span(x_).first(4), std::span(g_).first(4)); }), "");
  EXPECT_EQ(message_of([&] { optimizer_.rebind(w, std::span(x_).first(4), std::span(g_).first(1)); }),
            "parameter 'w' has 4 elements, its gradient 1");
  EXPECT_EQ(message_of([&] { optimizer_.rebind(w, std::span(x_).subspan(2, 4), {}); }), "");
  EXPECT_EQ(message_of([&] { optimizer_.rebind(w, std::span(x_).first(4), {}); }), "");
}

TEST_F(Misuse, of_handles) {
  EXPECT_EQ(message_of([&] { optimizer_.clear_gradient(ParameterId{3}); }),
            "there is no parameter 3; there are 0");
  EXPECT_EQ(message_of([&] { optimizer_.set(GroupId{1}, "lr", 0.1); }), "there is no group 1; there are 1");
  EXPECT_EQ(message_of([&] { optimizer_.add("w", {12}, x_, {}, GroupId{7}); }),
            "there is no group 7; there are 1");
}

TEST_F(Misuse, of_state) {
  const ParameterId w = optimizer_.add("w", {12}, x_, g_);
  EXPECT_EQ(
      message_of([&] { static_cast<void>(optimizer_.state(w, "momentum")); }),
      "parameter 'w' has no slot 'momentum'; it has: exp_avg, exp_avg_sq, beta1_product, beta2_product");
  EXPECT_EQ(message_of([&] { static_cast<void>(optimizer_.state(w, "exp_avg").as<double>()); }),
            "slot 'exp_avg' is float32, not float64");
}

TEST(MatrixRule, refuses_what_is_no_matrix) {
  std::vector<float> x(12);
  Optimizer optimizer(Muon{});
  EXPECT_EQ(message_of([&] { optimizer.add("bias", {12}, x, {}); }),
            "parameter 'bias' has shape [12]; muon takes matrices (two dimensions or more): give it to a "
            "group with another rule");
}

}  // namespace
}  // namespace gradus::test
