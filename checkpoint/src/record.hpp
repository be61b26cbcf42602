#pragma once

// The record of integrity, a value of __metadata__ that other readers pass by. The header begins with it:
//
//   {"__metadata__":{"gradus.integrity":"xxh3-64 of 16 MiB: HHHHHHHHHHHHHHHHccccccccccccccccc…
//
// H is the hash of the header as it is written, its length before it, with zeros
// in the place of H; each c that of the next 16 MiB of a tensor, or of what is
// left of it. Hashes are XXH3-64 of seed 0, in 16 small hexadecimal digits.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gradus::checkpoint {

inline constexpr std::string_view kRecordKey = "gradus.integrity";
inline constexpr std::string_view kRecordTitle = "xxh3-64 of 16 MiB: ";
/// What a header that has a record begins with, up to its own hash.
inline constexpr std::string_view kOpening = R"({"__metadata__":{"gradus.integrity":"xxh3-64 of 16 MiB: )";
inline constexpr std::size_t kDigits = 16;
inline constexpr std::uint64_t kChunk = std::uint64_t{16} << 20;

class Hash {
 public:
  Hash();
  ~Hash();
  void add(std::span<const std::byte> bytes);
  [[nodiscard]] std::string digits() const;
  /// As if nothing had been added.
  void restart();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline std::string digits_of(std::span<const std::byte> bytes) {
  Hash hash;
  hash.add(bytes);
  return hash.digits();
}

/// As a file begins with the length of its header.
std::array<std::byte, 8> little_endian(std::uint64_t number);
std::uint64_t from_little_endian(const std::array<std::byte, 8>& bytes);

constexpr std::uint64_t chunks_of(std::uint64_t bytes) {
  return bytes / kChunk + (bytes % kChunk > 0 ? 1 : 0);
}

/// The hash of a header, whose text is added in pieces; the
/// first has all of the opening and the digits after it.
class HeaderHash {
 public:
  explicit HeaderHash(std::uint64_t header_bytes);
  void add(std::span<const char> piece);

  /// Does the text begin as one that has a record?
  [[nodiscard]] bool has_record() const { return !written_.empty(); }
  /// The digits that stand there.
  [[nodiscard]] const std::string& written() const { return written_; }
  [[nodiscard]] std::string digits() const { return hash_.digits(); }

 private:
  Hash hash_;
  bool begun_ = false;
  std::string written_;
};

}  // namespace gradus::checkpoint
