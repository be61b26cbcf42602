// What can be seen of a parameter's state.

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/engine/codec.hpp"
#include "gradus/engine/float_environment.hpp"
#include "optimizer/impl.hpp"

namespace gradus {

namespace {

constexpr const char* kLowHalf = "float32_parameter";     // of a bfloat16 one
constexpr const char* kTrainingPoint = "training_point";  // while it is evaluated elsewhere

StateView view_of(std::string name, Dtype dtype, Shape shape, const void* data, const void* beside) {
  std::size_t size = 1;
  for (const std::int64_t n : shape) size *= static_cast<std::size_t>(n);
  return {std::move(name), dtype, std::move(shape), data, beside, size};
}

StateView view_of(const std::string& name, const double& number) {
  return view_of(name, Dtype::f64, {}, &number, nullptr);
}

StateView view_of(const std::string& name, const std::vector<double>& of_rows) {
  return view_of(name, Dtype::f64, {static_cast<std::int64_t>(of_rows.size())}, of_rows.data(), nullptr);
}

Shape shape_over(Over over, const Shape& shape, const engine::Tensor& t) {
  if (over == Over::row) return {t.rows};
  if (over == Over::column) return {t.columns};
  return shape;
}

/// All views of a parameter's state, in order.
std::vector<StateView> views_of(const engine::Tensor& t, const Shape& shape) {
  const engine::Program& program = *t.program;
  std::vector<StateView> views;
  for (std::size_t i = 0; i < t.slots.size(); ++i) {
    const engine::Array& slot = t.slots[i];
    views.push_back(view_of(program.slots()[i].name, slot.dtype, shape_over(slot.over, shape, t),
                            slot.elements, slot.beside));
  }
  for (std::size_t i = 0; i < t.matrices.size(); ++i) {
    const engine::KeptMatrix& m = t.matrices[i];
    views.push_back(
        view_of(program.matrices()[i], t.arithmetic, {m.shape.rows, m.shape.columns}, m.data, nullptr));
  }
  if (t.low_half) views.push_back(view_of(kLowHalf, Dtype::halves, shape, t.x.elements, t.x.beside));
  if (t.training_point)
    views.push_back(view_of(kTrainingPoint, t.training_point->dtype(), shape, t.training_point->data(),
                            t.training_point->beside()));
  if (t.row_state) views.push_back(view_of(kRowSteps, t.row_state->steps));
  const bool own = t.row_state && t.row_state->own();
  for (std::size_t i = 0; i < t.clock->scalars.size(); ++i)
    views.push_back(own ? view_of(program.scalars()[i].name, t.row_state->scalars[i])
                        : view_of(program.scalars()[i].name, t.clock->scalars[i]));
  for (std::size_t i = 0; i < t.domain->shared.size(); ++i)
    views.push_back(view_of(program.shared()[i].name, t.domain->shared[i]));
  return views;
}

}  // namespace

std::vector<StateView> Optimizer::Impl::states(std::size_t parameter) const {
  return views_of(tensors[parameter], infos[parameter].shape);
}

std::vector<std::string> Optimizer::Impl::state_names(ParameterId id) const {
  std::vector<std::string> names;
  for (StateView& view : states(index(id))) names.push_back(std::move(view.name));
  return names;
}

StateView Optimizer::Impl::state(ParameterId id, std::string_view name) const {
  for (StateView& view : states(index(id)))
    if (view.name == name) return std::move(view);
  const std::vector<std::string> names = state_names(id);
  throw Error("parameter '" + infos[index(id)].name + "' has no slot '" + std::string(name) +
              "'; it has: " + (names.empty() ? "none" : listed(names)));
}

template <class T>
std::span<const T> StateView::as() const {
  if (dtype != kDtypeOf<T>)
    throw Error("slot '" + name + "' is " + name_of(dtype) + ", not " + name_of(kDtypeOf<T>));
  return {static_cast<const T*>(data), size};
}
template std::span<const float> StateView::as<float>() const;
template std::span<const double> StateView::as<double>() const;
template std::span<const bfloat16> StateView::as<bfloat16>() const;
template std::span<const float16> StateView::as<float16>() const;

std::vector<double> StateView::decode() const {
  std::vector<double> numbers(size);
  const engine::DefaultFloatEnvironment environment;
  engine::codec_for(Isa::baseline, dtype, Dtype::f64)
      .decode(size, static_cast<const std::byte*>(data), static_cast<const std::byte*>(beside),
              numbers.data());
  return numbers;
}

}  // namespace gradus
