#include "restore.hpp"

#include <nanobind/ndarray.h>

#include <cstring>

#include "gradus/core/error.hpp"
#include "gradus/engine/codec.hpp"

namespace nb = nanobind;

namespace gradus::python {

namespace {

/// What a view shows, in memory of its own.
struct Kept {
  std::vector<std::byte> elements, beside;
};

std::size_t bytes_beside(const StateView& view) {
  const Layout layout = layout_of(view.dtype);
  return (view.size + layout.block - 1) / layout.block * layout.beside_bytes;
}

Kept encoded(const StateView& view, const void* numbers, Dtype type) {
  Kept kept{std::vector<std::byte>(view.size * bytes_of(view.dtype)),
            std::vector<std::byte>(bytes_beside(view))};
  engine::codec_for(Isa::baseline, view.dtype, type)
      .encode(view.size, numbers, nullptr, kept.elements.data(), kept.beside.data());
  return kept;
}

Kept kept_of(const std::string& parameter, const StateView& view, nb::handle numbers) {
  const std::string what = "slot '" + view.name + "' of parameter '" + parameter + "'";
  if (view.shape.empty()) {
    const double number = PyFloat_AsDouble(numbers.ptr());
    if (PyErr_Occurred() != nullptr) {
      PyErr_Clear();
      throw Error(what + " is a " + nb::inst_name(numbers).c_str() + "; it must be a number");
    }
    return encoded(view, &number, Dtype::f64);
  }
  nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu> array;
  if (view.dtype == Dtype::dynamic || view.dtype == Dtype::udynamic)
    throw Error(what +
                " is kept by bitsandbytes' map, whose scale its numbers do not tell; save() and load() do");
  if (!nb::try_cast(numbers, array, false)) throw Error(what + " is no contiguous array on the CPU");
  const bool wide = array.dtype() == nb::dtype<double>();
  if (!wide && array.dtype() != nb::dtype<float>())
    throw Error(what + " must be given in float32 or float64");
  if (array.size() != view.size)
    throw Error(what + " has " + std::to_string(view.size) + " numbers; " + std::to_string(array.size()) +
                " were given");
  return encoded(view, array.data(), wide ? Dtype::f64 : Dtype::f32);
}

}  // namespace

void restore(Optimizer& optimizer, std::int64_t steps, const std::vector<GivenState>& given) {
  std::vector<ParameterState> states = optimizer.all_state();
  std::vector<Kept> all;
  if (given.size() != states.size())
    throw Error("state of " + std::to_string(given.size()) + " parameters was given; there are " +
                std::to_string(states.size()));
  for (std::size_t i = 0; i < states.size(); ++i) {
    states[i].steps = given[i].first;
    for (StateView& view : states[i].state) {
      if (!given[i].second.contains(view.name.c_str())) continue;
      all.push_back(kept_of(states[i].name, view, given[i].second[view.name.c_str()]));
      view.data = all.back().elements.data();
      view.beside = all.back().beside.data();
    }
  }
  optimizer.restore(steps, states);
}

}  // namespace gradus::python
