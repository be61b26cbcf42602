#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gradus/gradus.hpp"
#include "support/gradients.hpp"
#include "support/kept.hpp"

namespace gradus::test {

/// What a parameter, its gradient and its slots are kept as.
struct Types {
  Dtype x = Dtype::f32, g = Dtype::f32;
  StateOptions state = {.from_size = 0};
};

inline Dtype arithmetic_of(const Types& types) { return types.x == Dtype::f64 ? Dtype::f64 : Dtype::f32; }

/// noise_array() of any type.
inline Kept kept_noise(Dtype dtype, std::uint64_t seed, std::size_t n) {
  return encoded<double>(dtype, noise_array<double>(seed, n), nullptr, Isa::baseline);
}

inline std::size_t elements_of(const Shape& shape) {
  std::size_t n = 1;
  for (const std::int64_t d : shape) n *= static_cast<std::size_t>(d);
  return n;
}

inline std::vector<std::byte> bytes_at(const void* data, std::size_t bytes) {
  const auto* begin = static_cast<const std::byte*>(data);
  return {begin, begin + bytes};
}

/// By name: what is kept of a parameter, byte by byte.
using Contents = std::map<std::string, std::vector<std::byte>>;

inline std::vector<std::byte> bytes_of(const StateView& view) {
  const Layout layout = layout_of(view.dtype);
  std::vector<std::byte> bytes = bytes_at(view.data, view.size * layout.element_bytes);
  const std::vector<std::byte> beside =
      bytes_at(view.beside, (view.size + layout.block - 1) / layout.block * layout.beside_bytes);
  bytes.insert(bytes.end(), beside.begin(), beside.end());
  return bytes;
}

/// The names of what differs.
inline std::string differing(const Contents& a, const Contents& b) {
  std::string names;
  for (const auto& [name, bytes] : a)
    if (!b.contains(name) || b.at(name) != bytes) names += name + ' ';
  for (const auto& [name, bytes] : b)
    if (!a.contains(name)) names += name + ' ';
  return names;
}

/// Bench with types that are chosen at run time.
struct TypedBench {
  std::deque<Kept> x, g;
  std::vector<ParameterId> ids;
  Optimizer optimizer;

  TypedBench(const AnyRule& rule, const Types& types, const std::vector<Shape>& shapes,
             OptimizerOptions options = {})
      : optimizer(rule, with_state(std::move(options), types.state)) {
    for (std::size_t p = 0; p < shapes.size(); ++p) {
      const std::size_t n = elements_of(shapes[p]);
      x.push_back(kept_noise(types.x, 1000 + p, n));
      g.emplace_back(types.g, n);
      ids.push_back(optimizer.add("p" + std::to_string(p), shapes[p], elements(p), gradient(p)));
    }
  }

  [[nodiscard]] Elements elements(std::size_t p) { return {x[p].dtype, x[p].elements.data(), x[p].n}; }
  [[nodiscard]] ConstElements gradient(std::size_t p) const {
    return {g[p].dtype, g[p].elements.data(), g[p].n};
  }

  void set_gradient(std::size_t p, const Kept& fresh) {
    std::copy(fresh.elements.begin(), fresh.elements.end(), g[p].elements.begin());
  }
  void draw(std::uint64_t step) {
    for (std::size_t p = 0; p < g.size(); ++p)
      set_gradient(p, kept_noise(g[p].dtype, 7919 * step + p, g[p].n));
  }
  StepReport step(std::uint64_t number) {
    draw(number);
    return optimizer.step();
  }

  /// The parameter, as "x", and all its state but for what it shares with others.
  [[nodiscard]] Contents contents(std::size_t p) const {
    Contents all{{"x", x[p].elements}};
    std::vector<std::string> own = optimizer.slots(ids[p]);
    own.resize(own.size() - optimizer.rule().program().shared().size());
    for (const std::string& name : own) all[name] = bytes_of(optimizer.state(ids[p], name));
    return all;
  }
  [[nodiscard]] std::vector<Contents> contents() const {
    std::vector<Contents> all;
    for (std::size_t p = 0; p < x.size(); ++p) all.push_back(contents(p));
    return all;
  }

 private:
  static OptimizerOptions with_state(OptimizerOptions options, const StateOptions& state) {
    options.state = state;
    return options;
  }
};

}  // namespace gradus::test
