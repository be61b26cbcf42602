#include "record.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace gradus::checkpoint {

struct Hash::State {
  XXH3_state_t xxh3;
};

Hash::Hash() : state_(std::make_unique<State>()) { restart(); }
Hash::~Hash() = default;

void Hash::restart() { XXH3_64bits_reset(&state_->xxh3); }

void Hash::add(std::span<const std::byte> bytes) {
  XXH3_64bits_update(&state_->xxh3, bytes.data(), bytes.size());
}

std::string Hash::digits() const {
  constexpr std::string_view kHexadecimal = "0123456789abcdef";
  std::string digits(kDigits, '0');
  std::uint64_t value = XXH3_64bits_digest(&state_->xxh3);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, value >>= 4U)
    *digit = kHexadecimal[value & 15U];
  return digits;
}

std::array<std::byte, 8> little_endian(std::uint64_t number) {
  std::array<std::byte, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes.at(i) = static_cast<std::byte>(number >> (8 * i));
  return bytes;
}

std::uint64_t from_little_endian(const std::array<std::byte, 8>& bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) number |= static_cast<std::uint64_t>(bytes.at(i)) << (8 * i);
  return number;
}

HeaderHash::HeaderHash(std::uint64_t header_bytes) { hash_.add(little_endian(header_bytes)); }

void HeaderHash::add(std::span<const char> piece) {
  std::string_view text(piece.data(), piece.size());
  if (!begun_ && text.starts_with(kOpening) && text.size() >= kOpening.size() + kDigits) {
    written_ = text.substr(kOpening.size(), kDigits);
    const std::string blank = std::string(kOpening) + std::string(kDigits, '0');
    hash_.add(std::as_bytes(std::span(blank)));
    text.remove_prefix(blank.size());
  }
  begun_ = true;
  hash_.add(std::as_bytes(std::span(text)));
}

}  // namespace gradus::checkpoint
