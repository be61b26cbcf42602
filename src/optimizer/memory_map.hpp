#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace gradus {

/// Do two pieces of memory share a byte?
inline bool overlap(const void* a, std::size_t bytes_of_a, const void* b, std::size_t bytes_of_b) {
  const auto first = reinterpret_cast<std::uintptr_t>(a), second = reinterpret_cast<std::uintptr_t>(b);
  return bytes_of_a > 0 && bytes_of_b > 0 && first < second + bytes_of_b && second < first + bytes_of_a;
}

/// Which owner has which piece of memory, so that overlaps are found.
class MemoryMap {
 public:
  static constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

  /// An owner, other than the given one, whose memory overlaps the given piece; kNobody if there is none.
  [[nodiscard]] std::size_t overlapping(const void* data, std::size_t bytes, std::size_t except) const {
    if (bytes == 0) return kNobody;
    const auto begin = reinterpret_cast<std::uintptr_t>(data);
    auto it = pieces_.lower_bound(begin + bytes);
    while (it != pieces_.begin()) {
      --it;
      if (it->second.end <= begin) break;
      if (it->second.owner != except) return it->second.owner;
    }
    return kNobody;
  }

  void insert(const void* data, std::size_t bytes, std::size_t owner) {
    const auto begin = reinterpret_cast<std::uintptr_t>(data);
    if (bytes > 0) pieces_[begin] = {begin + bytes, owner};
  }
  void erase(const void* data) { pieces_.erase(reinterpret_cast<std::uintptr_t>(data)); }

 private:
  struct Piece {
    std::uintptr_t end;
    std::size_t owner;
  };
  std::map<std::uintptr_t, Piece> pieces_;  // by begin; they do not overlap
};

}  // namespace gradus
