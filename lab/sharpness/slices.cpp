#include "lab/sharpness/slices.hpp"

#include <fmt/format.h>

#include "gradus/core/error.hpp"
#include "lab/sharpness/spans.hpp"
#include "lab/tasks/draws.hpp"

namespace gradus::lab {
namespace {

using Eigen::VectorXd;

void check_same_size(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size())
    throw Error(fmt::format("two points of {} and {} numbers have no line through them", a.size(), b.size()));
}

std::vector<double> ticks(const Axis& axis) {
  if (axis.points < 2) throw Error(fmt::format("an axis of {} points; it has two ends", axis.points));
  const auto intervals = static_cast<double>(axis.points - 1);
  std::vector<double> all(axis.points);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double share = static_cast<double>(i) / intervals;
    all[i] = (1 - share) * axis.from + share * axis.to;
  }
  return all;
}

/// Numbers of a filter, and how many of these there are.
struct Filters {
  Eigen::Index size = 1, count = 1;
};

Filters filters_of(const Shape& shape) {
  Filters filters;
  for (std::size_t i = 0; i < shape.size(); ++i) (i == 0 ? filters.count : filters.size) *= shape[i];
  return filters;
}

void normalize_filter(Eigen::Ref<VectorXd> direction, const Eigen::Ref<const VectorXd>& point) {
  const double length = direction.norm();
  if (length > 0) direction *= point.norm() / length;
}

}  // namespace

Line loss_along_line(Landscape& landscape, std::span<const double> a, std::span<const double> b,
                     const Axis& t) {
  check_same_size(a, b);
  Line line{.t = ticks(t), .loss = {}};
  for (const double at : line.t) {
    const VectorXd x = (1 - at) * vector_of(a) + at * vector_of(b);
    line.loss.push_back(landscape.loss(span_of(x)));
  }
  return line;
}

std::vector<double> filter_normalized(std::vector<double> direction, std::span<const double> point,
                                      const Parameters& parameters) {
  check_same_size(direction, point);
  Eigen::Map<VectorXd> all(direction.data(), std::ssize(direction));
  Eigen::Index from = 0;
  for (const auto& [name, shape] : parameters) {
    const Filters filters = filters_of(shape);
    const Eigen::Index n = filters.count * filters.size;
    if (n > all.size() - from)
      throw Error(fmt::format("{} numbers are fewer than those of all parameters", direction.size()));
    if (shape.size() < 2) all.segment(from, n).setZero();
    for (Eigen::Index at = from; at < from + n; at += filters.size)
      normalize_filter(all.segment(at, filters.size), vector_of(point).segment(at, filters.size));
    from += n;
  }
  if (from != all.size())
    throw Error(fmt::format("{} numbers are more than the {} of all parameters", direction.size(), from));
  return direction;
}

Plane plane_through(std::span<const double> a, std::span<const double> b, const Parameters& parameters,
                    std::uint64_t seed) {
  check_same_size(a, b);
  const VectorXd first = vector_of(b) - vector_of(a);
  Draws draws(seed);
  std::vector<double> random(a.size());
  for (double& number : random) number = draws.normal();
  return {.origin = {a.begin(), a.end()},
          .first = {first.begin(), first.end()},
          .second = filter_normalized(std::move(random), a, parameters)};
}

Surface loss_over_plane(Landscape& landscape, const Plane& plane, const Axis& s, const Axis& t) {
  check_same_size(plane.origin, plane.first);
  check_same_size(plane.origin, plane.second);
  Surface surface{.s = ticks(s), .t = ticks(t), .loss = {}};
  for (const double i : surface.s) {
    std::vector<double>& row = surface.loss.emplace_back();
    for (const double j : surface.t) {
      const VectorXd x = vector_of(plane.origin) + i * vector_of(plane.first) + j * vector_of(plane.second);
      row.push_back(landscape.loss(span_of(x)));
    }
  }
  return surface;
}

}  // namespace gradus::lab
