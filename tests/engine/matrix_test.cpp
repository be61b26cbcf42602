#include "gradus/engine/matrix.hpp"

#include <gtest/gtest.h>

#include "support/gradients.hpp"

namespace gradus::test {
namespace {

using engine::MatrixView;

/// The product as it is defined: a sum in the order of k.
template <class T>
std::vector<T> plain_product(const std::vector<T>& a, const std::vector<T>& b, std::int64_t m, std::int64_t k,
                             std::int64_t n) {
  std::vector<T> out(static_cast<std::size_t>(m * n));
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      T sum = 0;
      for (std::int64_t l = 0; l < k; ++l) {
        const T term = a[static_cast<std::size_t>(i * k + l)] * b[static_cast<std::size_t>(l * n + j)];
        sum = sum + term;
      }
      out[static_cast<std::size_t>(i * n + j)] = sum;
    }
  return out;
}

template <class T>
void expect_products(std::int64_t m, std::int64_t k, std::int64_t n) {
  const auto a = noise_array<T>(1, static_cast<std::size_t>(m * k)),
             b = noise_array<T>(2, static_cast<std::size_t>(k * n));
  std::vector<T> out(static_cast<std::size_t>(m * n)), panel(engine::multiply_scratch(k));
  for (const Isa isa : available_isas()) {
    engine::multiply<T>(isa, {m, k, a.data()}, {k, n, b.data()}, {m, n, out.data()}, panel.data());
    EXPECT_EQ(out, plain_product(a, b, m, k, n)) << m << " x " << k << " x " << n << ", " << name_of(isa);
  }
}

TEST(Multiply, is_the_plain_product_to_the_last_bit) {
  for (const std::int64_t m : {1, 3, 4, 5, 33})
    for (const std::int64_t k : {1, 2, 17, 64, 131})
      for (const std::int64_t n : {1, 15, 17, 50, 64, 131}) {
        expect_products<float>(m, k, n);
        expect_products<double>(m, k, n);
      }
}

TEST(Transpose, swaps_rows_and_columns) {
  const auto a = noise_array<float>(3, 37 * 21);
  std::vector<float> out(a.size());
  engine::transpose<float>({37, 21, a.data()}, {21, 37, out.data()});
  for (std::size_t i = 0; i < 37; ++i)
    for (std::size_t j = 0; j < 21; ++j) ASSERT_EQ(out[j * 37 + i], a[i * 21 + j]);
}

TEST(Muon, makes_a_direction_with_singular_values_near_one) {
  // x = -lr * u from x = 0: then x x' / lr^2 is near the identity.
  std::vector<float> x(6 * 40), g = noise_array<float>(4, 6 * 40);
  Optimizer optimizer(Muon{.lr = 1.0, .weight_decay = 0.0, .ns_steps = 12});
  optimizer.add("w", {6, 40}, x, g);
  optimizer.step();
  for (std::size_t i = 0; i < 6; ++i) {
    float squares = 0;
    for (std::size_t k = 0; k < 40; ++k) squares += x[i * 40 + k] * x[i * 40 + k];
    EXPECT_GT(squares, 0.3F);  // the polynomial leaves singular values between about 0.7 and 1.2
    EXPECT_LT(squares, 1.6F);
  }
}

TEST(Muon, has_a_direction_for_huge_and_for_no_gradients) {
  const auto moved = [](double gradient) {
    std::vector<double> x(12), g(12, gradient);
    Optimizer optimizer(Muon{.lr = 1.0, .weight_decay = 0.0, .eps = 1e-37});
    optimizer.add("w", {3, 4}, x, g);
    optimizer.step();
    return x[5];
  };
  EXPECT_NEAR(moved(1e300), moved(1), 1e-9);
  EXPECT_EQ(moved(0), 0);
  EXPECT_THROW(AnyRule(Muon{.eps = 1e-40}), Error);  // its inverse would be infinite in float
}

}  // namespace
}  // namespace gradus::test
