#pragma once

#include <cstdint>
#include <span>

#include "gradus/gradus.hpp"

namespace gradus::test {

/// FNV-1a over bytes: only equality counts.
class Hash {
 public:
  void add(const void* data, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
      value_ = (value_ ^ static_cast<const unsigned char*>(data)[i]) * 0x100000001b3;
  }
  template <class T>
  void add(std::span<const T> array) {
    add(array.data(), array.size_bytes());
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

/// Of all parameters and all their state.
template <class Bench>
std::uint64_t hash_of(const Bench& bench) {
  Hash hash;
  for (std::size_t p = 0; p < bench.x.size(); ++p) {
    hash.add(std::span(bench.x[p]));
    for (const std::string& slot : bench.optimizer.slots(bench.ids[p])) {
      const StateView view = bench.optimizer.state(bench.ids[p], slot);
      const Layout layout = layout_of(view.dtype);
      hash.add(view.data, view.size * layout.element_bytes);
      hash.add(view.beside, (view.size + layout.block - 1) / layout.block * layout.beside_bytes);
    }
  }
  return hash.value();
}

}  // namespace gradus::test
