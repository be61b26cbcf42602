#include "gradus/engine/codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/codecs/inputs.hpp"
#include "support/gradients.hpp"

namespace gradus::test {
namespace {

constexpr Dtype kAll[] = {Dtype::f32,   Dtype::f64,     Dtype::bf16,     Dtype::f16,   Dtype::e4m3,
                          Dtype::ue5m3, Dtype::dynamic, Dtype::udynamic, Dtype::halves};
constexpr Dtype kSmall[] = {Dtype::bf16,  Dtype::f16,     Dtype::e4m3,
                            Dtype::ue5m3, Dtype::dynamic, Dtype::udynamic};

TEST(Dtype, says_what_it_is_called_and_what_it_takes) {
  for (const Dtype dtype : kAll) {
    EXPECT_STRNE(name_of(dtype), "");
    EXPECT_GT(bytes_of(dtype), 0U);
    EXPECT_TRUE(layout_of(dtype).block == 1 || layout_of(dtype).block == engine::kBlock);
    EXPECT_EQ(is_arithmetic(dtype), bytes_of(dtype) > 2);
  }
  EXPECT_EQ(layout_of(Dtype::dynamic), (Layout{1, 4, 256}));
  static_assert(kDtypeOf<bfloat16> == Dtype::bf16 && kDtypeOf<float16> == Dtype::f16);
  static_assert(to_bfloat16(1.0F) == bfloat16{0x3f80} && to_float16(-2.0F) == float16{0xc000});
  static_assert(std::is_trivial_v<bfloat16> && std::is_aggregate_v<float16>);
}

TEST(Codec, rounds_by_draws_so_that_their_mean_is_the_number) {
  std::vector<std::uint16_t> all(65536);
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  for (const Dtype dtype : kSmall)
    for (const float x : {0.9F, 0.7654321F, 0.1F, 1e-2F, 0.0123456F, 3.4e-4F, 2e-5F, 5e-6F, 7e-7F, 1e-8F}) {
      const std::vector<float> in = anchored(1, std::vector<float>(65536, x));
      std::vector<std::uint16_t> draws(in.size());
      std::size_t next = 0;
      for (std::size_t i = 0; i < in.size(); ++i) draws[i] = is_anchor(i) ? std::uint16_t{0} : all[next++];
      const std::vector<float> out = decoded(encoded(dtype, in, draws.data()));
      double sum = 0, least = 1, most = 0;
      for (std::size_t i = 0; i < out.size(); ++i) {
        if (is_anchor(i)) continue;
        sum += static_cast<double>(out[i]);
        least = std::min(least, static_cast<double>(out[i]));
        most = std::max(most, static_cast<double>(out[i]));
      }
      if (dtype == Dtype::udynamic && x < 3e-7F) continue;  // below its lowest: never zero, so never unbiased
      EXPECT_LE(least, x) << name_of(dtype);
      EXPECT_GE(most, x) << name_of(dtype);
      EXPECT_LE(std::abs(sum / 65536 - static_cast<double>(x)), (most - least) / 65536 * 1.0001)
          << name_of(dtype) << ' ' << x;
    }
}

template <class T>
void expect_the_same_bits(Dtype dtype) {
  for (const std::size_t n : {0UL, 1UL, 255UL, 256UL, 257UL, 511UL, 512UL, 1000UL}) {
    std::vector<T> in = noise_array<T>(n, n);
    if (n > 300) {
      in[3] = static_cast<T>(kLargestFloat);
      in[4] = static_cast<T>(float_of(0x00000123));
      in[299] = static_cast<T>(kInfinite);
      in[298] = static_cast<T>(kNan);
    }
    const auto draws = noise_draws(n);
    for (const std::uint16_t* chance : {static_cast<const std::uint16_t*>(nullptr), draws.data()}) {
      const Kept kept = encoded<T>(dtype, in, chance, Isa::baseline);
      const std::vector<T> out = decoded<T>(kept, Isa::baseline);
      for (const Isa isa : available_isas()) {
        EXPECT_EQ(encoded<T>(dtype, in, chance, isa), kept) << name_of(dtype) << ' ' << n << name_of(isa);
        const std::vector<T> same = decoded<T>(kept, isa);
        for (std::size_t i = 0; i < n; ++i)
          ASSERT_TRUE(same[i] == out[i] || (std::isnan(same[i]) && std::isnan(out[i])))
              << name_of(dtype) << ' ' << name_of(isa) << ' ' << i;
      }
    }
  }
}

TEST(Codec, has_the_same_bits_on_every_instruction_set) {
  for (const Dtype dtype : kAll) {
    expect_the_same_bits<float>(dtype);
    expect_the_same_bits<double>(dtype);
  }
}

TEST(Codec, of_doubles_goes_through_float) {
  const std::vector<double> in = noise_array<double>(11, 511);
  const std::vector<float> narrow(in.begin(), in.end());
  const auto draws = noise_draws(511);
  for (const Dtype dtype : kAll) {
    if (is_arithmetic(dtype) && dtype != Dtype::f32) continue;
    const Kept kept = encoded<double>(dtype, in, draws.data());
    EXPECT_EQ(kept, encoded(dtype, narrow, draws.data())) << name_of(dtype);
    const std::vector<float> out = decoded(kept);
    EXPECT_EQ(decoded<double>(kept), std::vector<double>(out.begin(), out.end())) << name_of(dtype);
  }
}

TEST(Codec, of_what_is_computed_in_loses_nothing) {
  const std::vector<float> in = noise_array<float>(12, 300);
  for (const Dtype dtype : {Dtype::f32, Dtype::f64, Dtype::halves})
    EXPECT_EQ(decoded(encoded(dtype, in)), in);
  const std::vector<double> wide = noise_array<double>(12, 300);
  EXPECT_EQ(decoded<double>(encoded<double>(Dtype::f64, wide)), wide);
}

TEST(Codec, touches_nothing_beyond_its_elements) {
  for (const Dtype dtype : kAll) {
    const Layout layout = layout_of(dtype);
    const engine::Codec codec = engine::codec_for(available_isas().back(), dtype, Dtype::f32);
    for (const std::size_t n : {1UL, 255UL, 257UL, 511UL}) {
      const std::vector<float> in = noise_array<float>(13, n);
      const std::size_t blocks = (n + layout.block - 1) / layout.block;
      std::vector<std::byte> elements(600 * layout.element_bytes, std::byte{0xa5}),
          beside(600 * 4, std::byte{0xa5});
      codec.encode(n, in.data(), nullptr, elements.data(), beside.data());
      for (std::size_t i = n * layout.element_bytes; i < elements.size(); ++i)
        ASSERT_EQ(elements[i], std::byte{0xa5}) << name_of(dtype);
      for (std::size_t i = blocks * layout.beside_bytes; i < beside.size(); ++i)
        ASSERT_EQ(beside[i], std::byte{0xa5}) << name_of(dtype);
      std::vector<float> out(600, 77);
      codec.decode(n, elements.data(), beside.data(), out.data());
      EXPECT_EQ(std::count(out.begin() + static_cast<std::ptrdiff_t>(n), out.end(), 77.0F),
                static_cast<std::ptrdiff_t>(600 - n));
    }
  }
}

}  // namespace
}  // namespace gradus::test
