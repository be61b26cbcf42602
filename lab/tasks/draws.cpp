#include "lab/tasks/draws.hpp"

#include <cmath>
#include <numbers>

namespace gradus::lab {

std::uint64_t Draws::word() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

double Draws::uniform(double low, double high) {
  return low + (high - low) * (static_cast<double>(word() >> 11) * 0x1p-53);
}

double Draws::unit_noise() { return uniform(-std::numbers::sqrt3, std::numbers::sqrt3); }

double Draws::sign() { return word() >> 63 == 0 ? 1 : -1; }

double Draws::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform(0, 1)));
  return radius * std::cos(uniform(0, 2 * std::numbers::pi));
}

}  // namespace gradus::lab
