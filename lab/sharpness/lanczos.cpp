#include "lab/sharpness/lanczos.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/core/error.hpp"
#include "lab/sharpness/spans.hpp"
#include "lab/tasks/draws.hpp"

namespace gradus::lab {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// An orthonormal basis Q of a Krylov space, and the tridiagonal T = Q'AQ.
class Krylov {
 public:
  Krylov(const Operator& matrix, std::size_t size, std::size_t most, std::uint64_t seed)
      : matrix_(matrix),
        basis_(static_cast<Index>(size), static_cast<Index>(most)),
        diagonal_(static_cast<Index>(most)),
        beside_(static_cast<Index>(most)),
        next_(static_cast<Index>(size)) {
    Draws draws(seed);
    for (double& number : next_) number = draws.normal();
    next_.normalize();
  }

  [[nodiscard]] Index dimension() const { return dimension_; }
  /// How long A q has been across the space, for its last vector q; 0 where it is no more than rounding.
  [[nodiscard]] double left_over() const { return beside_[dimension_ - 1]; }

  /// One product more.
  void grow() {
    basis_.col(dimension_) = next_;
    matrix_(span_of(basis_.col(dimension_)), span_of(next_));
    if (!next_.allFinite()) throw Error("an eigenvalue is sought of a matrix whose product is not finite");
    const double length = next_.norm();
    diagonal_[dimension_] = basis_.col(dimension_).dot(next_);
    ++dimension_;
    for (int round = 0; round < 2; ++round) {
      const auto q = basis_.leftCols(dimension_);
      next_.noalias() -= q * (q.transpose() * next_).eval();
    }
    const double across = next_.norm();
    beside_[dimension_ - 1] = across > kRounding * length ? across : 0;
    next_ /= across;
  }

  [[nodiscard]] Eigen::SelfAdjointEigenSolver<MatrixXd> solve() const {
    Eigen::SelfAdjointEigenSolver<MatrixXd> solver;
    solver.computeFromTridiagonal(diagonal_.head(dimension_), beside_.head(dimension_ - 1));
    return solver;
  }

  [[nodiscard]] std::vector<double> vector(const Eigen::Ref<const VectorXd>& in_basis) const {
    const VectorXd v = (basis_.leftCols(dimension_) * in_basis).normalized();
    return {v.begin(), v.end()};
  }

 private:
  static constexpr double kRounding = 1e-13;

  const Operator& matrix_;
  MatrixXd basis_;
  VectorXd diagonal_, beside_, next_;
  Index dimension_ = 0;
};

void check(std::size_t size, const LanczosOptions& options) {
  const std::size_t most = std::min(size, options.products);
  if (options.count < 1 || options.count > most)
    throw Error(fmt::format("{} eigenvalues of a matrix of {} rows, by at most {} products", options.count,
                            size, options.products));
}

/// The largest of the space, without their vectors.
std::vector<Eigenpair> ritz_pairs(const Krylov& space, const Eigen::SelfAdjointEigenSolver<MatrixXd>& solved,
                                  std::size_t count) {
  std::vector<Eigenpair> pairs;
  for (Index i = space.dimension() - 1; i >= 0 && pairs.size() < count; --i)
    pairs.push_back(
        {.value = solved.eigenvalues()[i],
         .residual = space.left_over() * std::abs(solved.eigenvectors()(space.dimension() - 1, i)),
         .vector = {}});
  return pairs;
}

}  // namespace

Spectrum largest_eigenpairs(const Operator& matrix, std::size_t size, const LanczosOptions& options) {
  check(size, options);
  const std::size_t most = std::min(size, options.products);
  Krylov space(matrix, size, most, options.seed);
  const auto is_close = [&](const Eigenpair& pair) {
    return pair.residual <= options.tolerance * std::abs(pair.value);
  };
  for (;;) {
    space.grow();
    const auto solved = space.solve();
    Spectrum spectrum{.pairs = ritz_pairs(space, solved, options.count),
                      .products = static_cast<std::size_t>(space.dimension())};
    const bool is_whole = space.left_over() == 0;
    spectrum.converged =
        (is_whole || spectrum.pairs.size() == options.count) && std::ranges::all_of(spectrum.pairs, is_close);
    if (!spectrum.converged && spectrum.products < most) continue;
    Index i = space.dimension();
    for (Eigenpair& pair : spectrum.pairs) pair.vector = space.vector(solved.eigenvectors().col(--i));
    return spectrum;
  }
}

}  // namespace gradus::lab
