#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "engine/composition/layout.hpp"
#include "gradus/engine/tree_sum.hpp"

namespace gradus::engine::composition {

namespace {

constexpr std::size_t kTile = kLeaf;  // so that what is measured of a tile is a leaf of the sum

template <class T>
const LookKernels& its_look(const Layout& layout, Isa isa, std::size_t part, std::size_t look) {
  return layout.parts[part].kernels<T>(isa).looks[look - layout.parts[part].looks.first];
}

/// The gradient that the first part gets is what the gain is for.
Sweep sweep_of(const Sweep& sweep, const Part& part) {
  const auto* const all = static_cast<const std::byte*>(sweep.coefficients);
  const bool is_first = part.coefficients.first == sizeof(void*);
  return {all + part.coefficients.first, sweep.lr, is_first ? sweep.gain : 1, sweep.ahead};
}

/// A tile of a parameter at work: its direction goes from part to part.
template <class T, Isa isa>
class Tile {
 public:
  Tile(const Sweep& sweep, std::size_t n, const T* x, const T* g)
      : sweep_(sweep), layout_(layout_of(sweep.coefficients)), n_(n), x_(x), direction_(g) {}

  /// The parts from `first` to the one before `last` take the direction.
  void take(std::size_t first, std::size_t last, T* const* slots) {
    for (std::size_t i = first; i < last; ++i) {
      T* const out = scratch_[i % 2];
      take(i, kernels(i).direction, slots, out);
      direction_ = out;
    }
  }
  void take(std::size_t part, decltype(Kernels::direction) kernel, T* const* slots, T* out) const {
    kernel(sweep(part), n_, x_, direction_, its_slots(part, slots).data(), out);
  }
  /// The last part moves x.
  void move(T* x, T* const* slots) const {
    const std::size_t last = layout_.parts.size() - 1;
    const auto kernel = last == layout_.matrix ? kernels(last).after : kernels(last).update;
    kernel(sweep(last), n_, x, direction_, its_slots(last, slots).data());
  }
  template <class Kernel, class Out>
  void measure(std::size_t part, Kernel kernel, T* const* slots, Out out) const {
    kernel(sweep(part), n_, x_, direction_, its_slots(part, slots).data(), out);
  }

 private:
  const Kernels& kernels(std::size_t part) const { return layout_.parts[part].template kernels<T>(isa); }

  Sweep sweep(std::size_t part) const { return sweep_of(sweep_, layout_.parts[part]); }
  std::array<void*, kMostSlots> its_slots(std::size_t part, T* const* slots) const {
    std::array<void*, kMostSlots> its{};
    const Place place = layout_.parts[part].slots;
    std::copy_n(slots + place.first, place.count, its.begin());
    return its;
  }

