#include "lab/sharpness/adaptive.hpp"

#include <fmt/format.h>

#include <cmath>

#include "gradus/core/error.hpp"
#include "lab/sharpness/spans.hpp"
#include "lab/tasks/draws.hpp"

namespace gradus::lab {
namespace {

using Eigen::ArrayXd;

/// The rise of the loss as a function of u = delta / |w|.
class Nearby {
 public:
  Nearby(Landscape& landscape, std::span<const double> w, double rho)
      : landscape_(landscape), w_(vector_of(w)) {
    if (!(rho > 0)) throw Error(fmt::format("sharpness within rho = {}, which must be positive", rho));
    loss_ = landscape.loss(w);
    if (!std::isfinite(loss_)) throw Error("sharpness where the loss is not finite");
  }

  [[nodiscard]] ArrayXd::Index size() const { return w_.size(); }
  [[nodiscard]] ArrayXd delta(const ArrayXd& u) const { return u * w_.abs(); }

  double rise(const ArrayXd& u) { return landscape_.loss(span_of(at(u))) - loss_; }

  /// Of length 1; of zeros where there is none.
  ArrayXd ascent(const ArrayXd& u) {
    ArrayXd g(size());
    landscape_.gradient(span_of(at(u)), span_of(g));
    return (g * w_.abs()).matrix().stableNormalized().array();
  }

 private:
  /// The landscape's point, which stays until the next.
  const ArrayXd& at(const ArrayXd& u) { return point_ = w_ + delta(u); }

  Landscape& landscape_;
  ArrayXd w_, point_;
  double loss_ = 0;
};

ArrayXd normal(ArrayXd::Index n, Draws& draws) {
  ArrayXd z(n);
  for (double& number : z) number = draws.normal();
  return z;
}

ArrayXd within(const ArrayXd& u, double rho) {
  const double length = u.matrix().norm();
  return length > rho ? (u * (rho / length)).eval() : u;
}

}  // namespace

WorstCase worst_case_sharpness(Landscape& landscape, std::span<const double> w, double rho, std::size_t steps,
                               std::uint64_t seed) {
  Nearby nearby(landscape, w, rho);
  Draws draws(seed);
  ArrayXd u = normal(nearby.size(), draws).matrix().normalized().array() * rho, ascent;
  double rise = nearby.rise(u), length = 2 * rho;
  bool has_moved = true;
  for (std::size_t step = 0; step < steps; ++step) {
    if (has_moved) ascent = nearby.ascent(u);
    const ArrayXd tried = within(u + length * ascent, rho);
    const double its_rise = nearby.rise(tried);
    has_moved = its_rise > rise || (std::isnan(rise) && !std::isnan(its_rise));
    if (has_moved) {
      u = tried;
      rise = its_rise;
    } else {
      length /= 2;
    }
  }
  if (!(rise > 0)) return {0, std::vector<double>(w.size())};
  const ArrayXd delta = nearby.delta(u);
  return {rise, {delta.begin(), delta.end()}};
}

Sampled average_case_sharpness(Landscape& landscape, std::span<const double> w, double rho, std::size_t draws,
                               std::uint64_t seed) {
  Nearby nearby(landscape, w, rho);
  Draws random(seed);
  std::vector<double> rises;
  for (std::size_t i = 0; i < draws; ++i) {
    const ArrayXd u = rho * normal(nearby.size(), random);
    rises.push_back((nearby.rise(u) + nearby.rise(-u)) / 2);
  }
  return sampled(rises);
}

}  // namespace gradus::lab
