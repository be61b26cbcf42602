#include "gradus/engine/float_environment.hpp"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace gradus::engine {

namespace {

#if defined(__x86_64__)
constexpr unsigned long kDefault = 0x1f80;  // round to nearest, denormals kept, all exceptions masked
constexpr unsigned long kRaised = 0x3f;     // exceptions so far
unsigned long get() { return _mm_getcsr(); }
void set(unsigned long flags) { _mm_setcsr(static_cast<unsigned>(flags)); }
#elif defined(__aarch64__)
constexpr unsigned long kDefault = 0, kRaised = 0;
unsigned long get() {
  unsigned long flags;
  asm volatile("mrs %0, fpcr" : "=r"(flags));
  return flags;
}
void set(unsigned long flags) { asm volatile("msr fpcr, %0" : : "r"(flags)); }
#else
constexpr unsigned long kDefault = 0, kRaised = 0;
unsigned long get() { return 0; }
void set(unsigned long) {}
#endif

}  // namespace

// Writing the register costs as much as some 50 elements; reading it costs nothing.

DefaultFloatEnvironment::DefaultFloatEnvironment() : saved_(get()) {
  if ((saved_ & ~kRaised) != kDefault) set(kDefault);
}

DefaultFloatEnvironment::~DefaultFloatEnvironment() {
  if (get() != saved_) set(saved_);
}

}  // namespace gradus::engine
