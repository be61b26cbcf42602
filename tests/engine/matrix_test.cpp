#include "gradus/engine/matrix.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <random>

#include "support/gradients.hpp"

namespace gradus::test {
namespace {

using engine::Crew;
using engine::Factor;
using engine::MatrixView;

template <class T>
using Numbers = std::vector<T>;

/// The product as it is defined: from 0, one fused multiply-add after the other, in the order of k.
template <class T>
Numbers<T> plain_product(const Numbers<T>& a, const Numbers<T>& b, std::int64_t m, std::int64_t k,
                         std::int64_t n) {
  Numbers<T> out(static_cast<std::size_t>(m * n));
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      T sum = 0;
      for (std::int64_t l = 0; l < k; ++l)
        sum = std::fma(a[static_cast<std::size_t>(i * k + l)], b[static_cast<std::size_t>(l * n + j)], sum);
      out[static_cast<std::size_t>(i * n + j)] = sum;
    }
  return out;
}

template <class T>
Numbers<T> transpose_of(const Numbers<T>& a, std::int64_t rows, std::int64_t columns) {
  Numbers<T> out(a.size());
  engine::transpose<T>({rows, columns, a.data()}, {columns, rows, out.data()});
  return out;
}

template <class T>
Numbers<T> product(Isa isa, std::size_t threads, Factor<T> a, Factor<T> b, std::int64_t m, std::int64_t n,
                   std::size_t scratch_size) {
  Crew crew(threads > 1 ? std::make_shared<ThreadPool>(threads) : nullptr);
  Numbers<T> out(static_cast<std::size_t>(m * n), T(7)), scratch(scratch_size);
  engine::multiply<T>(isa, crew, a, b, {m, n, out.data()}, scratch);
  return out;
}

/// With each factor as it is and transposed, and much scratch or little.
template <class T>
void expect_products(std::int64_t m, std::int64_t k, std::int64_t n) {
  const auto a = noise_array<T>(1, static_cast<std::size_t>(m * k)),
             b = noise_array<T>(2, static_cast<std::size_t>(k * n));
  const auto turned_a = transpose_of(a, m, k), turned_b = transpose_of(b, k, n);
  const auto expected = plain_product(a, b, m, k, n);
  const MatrixView<const T> as_a{m, k, a.data()}, as_b{k, n, b.data()};
  const Factor<T> as_turned_a({k, m, turned_a.data()}, true), as_turned_b({n, k, turned_b.data()}, true);
  const std::size_t much = engine::multiply_scratch(std::max(m, k), std::max(k, n));
  const std::size_t little = static_cast<std::size_t>(m + n + 64) * 5 + 16;
  for (const Isa isa : available_isas()) {
    const testing::Message where = testing::Message()
                                   << m << " x " << k << " x " << n << ", " << name_of(isa);
    EXPECT_EQ(product<T>(isa, 1, as_a, as_b, m, n, much), expected) << where;
    EXPECT_EQ(product<T>(isa, 1, as_turned_a, as_turned_b, m, n, little), expected) << where;
  }
}

TEST(Multiply, is_the_plain_product_to_the_last_bit) {
  for (const std::int64_t m : {1, 3, 14, 15, 33})
    for (const std::int64_t k : {0, 1, 2, 17, 131})
      for (const std::int64_t n : {1, 15, 17, 32, 50, 131}) {
        expect_products<float>(m, k, n);
        expect_products<double>(m, k, n);
      }
}

TEST(Multiply, does_not_depend_on_blocks_rounds_or_threads) {
  constexpr std::int64_t kRows = 190, kInner = 1100, kColumns = 141;
  const auto a = noise_array<float>(1, kRows * kInner), b = noise_array<float>(2, kInner * kColumns);
  const auto expected = plain_product(a, b, kRows, kInner, kColumns);
  const MatrixView<const float> as_a{kRows, kInner, a.data()}, as_b{kInner, kColumns, b.data()};
  for (const Isa isa : available_isas())
    for (const std::size_t threads : {1U, 2U, 3U, 8U})
      for (const std::size_t scratch : {std::size_t{17000}, engine::multiply_scratch(kInner, kInner)})
        EXPECT_EQ(product<float>(isa, threads, as_a, as_b, kRows, kColumns, scratch), expected)
            << name_of(isa) << ", " << threads << " threads";
}

template <class T>
void expect_symmetric_products(std::int64_t n, std::int64_t k) {
  const auto x = noise_array<T>(1, static_cast<std::size_t>(n * k));
  const MatrixView<const T> as_x{n, k, x.data()};
  const auto gram = plain_product(x, transpose_of(x, n, k), n, k, n),
             square = plain_product(gram, gram, n, n, n);
  const MatrixView<const T> as_gram{n, n, gram.data()};
  for (const Isa isa : available_isas())
    for (const std::size_t threads : {1U, 3U}) {
      Crew crew(threads > 1 ? std::make_shared<ThreadPool>(threads) : nullptr);
      Numbers<T> out(gram.size()), scratch(engine::multiply_scratch(n, k));
      const MatrixView<T> as_out{n, n, out.data()};
      engine::multiply_symmetric<T>(isa, crew, as_x, {as_x, true}, as_out, scratch);
      EXPECT_EQ(out, gram) << n << " x " << k << ", " << name_of(isa);
      engine::multiply_symmetric<T>(isa, crew, as_gram, as_gram, as_out, scratch);
      EXPECT_EQ(out, square) << n << ", " << name_of(isa);
    }
}

TEST(MultiplySymmetric, is_the_whole_product) {
  for (const std::int64_t n : {1, 13, 16, 31, 45, 130, 200})
    for (const std::int64_t k : {1, 70}) {
      expect_symmetric_products<float>(n, k);
      expect_symmetric_products<double>(n, k);
    }
}

/// Random bits, and so every exponent, denormals, infinities and NaN; or numbers close to one another, where
/// sums cancel; or few bits, where ties are.
float some_float(std::mt19937& random, int kind) {
  const auto bits = static_cast<std::uint32_t>(random());
  if (kind == 0) return std::bit_cast<float>(bits);
  if (kind == 1) return std::bit_cast<float>((bits & 0x81ffffffU) | 0x3e000000U);
  return std::ldexp(static_cast<float>(static_cast<int>(bits % 8193) - 4096),
                    static_cast<int>(bits >> 28) - 8);
}

/// [c a] [1 b]' is a b + c, rounded once; of all pairs of a row and a column.
void expect_fused(const Numbers<float>& a, const Numbers<float>& b, const Numbers<float>& c) {
  const auto rows = static_cast<std::int64_t>(a.size()), columns = static_cast<std::int64_t>(b.size());
  Numbers<float> left, right(b.size(), 1.0F);
  for (std::size_t i = 0; i < a.size(); ++i) left.insert(left.end(), {c[i], a[i]});
  right.insert(right.end(), b.begin(), b.end());
  const MatrixView<const float> as_left{rows, 2, left.data()}, as_right{2, columns, right.data()};
  for (const Isa isa : available_isas()) {
    const auto out = product<float>(isa, 1, as_left, as_right, rows, columns, 20000);
    for (std::size_t i = 0; i < a.size(); ++i)
      for (std::size_t j = 0; j < b.size(); ++j) {
        const float expected = std::fma(a[i], b[j], c[i] + 0.0F), found = out[i * b.size() + j];
        ASSERT_TRUE(std::bit_cast<std::uint32_t>(found) == std::bit_cast<std::uint32_t>(expected) ||
                    (std::isnan(found) && std::isnan(expected)))
            << a[i] << " * " << b[j] << " + " << c[i] << ": " << found << ", not " << expected << ", "
            << name_of(isa);
      }
  }
}

TEST(Multiply, rounds_once_whatever_the_numbers) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    Numbers<float> a(64), b(64), c(64);
    const int kind = round % 3;
    for (Numbers<float>* numbers : {&a, &b, &c})
      for (float& x : *numbers) x = some_float(random, kind);
    if (round % 2 == 1)  // what is left when most of the product is taken away
      for (std::size_t i = 0; i < c.size(); ++i) c[i] = -a[i] * b[i];
    if (round % 5 == 4)  // results around the least normal number
      for (std::size_t i = 0; i < c.size(); ++i) c[i] = std::ldexp(c[i], -140), a[i] = std::ldexp(a[i], -140);
    expect_fused(a, b, c);
  }
}

