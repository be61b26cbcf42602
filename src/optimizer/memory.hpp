#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gradus/engine/tensor.hpp"

namespace gradus {

/// The memory of a parameter or of its gradient.
struct Piece {
  std::uintptr_t begin, end;
  std::size_t owner;
  bool is_gradient;

  Piece(const void* data, std::size_t bytes, std::size_t of, bool gradient)
      : begin(reinterpret_cast<std::uintptr_t>(data)), end(begin + bytes), owner(of), is_gradient(gradient) {}

  [[nodiscard]] bool empty() const { return begin == end; }
  [[nodiscard]] bool overlaps(const Piece& other) const {
    return !empty() && !other.empty() && begin < other.end && other.begin < end;
  }
};

inline Piece parameter_of(const engine::Tensor& t, std::size_t owner) {
  return {t.x, t.size * bytes_of(t.dtype), owner, false};
}
inline Piece gradient_of(const engine::Tensor& t, std::size_t owner) {
  return {t.g, t.g == nullptr ? 0 : t.size * bytes_of(t.dtype), owner, true};
}

struct Overlap {
  Piece parameter, other;
};

/// A parameter that overlaps anything else, if there is one: a step writes to it, and reads all the rest.
/// Gradients may overlap each other. O(n log n).
inline std::optional<Overlap> find_overlap(std::span<const engine::Tensor> tensors) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    for (const Piece& piece : {parameter_of(tensors[i], i), gradient_of(tensors[i], i)})
      if (!piece.empty()) pieces.push_back(piece);
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.begin < b.begin; });

  // Of those that begin before a piece, the one that reaches furthest overlaps it if any does.
  const Piece *parameter = nullptr, *gradient = nullptr;
  for (const Piece& piece : pieces) {
    if (parameter != nullptr && parameter->overlaps(piece)) return Overlap{*parameter, piece};
    if (!piece.is_gradient && gradient != nullptr && gradient->overlaps(piece))
      return Overlap{piece, *gradient};
    const Piece*& furthest = piece.is_gradient ? gradient : parameter;
    if (furthest == nullptr || piece.end > furthest->end) furthest = &piece;
  }
  return std::nullopt;
}

}  // namespace gradus
