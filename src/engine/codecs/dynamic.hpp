#pragma once

#include <array>
#include <limits>

#include "engine/codecs/loops.hpp"

namespace gradus::engine::codecs {

/// Dettmers et al., "8-bit Optimizers via Block-wise Quantization", 2021: seven decades below 1, each with
/// twice as many numbers as the one below it, and 0 and 1. In the order of their codes; beyond the last lies
/// infinity. The roundings are those of bitsandbytes' create_dynamic_map where PyTorch does not fuse them.
template <bool kSigned>
constexpr std::array<float, 257> dynamic_map() {
  constexpr float decades[] = {1e-6F, 1e-5F, 1e-4F, 1e-3F, 1e-2F, 1e-1F, 1};
  std::array<float, 257> map{};
  std::size_t size = 0;
  for (int decade = 0; decade < 7; ++decade) {
    const int count = 1 << (kSigned ? decade : decade + 1);
    const float step = (1 - 0.1F) / static_cast<float>(count);
    const auto point = [&](int k) {  // of count + 1 from 0.1 to 1, as torch.linspace counts from both ends
      return k < (count + 1) / 2 ? 0.1F + step * static_cast<float>(k)
                                 : 1 - step * static_cast<float>(count - k);
    };
    for (int k = 0; k < count; ++k) {
      const float value = decades[decade] * ((point(k) + point(k + 1)) / 2);
      map[size++] = value;
      if (kSigned) map[size++] = -value;
    }
  }
  map[size++] = 0;
  map[size++] = 1;
  map[size] = std::numeric_limits<float>::infinity();
  std::sort(map.begin(), map.end());
  return map;
}

/// How many of 255 rising thresholds lie at or below a number. Looked up by the upper bits of the number, so
/// few of them that no two thresholds fall together; then one comparison says whether that one is reached.
class Thresholds {
 public:
  /// threshold(c) lies between codes c and c + 1.
  template <class F>
  explicit constexpr Thresholds(F threshold) {
    for (std::size_t c = 0; c < 255; ++c) thresholds_[c] = threshold(c);
    thresholds_[255] = std::numeric_limits<float>::infinity();
    std::size_t below = 0;
    for (std::int32_t key = -kKeys; key < kKeys; ++key) {
      const float least = key < 0 ? -last_of(-key - 1) : first_of(key);
      while (thresholds_[below] <= least) ++below;
      const std::int32_t place = key + kKeys;
      below_[static_cast<std::size_t>(place)] = static_cast<std::uint8_t>(below);
    }
  }

  /// Where in the table a number of at most 1 is looked up.
  GRADUS_INLINE std::int32_t place_of(float x) {
    const std::int32_t magnitude = std::min(std::max(magnitude_bits(x), kLeast), kOne);
    const std::int32_t key = (magnitude - kLeast) >> kCut;
    return kKeys + (std::bit_cast<std::int32_t>(x) < 0 ? -1 - key : key);
  }
  [[nodiscard]] [[gnu::always_inline]] std::int32_t below(float x, std::int32_t place) const {
    const std::int32_t code = below_[static_cast<std::size_t>(place)];
    return code + (x >= thresholds_[static_cast<std::size_t>(code)] ? 1 : 0);
  }

 private:
  static constexpr std::int32_t kCut = 16;
  static constexpr std::int32_t kOne = 0x3f800000, kLeast = kOne - (23 << 23);  // 2^-23: below all thresholds
  static constexpr std::int32_t kKeys = ((kOne - kLeast) >> kCut) + 1;

  static constexpr float first_of(std::int32_t key) {
    return key == 0 ? 0 : std::bit_cast<float>(kLeast + (key << kCut));
  }
  static constexpr float last_of(std::int32_t key) {
    return std::bit_cast<float>(kLeast + ((key + 1) << kCut) - 1);
  }

  std::array<float, 256> thresholds_{};
  std::array<std::uint8_t, 2 * static_cast<std::size_t>(kKeys)> below_{};
};

/// 256 numbers times the block's largest magnitude, which lies beside it. A block that holds infinity or NaN
/// has there the largest finite magnitude with a minus; its codes 255, 254 and (with signs) 0 are NaN,
/// infinity and -infinity, and the finite elements keep to the codes between. Without signs it is made for
/// second moments, by whose root one divides: what lies below the lowest nonzero number becomes that, drawn or
/// not, and never zero. Negative numbers, which it should not meet, count as zero.
template <bool kSigned>
struct DynamicMap : InBlocks<DynamicMap<kSigned>> {
  using Base = InBlocks<DynamicMap>;
  using Base::decode;
  using Beside = float;