/// The nearest number with 8 significant bits, ties to even; 0 for what is very small.
template <class T>
T bfloat16_of(T x) {
  if (std::abs(x) < T(0x1p-55) || !std::isfinite(x)) return std::isfinite(x) ? T(0) : x;
  int exponent = 0;
  const double significand = std::frexp(static_cast<double>(static_cast<float>(x)), &exponent);
  return static_cast<T>(std::ldexp(std::nearbyint(std::ldexp(significand, 8)), exponent - 8));
}

template <class T>
void expect_products_of_bfloat16(std::int64_t m, std::int64_t k, std::int64_t n, int least_exponent) {
  auto a = noise_array<T>(1, static_cast<std::size_t>(m * k)),
       b = noise_array<T>(2, static_cast<std::size_t>(k * n));
  for (std::size_t i = 0; i < a.size(); ++i)
    a[i] = std::ldexp(a[i], least_exponent * static_cast<int>(i % 7) / 6);
  for (std::size_t i = 0; i < b.size(); ++i)
    b[i] = std::ldexp(b[i], least_exponent * static_cast<int>(i % 5) / 4);
  Numbers<T> rounded_a(a), rounded_b(b);
  for (T& x : rounded_a) x = bfloat16_of(x);
  for (T& x : rounded_b) x = bfloat16_of(x);
  const auto expected = plain_product(rounded_a, rounded_b, m, k, n);
  for (const Isa isa : available_isas()) {
    Crew alone(nullptr);
    Numbers<T> out(expected.size()), scratch(engine::multiply_scratch(std::max(m, k), std::max(k, n)));
    engine::multiply<T>(isa, alone, MatrixView<const T>{m, k, a.data()}, MatrixView<const T>{k, n, b.data()},
                        {m, n, out.data()}, scratch, engine::Factors::bfloat16);
    EXPECT_EQ(out, expected) << m << " x " << k << " x " << n << ", " << name_of(isa);
  }
}

TEST(Multiply, rounds_factors_to_bfloat16_if_asked_and_sums_as_ever) {
  for (const std::int64_t k : {1, 2, 3, 64, 301})
    for (const int least_exponent : {0, -50, -60, -120}) {
      expect_products_of_bfloat16<float>(17, k, 33, least_exponent);
      expect_products_of_bfloat16<double>(17, k, 33, least_exponent);
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
