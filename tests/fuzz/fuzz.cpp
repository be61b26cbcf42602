#include "fuzz.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace gradus::fuzz {

void expect(bool is_so, const char* what) {
  if (is_so) return;
  std::fprintf(stderr, "expected in vain: %s\n", what);
  std::abort();
}

}  // namespace gradus::fuzz

// What libFuzzer and AddressSanitizer call.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  gradus::fuzz::look_at({reinterpret_cast<const char*>(bytes), size});
  return 0;
}

/// Freed memory that is kept to be watched: the default, 256 MB, makes each megabyte that a reader takes a new one.
extern "C" const char* __asan_default_options() {
  return "quarantine_size_mb=16:allocator_release_to_os_interval_ms=-1";
}
