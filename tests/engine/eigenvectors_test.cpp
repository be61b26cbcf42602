// Orthonormal rows and eigenvectors: what they are, and that their bits are the same everywhere.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "gradus/engine/matrix.hpp"
#include "support/gradients.hpp"

namespace gradus::test {
namespace {

using engine::MatrixView;

template <class T>
constexpr double kNear = sizeof(T) == sizeof(float) ? 1e-5 : 1e-12;

/// A square matrix.
template <class T>
struct Square {
  std::size_t n;
  std::vector<T> data;

  explicit Square(std::size_t size) : n(size), data(size * size) {}
  T& operator()(std::size_t i, std::size_t j) { return data[i * n + j]; }
  T operator()(std::size_t i, std::size_t j) const { return data[i * n + j]; }
  MatrixView<T> view() {
    const auto side = static_cast<std::int64_t>(n);
    return {side, side, data.data()};
  }
};

template <class T>
double dot(const Square<T>& a, std::size_t i, const Square<T>& b, std::size_t j) {
  double sum = 0;
  for (std::size_t k = 0; k < a.n; ++k) sum += static_cast<double>(a(i, k)) * static_cast<double>(b(j, k));
  return sum;
}

template <class T>
void expect_orthonormal_rows(const Square<T>& q, const std::string& what) {
  for (std::size_t i = 0; i < q.n; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      ASSERT_NEAR(dot(q, i, q, j), i == j ? 1 : 0, kNear<T>) << what << ", rows " << i << " and " << j;
}

template <class T>
Square<T> noise_matrix(std::size_t n, double scale = 1) {
  Square<T> a(n);
  for (std::size_t i = 0; i < a.data.size(); ++i) a.data[i] = static_cast<T>(noise(n, i) * scale);
  return a;
}

/// The Gram matrix of `rank` rows: symmetric, without negative eigenvalues.
template <class T>
Square<T> gram(std::size_t n, std::size_t rank) {
  Square<T> b(n), a(n);
  for (std::size_t i = 0; i < n * rank; ++i) b.data[i] = static_cast<T>(noise(n, i) / 100);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < rank; ++k)
        sum += static_cast<double>(b(k, i)) * static_cast<double>(b(k, j));
      a(i, j) = static_cast<T>(sum);
    }
  return a;
}

template <class T>
Square<T> diagonal(std::size_t n, const std::function<double(std::size_t)>& value) {
  Square<T> a(n);
  for (std::size_t i = 0; i < n; ++i) a(i, i) = static_cast<T>(value(i));
  return a;
}

/// Eigenvalues 4 and 1, many times each, in a plane that is none of the axes: 1 + 3 v v' + 3 w w'.
template <class T>
Square<T> with_repeated_eigenvalues(std::size_t n) {
  Square<T> a = diagonal<T>(n, [](std::size_t) { return 1; });
  for (std::size_t i = 0; i + 1 < n; i += 2)
    for (const std::size_t row : {i, i + 1})
      for (const std::size_t column : {i, i + 1}) a(row, column) = static_cast<T>(row == column ? 2.5 : 1.5);
  return a;
}

/// Its square is no number of the type.
template <class T>
constexpr T kTiny = sizeof(T) == sizeof(float) ? T(0x1p-90) : T(0x1p-800);

template <class T>
Square<T> scaled(Square<T> a, T factor) {
  for (T& x : a.data) x *= factor;
  return a;
}

template <class T>
Square<T> eigenvectors_of(Square<T> a, Isa isa) {
  Square<T> vectors(a.n), scratch(a.n);
  engine::eigenvectors<T>(isa, a.view(), vectors.view(), scratch.view());
  return vectors;
}

template <class T>
Square<T> orthonormalized(Square<T> a, Isa isa) {
  Square<T> scratch(a.n);
  engine::orthonormalize_rows<T>(isa, a.view(), scratch.view());
  return a;
}

/// V A V' is diagonal, and descends.
template <class T>
void expect_eigenvectors(const Square<T>& a, const std::string& what) {
  const Square<T> v = eigenvectors_of(a, Isa::baseline);
  for (const Isa isa : available_isas())
    ASSERT_EQ(eigenvectors_of(a, isa).data, v.data) << what << name_of(isa);
  expect_orthonormal_rows(v, what);
  double largest = 0;
  for (const T x : a.data) largest = std::max(largest, std::abs(static_cast<double>(x)));
  const double scale = largest > 0 ? 1 / largest : 1, near = kNear<T> * static_cast<double>(a.n);
  std::vector<double> va(a.n * a.n);  // v_i A, in units of the largest element
  for (std::size_t i = 0; i < a.n; ++i)
    for (std::size_t j = 0; j < a.n; ++j)
      for (std::size_t k = 0; k < a.n; ++k)
        va[i * a.n + j] += static_cast<double>(v(i, k)) * (scale * static_cast<double>(a(j, k)));
  double last = kInfinity;
  for (std::size_t i = 0; i < a.n; ++i)
    for (std::size_t j = 0; j < a.n; ++j) {
      double product = 0;
      for (std::size_t k = 0; k < a.n; ++k) product += va[i * a.n + k] * static_cast<double>(v(j, k));
      if (i != j) {
        ASSERT_NEAR(product, 0, near) << what << ' ' << i << ' ' << j;
      } else {
        ASSERT_LE(product, last + near) << what << ' ' << i;
        last = product;
      }
    }
}

template <class T>
void expect_eigenvectors_of_all_kinds() {
  for (const std::size_t n : {1UL, 2UL, 3UL, 17UL, 64UL}) {
    const std::string size = ", " + std::to_string(n);
    expect_eigenvectors(gram<T>(n, n), "of full rank" + size);
    expect_eigenvectors(gram<T>(n, (n + 1) / 2), "of half rank" + size);
    expect_eigenvectors(gram<T>(n, 1), "of rank one" + size);
    expect_eigenvectors(Square<T>(n), "zero" + size);
    expect_eigenvectors(diagonal<T>(n, [](std::size_t) { return 1; }), "identity" + size);
    expect_eigenvectors(diagonal<T>(n, [](std::size_t i) { return static_cast<double>(i); }),
                        "rising" + size);
    expect_eigenvectors(with_repeated_eigenvalues<T>(n), "repeated" + size);
    expect_eigenvectors(scaled(gram<T>(n, n), kTiny<T>), "tiny" + size);
    expect_eigenvectors(scaled(gram<T>(n, n), 1 / kTiny<T>), "huge" + size);
  }
}

TEST(Eigenvectors, are_orthonormal_make_it_diagonal_and_descend) {
  expect_eigenvectors_of_all_kinds<float>();
  expect_eigenvectors_of_all_kinds<double>();
}

template <class T>
void expect_orthonormalized(const Square<T>& a, const std::string& what) {
  const Square<T> q = orthonormalized(a, Isa::baseline);
  for (const Isa isa : available_isas())
    ASSERT_EQ(orthonormalized(a, isa).data, q.data) << what << name_of(isa);
  expect_orthonormal_rows(q, what);
}

template <class T>
void expect_orthonormalized_of_all_kinds() {
  for (const std::size_t n : {1UL, 2UL, 3UL, 17UL, 64UL}) {
    const std::string size = ", " + std::to_string(n);
    expect_orthonormalized(noise_matrix<T>(n), "noise" + size);
    expect_orthonormalized(gram<T>(n, (n + 1) / 2), "of half rank" + size);
    expect_orthonormalized(Square<T>(n), "zero" + size);
    expect_orthonormalized(diagonal<T>(n, [](std::size_t i) { return i % 3 == 1 ? 0 : -2; }),
                           "diagonal" + size);
  }
}

// A place that no row is given would keep what was there.
TEST(Ranks, are_all_places_for_keys_that_are_no_numbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> keys{1, nan, 3, nan, 1, 7};
  std::vector<float> ranks(keys.size());
  engine::ranks<float>({1, 6, keys.data()}, {1, 6, ranks.data()});
  EXPECT_EQ(ranks, (std::vector<float>{2, 4, 1, 5, 3, 0}));
}

TEST(OrthonormalizeRows, gives_orthonormal_rows_whatever_their_rank) {
  expect_orthonormalized_of_all_kinds<float>();
  expect_orthonormalized_of_all_kinds<double>();
}

// QR: the first row keeps its line, each row lies in the span of the first ones of a.
TEST(OrthonormalizeRows, gives_each_row_of_the_span_of_those_before_it) {
  const Square<double> a = noise_matrix<double>(17), q = orthonormalized(a, Isa::baseline);
  for (std::size_t i = 0; i < a.n; ++i)
    for (std::size_t j = i + 1; j < a.n; ++j)
      EXPECT_NEAR(dot(q, j, a, i), 0, 1e-9) << "row " << j << " has a part of row " << i << " of a";
}

template <class T>
bool finite(const Square<T>& a) {
  return std::all_of(a.data.begin(), a.data.end(), [](T x) { return std::isfinite(x); });
}

/// A gradient's squares are what SOAP takes eigenvectors of: any size that they can have.
template <class T>
void expect_finite_at_any_size() {
  using Limits = std::numeric_limits<T>;
  for (const std::size_t n : {1UL, 2UL, 3UL, 17UL})
    for (const T scale : {Limits::max() / 4, Limits::max() / 1000, std::sqrt(Limits::max()), Limits::min(),
                          Limits::min() / 1000, Limits::denorm_min()}) {
      const auto where = testing::Message() << "size " << scale << ", " << n;
      Square<T> a = gram<T>(n, n);
      T largest = 0;
      for (const T x : a.data) largest = std::max(largest, std::abs(x));
      for (T& x : a.data) x = x / largest * scale;
      EXPECT_TRUE(finite(eigenvectors_of(a, Isa::baseline))) << where;
      expect_orthonormal_rows(eigenvectors_of(a, Isa::baseline), where.GetString());
      EXPECT_TRUE(finite(orthonormalized(a, Isa::baseline))) << where;
      expect_orthonormal_rows(orthonormalized(a, Isa::baseline), where.GetString());
    }
}

TEST(Eigenvectors, of_huge_and_of_tiny_matrices_are_finite) {
  expect_finite_at_any_size<float>();
  expect_finite_at_any_size<double>();
}

}  // namespace
}  // namespace gradus::test
