#include "gradus/engine/tensor.hpp"

namespace gradus::engine {

Tensor::Tensor(const Program& rule, Isa isa, Dtype type, std::size_t elements, std::int64_t first_dimension)
    : dtype(type),
      size(elements),
      rows(first_dimension),
      columns(first_dimension > 0 ? static_cast<std::int64_t>(elements) / first_dimension : 0),
      program(&rule),
      kernels(rule.kernels(isa, type)),
      coefficients(rule.coefficients_size()) {
  for (const double value : rule.initial()) {
    Buffer& slot = slots.emplace_back(type, elements);
    if (value != 0) slot.fill(value);
  }
  for (Buffer& slot : slots) slot_arrays.push_back(slot.data());
  for (const Scalar& scalar : rule.scalars()) scalars.push_back(scalar.initial);
  if (rule.is_matrix()) direction = std::make_unique<Buffer>(type, elements);
}

void Tensor::begin_step(double gradient_norm, double gain) {
  ++t;
  Now now{t, gradient_norm, rows, columns, scalars};
  program->at(now, coefficients.data());
  sweep = {coefficients.data(), program->lr(), gain};
}

}  // namespace gradus::engine
