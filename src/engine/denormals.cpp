#include "engine/denormals.hpp"

#include "gradus/core/real.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

namespace {

template <class T>
struct FlushBody {
  [[gnu::always_inline]] static inline void run(std::size_t n, void* numbers) {
    T* const number = static_cast<T*>(numbers);
    for (std::size_t i = 0; i < n; ++i) number[i] = flushed(Real<T>{number[i]}).value;
  }
};

}  // namespace

void flush_denormals(Isa isa, Dtype arithmetic, std::size_t n, void* numbers) {
  with_type(arithmetic, [&]<class T>(T) {
    Versions<FlushBody<T>>::template pick<void (*)(std::size_t, void*)>(isa)(n, numbers);
  });
}

}  // namespace gradus::engine
