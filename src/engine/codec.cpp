#include "gradus/engine/codec.hpp"

#include "engine/codecs/bfloat16.hpp"
#include "engine/codecs/cast.hpp"
#include "engine/codecs/dynamic.hpp"
#include "engine/codecs/e4m3.hpp"
#include "engine/codecs/float16.hpp"
#include "engine/codecs/halves.hpp"
#include "engine/codecs/ue5m3.hpp"
#include "gradus/engine/versions.hpp"

namespace gradus::engine {

namespace {

/// A codec of floats, for doubles: by way of a block of floats.
template <class C>
struct ThroughFloat {
  static constexpr std::size_t kWay = kBlock;

  GRADUS_INLINE void decode(Layout layout, std::size_t n, const std::byte* elements, const std::byte* beside,
                            double* out) {
    float way[kWay];
    for (std::size_t i = 0; i < n; i += kWay) {
      const std::size_t count = std::min(kWay, n - i);
      C::decode(count, elements + i * layout.element_bytes, beside + i / layout.block * layout.beside_bytes,
                way);
      codecs::Cast<float>::copy(count, way, out + i);
    }
  }
  GRADUS_INLINE void encode(Layout layout, std::size_t n, const double* in, const std::uint16_t* draws,
                            std::byte* elements, std::byte* beside) {
    float way[kWay];
    for (std::size_t i = 0; i < n; i += kWay) {
      const std::size_t count = std::min(kWay, n - i);
      codecs::Cast<float>::copy(count, in + i, way);
      C::encode(count, way, draws == nullptr ? nullptr : draws + i, elements + i * layout.element_bytes,
                beside + i / layout.block * layout.beside_bytes);
    }
  }
};

template <class C>
constexpr bool kIsCast = false;
template <class Kept>
constexpr bool kIsCast<codecs::Cast<Kept>> = true;

template <class C, Dtype kept, class T>
struct DecodeBody {
  GRADUS_INLINE void run(std::size_t n, const std::byte* elements, const std::byte* beside, void* out) {
    if constexpr (std::is_same_v<T, float> || kIsCast<C>)
      C::decode(n, elements, beside, static_cast<T*>(out));
    else
      ThroughFloat<C>::decode(layout_of(kept), n, elements, beside, static_cast<T*>(out));
  }
};

template <class C, Dtype kept, class T>
struct EncodeBody {
  GRADUS_INLINE void run(std::size_t n, const void* in, const std::uint16_t* draws, std::byte* elements,
                         std::byte* beside) {
    if constexpr (std::is_same_v<T, float> || kIsCast<C>)
      C::encode(n, static_cast<const T*>(in), draws, elements, beside);
    else
      ThroughFloat<C>::encode(layout_of(kept), n, static_cast<const T*>(in), draws, elements, beside);
  }
};

template <class C, Dtype kept>
Codec compiled(Isa isa, Dtype arithmetic) {
  return with_type(arithmetic, [&]<class T>(T) {
    Codec codec{};
    codec.decode = Versions<DecodeBody<C, kept, T>>::template pick<decltype(codec.decode)>(isa);
    codec.encode = Versions<EncodeBody<C, kept, T>>::template pick<decltype(codec.encode)>(isa);
    return codec;
  });
}

}  // namespace

Codec codec_for(Isa isa, Dtype kept, Dtype arithmetic) {
  switch (kept) {
    case Dtype::f32:
      return compiled<codecs::Cast<float>, Dtype::f32>(isa, arithmetic);
    case Dtype::f64:
      return compiled<codecs::Cast<double>, Dtype::f64>(isa, arithmetic);
    case Dtype::bf16:
      return compiled<codecs::Bfloat16, Dtype::bf16>(isa, arithmetic);
    case Dtype::f16:
      return compiled<codecs::Float16, Dtype::f16>(isa, arithmetic);
    case Dtype::e4m3:
      return compiled<codecs::E4m3, Dtype::e4m3>(isa, arithmetic);
    case Dtype::ue5m3:
      return compiled<codecs::Ue5m3, Dtype::ue5m3>(isa, arithmetic);
    case Dtype::dynamic:
      return compiled<codecs::DynamicMap<true>, Dtype::dynamic>(isa, arithmetic);
    case Dtype::udynamic:
      return compiled<codecs::DynamicMap<false>, Dtype::udynamic>(isa, arithmetic);
    case Dtype::halves:
      return compiled<codecs::Halves, Dtype::halves>(isa, arithmetic);
  }
  return {};
}

}  // namespace gradus::engine
