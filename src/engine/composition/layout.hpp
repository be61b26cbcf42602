#pragma once

// Rules composed while the program runs: what Chain is to the compiler. Each part has loops of its own, over tiles
// that stay in the first-level cache, and computes there what it computes in a fused loop: the same bits.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "gradus/engine/program.hpp"

namespace gradus::engine::composition {

inline constexpr std::size_t kIsas = 3;

/// Where in the whole the things of a part are: so many, after so many of the parts before.
struct Place {
  std::size_t first, count;

  [[nodiscard]] bool holds(std::size_t number) const { return number - first < count; }
  template <class T>
  [[nodiscard]] auto of(T all) const {
    return all.subspan(first, count);
  }
};

/// A rule of the composition.
struct Part {
  Place coefficients;                            // in bytes
  Place slots, numbers, scalars, shared, looks;  // numbers: slots over rows or columns
  std::array<Kernels, kIsas> floats, doubles;

  template <class T>
  [[nodiscard]] const Kernels& kernels(Isa isa) const {
    return (std::is_same_v<T, float> ? floats : doubles)[static_cast<std::size_t>(isa)];
  }
};

struct FieldName {
  std::string name, of_part;
  std::size_t part;
};

/// All that compositions of the same parts share. It begins a composition's coefficients: a pointer to it.
struct Layout {
  std::string name;
  std::vector<LinkInfo> links;
  std::vector<Part> parts;
  std::size_t matrix = 0;  // the part that is a matrix rule; as many as there are parts where none is
  std::size_t coefficients = sizeof(void*);
  std::vector<FieldName> fields;
  std::vector<SlotInfo> slots;
  std::vector<std::string> matrices;
  std::vector<ScalarInfo> scalars, shared;
  std::vector<std::span<const Over>> looks;

  [[nodiscard]] bool has_matrix() const { return matrix < parts.size(); }
};

inline const Layout& layout_of(const void* coefficients) {
  const Layout* layout = nullptr;
  std::memcpy(&layout, coefficients, sizeof(void*));
  return *layout;
}

/// The part that has the thing of this number.
inline std::size_t part_with(const Layout& layout, Place Part::*places, std::size_t number) {
  const auto has_it = [&](const Part& part) { return (part.*places).holds(number); };
  return static_cast<std::size_t>(std::find_if(layout.parts.begin(), layout.parts.end(), has_it) -
                                  layout.parts.begin());
}

/// One for all compositions of parts of these kinds. Throws Error where these cannot be composed.
std::shared_ptr<const Layout> layout_for(std::span<const std::unique_ptr<Program>> parts);

/// The loops of all parts, as those of one rule.
Kernels kernels_of(const Layout& layout, Isa isa, Dtype arithmetic);

}  // namespace gradus::engine::composition
