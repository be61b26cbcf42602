#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gradus/engine/executor.hpp"

namespace gradus::bench {

/// An array that a step reads, and writes too if `written`.
struct Array {
  std::byte* data;
  std::size_t bytes;  ///< an element
  bool written;
};

/// The arrays of a step, of as many elements each.
struct Arrays {
  std::size_t size;
  std::vector<Array> all;
  std::size_t gradient;  ///< which of them
};

/// Reads n elements of an array from `offset` on, and writes them, as they are, if it is written.
class Mover {
 public:
  Mover();
  void operator()(const Array& array, std::size_t offset, std::size_t n) const;

 private:
  void (*rewrite_)(std::size_t n, std::uint8_t zero, std::uint8_t* bytes);
  std::uint8_t (*read_)(std::size_t n, const std::uint8_t* bytes);
};

/// What no step can do without, and nothing more: reads every array, and writes those that are written; with
/// what was there before. In tasks of the engine's size, on the given threads.
void move_traffic(Executor& threads, const Arrays& arrays);

/// What no look at the gradient can do without: reads it.
void read_gradient(Executor& threads, const Arrays& arrays);

/// What no Adam step can do without, however near its arrays
/// are: a root and a division an element, on this thread.
void divide_by_roots(std::size_t elements);

}  // namespace gradus::bench