  static constexpr float kInfinity = std::numeric_limits<float>::infinity();
  static constexpr std::array<float, 257> kMap = dynamic_map<kSigned>();
  static constexpr std::array<float, 257> kMapNotFinite = [] {
    std::array<float, 257> map = kMap;
    if (kSigned) map[0] = -kInfinity;
    map[254] = kInfinity;
    map[255] = std::numeric_limits<float>::quiet_NaN();
    return map;
  }();
  static constexpr Thresholds kMidpoints{[](std::size_t c) { return (kMap[c] + kMap[c + 1]) / 2; }};
  static constexpr Thresholds kValues{[](std::size_t c) { return kMap[c + 1]; }};
  /// Draws a unit of the distance between neighbours.
  static constexpr std::array<float, 256> kDraws = [] {
    std::array<float, 256> draws{};
    for (std::size_t c = 0; c < 256; ++c) draws[c] = 0x1p16F / (kMap[c + 1] - kMap[c]);
    return draws;
  }();

  struct Scale {
    explicit Scale(Beside largest)
        : map(std::bit_cast<std::int32_t>(largest) < 0 ? kMapNotFinite.data() : kMap.data()),
          factor(std::bit_cast<float>(magnitude_bits(largest))) {}
    const float* map;
    float factor;
  };

  GRADUS_INLINE std::int32_t magnitude(float x) {
    return kSigned ? magnitude_bits(x) : std::bit_cast<std::int32_t>(x);
  }
  /// A block of zeros and denormal floats is one of zeros.
  GRADUS_INLINE Beside beside_for(std::int32_t largest) {
    return std::bit_cast<float>(largest < kSmallestNormalBits ? 0 : largest);
  }
  GRADUS_INLINE Beside beside_infinity(std::int32_t largest) {
    return largest < kSmallestNormalBits ? -1 : -std::bit_cast<float>(largest);  // infinity times 0 were NaN
  }
  static std::uint8_t code_beside_infinity(float x, std::uint8_t code) {
    if (is_nan(x)) return 255;
    if (x == kInfinity) return 254;
    if (kSigned && x == -kInfinity) return 0;
    return std::clamp(code, std::uint8_t{kSigned ? 1 : 0}, std::uint8_t{253});
  }
  GRADUS_INLINE float decode(const Scale& scale, std::uint8_t code) { return scale.map[code] * scale.factor; }

  GRADUS_INLINE std::int32_t nearest(float share, std::int32_t place) {
    return kMidpoints.below(share, place);
  }
  GRADUS_INLINE std::int32_t stochastic(float share, std::int32_t place, std::int32_t draw) {
    const std::int32_t code = kValues.below(share, place);
    const auto c = static_cast<std::size_t>(code);
    return code + (static_cast<std::int32_t>((share - kMap[c]) * kDraws[c]) + draw >= 0x10000 ? 1 : 0);
  }

  /// The lowest code that an element may have.
  GRADUS_INLINE std::int32_t least_code(float x) {
    return !kSigned && std::bit_cast<std::int32_t>(x) >= kSmallestNormalBits ? 1 : 0;
  }

  /// Two loops, since the first one fits vectors and looking up does not.
  GRADUS_INLINE void encode_finite(std::size_t n, const Scale& scale, std::int32_t /*least*/,
                                   const float* __restrict in, const std::uint16_t* __restrict draws,
                                   std::uint8_t* __restrict codes) {
    const float largest = scale.factor == 0 ? 1 : scale.factor;
    float shares[kBlock];
    std::int32_t places[kBlock];
    GRADUS_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) {
      const float x = kSigned ? in[i] : in[i] > 0 ? in[i] : 0;
      shares[i] = x / largest;
      places[i] = Thresholds::place_of(shares[i]);
    }
    if (draws != nullptr)
      for (std::size_t i = 0; i < n; ++i)
        codes[i] = static_cast<std::uint8_t>(
            std::max(stochastic(shares[i], places[i], draws[i]), least_code(in[i])));
    else
      for (std::size_t i = 0; i < n; ++i)
        codes[i] = static_cast<std::uint8_t>(std::max(nearest(shares[i], places[i]), least_code(in[i])));
  }
};

}  // namespace gradus::engine::codecs
