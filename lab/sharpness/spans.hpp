#pragma once

#include <Eigen/Dense>
#include <span>
#include <vector>

/// Eigen's vectors as spans and the other way: interfaces here have no Eigen in them.
namespace gradus::lab {

inline Eigen::Map<const Eigen::VectorXd> vector_of(std::span<const double> numbers) {
  return {numbers.data(), std::ssize(numbers)};
}

template <class Column>
std::span<const double> span_of(const Eigen::DenseBase<Column>& numbers) {
  return {numbers.derived().data(), static_cast<std::size_t>(numbers.size())};
}

template <class Column>
std::span<double> span_of(Eigen::PlainObjectBase<Column>& numbers) {
  return {numbers.data(), static_cast<std::size_t>(numbers.size())};
}

}  // namespace gradus::lab