  const Sweep& sweep_;
  const Layout& layout_;
  std::size_t n_;
  const T* x_;
  const T* direction_;
  alignas(64) T scratch_[2][kTile];
};

/// Calls f(tile, where it begins, its slots) for each tile of n elements.
template <class T, Isa isa, class F>
void in_tiles(const Sweep& sweep, std::size_t n, const void* x, const void* g, void* const* slots, F f) {
  const std::size_t slot_count = layout_of(sweep.coefficients).slots.size();
  for (std::size_t begin = 0; begin < n; begin += kTile) {
    Tile<T, isa> tile(sweep, std::min(kTile, n - begin), static_cast<const T*>(x) + begin,
                      static_cast<const T*>(g) + begin);
    std::array<T*, kMostSlots> its{};
    for (std::size_t i = 0; i < slot_count; ++i) its[i] = static_cast<T*>(slots[i]) + begin;
    f(tile, begin, its.data());
  }
}

template <class T, Isa isa>
void update(const Sweep& sweep, std::size_t n, void* x, const void* g, void* const* slots) {
  const std::size_t last = layout_of(sweep.coefficients).parts.size() - 1;
  in_tiles<T, isa>(sweep, n, x, g, slots, [&](Tile<T, isa>& tile, std::size_t begin, T* const* its) {
    tile.take(0, last, its);
    tile.move(static_cast<T*>(x) + begin, its);
  });
}

template <class T, Isa isa>
void before(const Sweep& sweep, std::size_t n, const void* x, const void* g, void* const* slots, void* u) {
  const Layout& layout = layout_of(sweep.coefficients);
  const auto kernel = layout.parts[layout.matrix].template kernels<T>(isa).before;
  in_tiles<T, isa>(sweep, n, x, g, slots, [&](Tile<T, isa>& tile, std::size_t begin, T* const* its) {
    tile.take(0, layout.matrix, its);
    tile.take(layout.matrix, kernel, its, static_cast<T*>(u) + begin);
  });
}

template <class T, Isa isa>
void after(const Sweep& sweep, std::size_t n, void* x, const void* u, void* const* slots) {
  const Layout& layout = layout_of(sweep.coefficients);
  in_tiles<T, isa>(sweep, n, x, u, slots, [&](Tile<T, isa>& tile, std::size_t begin, T* const* its) {
    tile.take(layout.matrix, layout.parts.size() - 1, its);
    tile.move(static_cast<T*>(x) + begin, its);
  });
}

template <class T>
void transform(const void* coefficients, Isa isa, Crew& crew, MatrixShape shape, void* u,
               std::span<const KeptMatrix> kept, void* workspace, std::size_t elements) {
  const Layout& layout = layout_of(coefficients);
  const Part& part = layout.parts[layout.matrix];
  const auto* const its = static_cast<const std::byte*>(coefficients) + part.coefficients.first;
  part.kernels<T>(isa).transform(its, isa, crew, shape, u, kept, workspace, elements);
}

/// Calls f(tile, where it begins, its slots) where the parts before `part` have taken the direction, and written what
/// they write to copies of their slots.
template <class T, Isa isa, class F>
void look_in_tiles(const Sweep& sweep, std::size_t part, std::size_t n, const void* x, const void* g,
                   void* const* slots, F f) {
  const std::size_t count = layout_of(sweep.coefficients).parts[part].slots.first;
  T copies[kMostSlots][kTile];
  in_tiles<T, isa>(sweep, n, x, g, slots, [&](Tile<T, isa>& tile, std::size_t begin, T* const* its) {
    std::array<T*, kMostSlots> copied{};
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(its[i], std::min(kTile, n - begin), copies[i]);
      copied[i] = copies[i];
    }
    tile.take(0, part, copied.data());
    f(tile, begin, its);
  });
}

template <class T, Isa isa, std::size_t look>
void measure(const Sweep& sweep, std::size_t n, const void* x, const void* g, void* const* slots,
             double* sums) {
  const Layout& layout = layout_of(sweep.coefficients);
  const std::size_t part = part_with(layout, &Part::looks, look), count = layout.looks[look].size();
  const LookKernels& kernels = its_look<T>(layout, isa, part, look);
  std::array<TreeSum, kMostSums> trees;
  look_in_tiles<T, isa>(sweep, part, n, x, g, slots,
                        [&](const Tile<T, isa>& tile, std::size_t, T* const* its) {
                          std::array<double, kMostSums> leaf;
                          tile.measure(part, kernels.measure, its, leaf.data());
                          for (std::size_t k = 0; k < count; ++k) trees[k].add(leaf[k]);
                        });
  for (std::size_t k = 0; k < count; ++k) sums[k] = trees[k].total();
}

template <class T, Isa isa, std::size_t look, Over over>
void accumulate(const Sweep& sweep, std::size_t n, const void* x, const void* g, void* const* slots,
                double* const* totals) {
  const Layout& layout = layout_of(sweep.coefficients);
  const std::size_t part = part_with(layout, &Part::looks, look);
  const LookKernels& kernels = its_look<T>(layout, isa, part, look);
  const auto count = std::ranges::count(layout.looks[look], over);
  look_in_tiles<T, isa>(
      sweep, part, n, x, g, slots, [&](const Tile<T, isa>& tile, std::size_t begin, T* const* its) {
        std::array<double*, kMostSums> here;
        std::transform(totals, totals + count, here.begin(), [&](double* total) { return total + begin; });
        tile.measure(part, over == Over::row ? kernels.rows : kernels.columns, its, here.data());
      });
}

/// Not a hot loop: people look at it.
template <class T, Isa isa>
void denominators(const Sweep& sweep, std::size_t n, void* const* slots, double* out) {
  std::fill_n(out, n, 1.0);
  std::vector<double> its(n);
  for (const Part& part : layout_of(sweep.coefficients).parts) {
    part.kernels<T>(isa).denominators(sweep_of(sweep, part), n, slots + part.slots.first, its.data());
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<T>(out[i] * its[i]);
  }
}

template <class T, Isa isa>
void evaluation_point(const Sweep& sweep, std::size_t n, void* x, void* const* slots) {
  for (const Part& part : layout_of(sweep.coefficients).parts)
    if (const auto kernel = part.kernels<T>(isa).evaluation_point; kernel != nullptr)
      kernel(sweep_of(sweep, part), n, x, slots + part.slots.first);
}

template <class T, Isa isa, std::size_t look>
LookKernels look_kernels(const Layout& layout) {
  if (look >= layout.looks.size()) return {};
  const std::size_t part = part_with(layout, &Part::looks, look);
  const LookKernels& its = its_look<T>(layout, isa, part, look);
  return {&measure<T, isa, look>, its.rows != nullptr ? &accumulate<T, isa, look, Over::row> : nullptr,
          its.columns != nullptr ? &accumulate<T, isa, look, Over::column> : nullptr};
}

template <class T, Isa isa>
Kernels kernels_for(const Layout& layout) {
  Kernels kernels{};
  kernels.denominators = &denominators<T, isa>;
  for (const Part& part : layout.parts)
    if (part.kernels<T>(isa).evaluation_point != nullptr)
      kernels.evaluation_point = &evaluation_point<T, isa>;
  if (layout.has_matrix()) {
    const Part& matrix = layout.parts[layout.matrix];
    kernels.before = &before<T, isa>;
    kernels.transform = &transform<T>;
    kernels.after = &after<T, isa>;
    kernels.slots_before = matrix.slots.first + matrix.kernels<T>(isa).slots_before;
  } else {
    kernels.update = &update<T, isa>;
  }
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((kernels.looks[I] = look_kernels<T, isa, I>(layout)), ...);
  }
  (std::make_index_sequence<kMostLooks>{});
  return kernels;
}

}  // namespace

Kernels kernels_of(const Layout& layout, Isa isa, Dtype arithmetic) {
  return with_type(arithmetic, [&]<class T>(T) {
    return isa == Isa::avx512 ? kernels_for<T, Isa::avx512>(layout)
           : isa == Isa::avx2 ? kernels_for<T, Isa::avx2>(layout)
                              : kernels_for<T, Isa::baseline>(layout);
  });
}

}  // namespace gradus::engine::composition
