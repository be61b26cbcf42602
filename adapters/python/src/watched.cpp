#include "watched.hpp"

#include <algorithm>
#include <cmath>

#include "gradus/engine/codec.hpp"

namespace nb = nanobind;

namespace gradus::python {

namespace {

constexpr std::size_t kRates = 64;  // elements whose rates are looked at

/// Calls f with the element number of each of the sample.
template <class F>
void for_sample(std::size_t size, F f) {
  const std::size_t apart = (size + kMostSampled - 1) / kMostSampled;
  for (std::size_t i = 0; i < size; i += std::max<std::size_t>(apart, 1)) f(i);
}

double element(Elements array, std::size_t i) {
  const auto* const bytes = static_cast<const std::byte*>(array.data) + i * bytes_of(array.dtype);
  if (array.dtype == Dtype::f32) return static_cast<double>(*reinterpret_cast<const float*>(bytes));
  if (array.dtype == Dtype::f64) return *reinterpret_cast<const double*>(bytes);
  double number = 0;
  engine::codec_for(Isa::baseline, array.dtype, Dtype::f64).decode(1, bytes, nullptr, &number);
  return number;
}

/// Of elements in the middle of the parameter, where a block of state begins.
double median_rate(const Optimizer& optimizer, ParameterId parameter) {
  const std::size_t size = optimizer.elements(parameter).size;
  const std::size_t first = size > kRates ? size / 2 / Optimizer::kRatesFrom * Optimizer::kRatesFrom : 0;
  std::vector<double> rates = optimizer.effective_lr(parameter, first, std::min(kRates, size - first));
  if (rates.empty()) return NAN;
  const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
  std::nth_element(rates.begin(), middle, rates.end());
  return *middle;
}

}  // namespace

std::vector<double> sampled(Elements elements) {
  std::vector<double> sample;
  sample.reserve(std::min(elements.size, kMostSampled));
  for_sample(elements.size, [&](std::size_t i) { sample.push_back(element(elements, i)); });
  return sample;
}

Look look_at(const std::vector<double>& before, Elements x, Elements g) {
  double gradient = 0, weight = 0, moved = 0, dead = 0, lost = 0;
  const auto count = static_cast<double>(std::max<std::size_t>(before.size(), 1));
  std::size_t k = 0;
  for_sample(g.size, [&](std::size_t i) {
    const double slope = element(g, i);
    gradient += slope * slope;
    dead += slope == 0 ? 1 : 0;
  });
  const auto gradients = static_cast<double>(std::clamp<std::size_t>(g.size, 1, kMostSampled));
  for_sample(x.size, [&](std::size_t i) {
    const double now = element(x, i), then = before[k++];
    weight += then * then;
    moved += (now - then) * (now - then);
    lost += std::isfinite(now) ? 0 : 1;
  });
  const double whole = static_cast<double>(x.size) / count;
  return {std::sqrt(gradient * static_cast<double>(g.size) / gradients), std::sqrt(weight * whole),
          std::sqrt(moved * whole), dead / gradients, lost / count};
}

nb::dict numbers_of(const Look& look, const Optimizer& optimizer, ParameterId parameter) {
  nb::dict numbers;
  numbers["gradient_norm"] = look.gradient_norm;
  numbers["weight_norm"] = look.weight_norm;
  numbers["update_to_weight"] = look.moved == 0 ? 0 : look.moved / look.weight_norm;
  numbers["dead"] = look.dead;
  numbers["non_finite"] = look.non_finite;
  if (const double rate = median_rate(optimizer, parameter); !std::isnan(rate))
    numbers["effective_lr"] = rate;
  return numbers;
}

}  // namespace gradus::python
