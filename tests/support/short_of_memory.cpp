// A file of its own, so that no operator delete is inlined: GCC 12 takes free() for a mismatch there.

#include "support/short_of_memory.hpp"

#include <algorithm>
#include <cstdlib>

namespace gradus::test {
namespace {

thread_local std::size_t allocations_left = kNever;
thread_local std::size_t allocations_then = kNever;  // once one has failed

void* allocate(std::size_t bytes, std::size_t alignment) {
  if (allocations_left != kNever && allocations_left-- == 0) {
    allocations_left = allocations_then;
    throw std::bad_alloc();
  }
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, std::max(whole, alignment));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void allow_allocations(std::size_t count, Then then) {
  allocations_left = count;
  allocations_then = then == Then::succeed ? kNever : 0;
}

}  // namespace gradus::test

void* operator new(std::size_t bytes) { return gradus::test::allocate(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return gradus::test::allocate(bytes, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t bytes, const std::nothrow_t& /*throws none*/) noexcept {
  return std::malloc(std::max<std::size_t>(bytes, 1));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
