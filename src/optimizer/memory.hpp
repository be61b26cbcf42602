#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/tensor.hpp"

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
  return {t.x.elements, t.size * bytes_of(t.x.dtype), owner, false};
}
inline Piece gradient_of(const engine::Tensor& t, std::size_t owner) {
  if (t.row_gradient) {
    const engine::RowGradient& g = *t.row_gradient;
    const std::size_t size = g.rows.size() * static_cast<std::size_t>(t.columns);
    return {g.values.elements, size * bytes_of(g.values.dtype), owner, true};
  }
  return {t.g.elements, t.has_dense_gradient() ? t.size * bytes_of(t.g.dtype) : 0, owner, true};
}

struct Overlap {
  Piece parameter, other;
};

/// The union of pieces: intervals that neither overlap nor touch each other.
class Cover {
 public:
  /// O(log n), amortised: an interval that is merged into another is gone.
  void add(const Piece& piece) {
    if (piece.empty()) return;
    auto at = touching(piece.begin);
    if (at == ends_.end() || at->first > piece.begin) at = ends_.emplace_hint(at, piece.begin, piece.end);
    at->second = std::max(at->second, piece.end);
    for (auto next = std::next(at); next != ends_.end() && next->first <= at->second;
         next = ends_.erase(next))
      at->second = std::max(at->second, next->second);
  }

  /// O(log n)
  [[nodiscard]] bool overlaps(const Piece& piece) const {
    if (piece.empty()) return false;
    const auto after = ends_.lower_bound(piece.end);  // the first that begins where the piece has ended
    return after != ends_.begin() && std::prev(after)->second > piece.begin;
  }

  void clear() { ends_.clear(); }

 private:
  /// The first interval that ends at the address or later.
  std::map<std::uintptr_t, std::uintptr_t>::iterator touching(std::uintptr_t address) {
    const auto after = ends_.upper_bound(address);
    return after != ends_.begin() && std::prev(after)->second >= address ? std::prev(after) : after;
  }

  std::map<std::uintptr_t, std::uintptr_t> ends_;  // begin to end
};

/// Says whether a new parameter would overlap what is there, without a look at each of those. What has gone
/// stays among what is remembered, until something seems to overlap or too much is remembered.
class Occupied {
 public:
  /// `tensors` are those that are there already. Takes O(log n), amortised, unless parameters are put again and
  /// again where something has been before.
  [[nodiscard]] bool overlaps(const Piece& parameter, const Piece& gradient,
                              std::span<const engine::Tensor> tensors) {
    if (parameter.overlaps(gradient)) return true;
    if (memory_ == Memory::none) remember(tensors);
    if (!seems_to_overlap(parameter, gradient)) return false;
    if (memory_ == Memory::all_there) return true;
    remember(tensors);
    return seems_to_overlap(parameter, gradient);
  }

  /// Takes O(log n). If memory runs out, the next overlaps() starts anew.
  void add(const Piece& parameter, const Piece& gradient) {
    const Memory before = std::exchange(memory_, Memory::none);
    parameters_.add(parameter);
    gradients_.add(gradient);
    memory_ = before;
  }

  /// To be called when a gradient lies nowhere now.
  void leave() {
    if (memory_ == Memory::all_there) memory_ = Memory::and_more;
  }

  /// To be called when one of so many parameters, or its gradient, lies elsewhere now: there.
  void move(const Piece& parameter, const Piece& gradient, std::size_t parameters) {
    if (memory_ == Memory::none) return;
    leave();
    if (++moves_ > parameters) return forget();
    try {
      add(parameter, gradient);
    } catch (const std::bad_alloc&) {
      forget();
    }
  }

 private:
  enum class Memory {
    none,       // nothing is remembered
    all_there,  // what is there and nothing else
    and_more,   // that, and some that has gone
  };

  [[nodiscard]] bool seems_to_overlap(const Piece& parameter, const Piece& gradient) const {
    return parameters_.overlaps(parameter) || gradients_.overlaps(parameter) ||
           parameters_.overlaps(gradient);
  }

  void forget() {
    memory_ = Memory::none;
    parameters_.clear();
    gradients_.clear();
    moves_ = 0;
  }

  void remember(std::span<const engine::Tensor> tensors) {
    forget();
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      parameters_.add(parameter_of(tensors[i], i));
      gradients_.add(gradient_of(tensors[i], i));
    }
    memory_ = Memory::all_there;
  }

  Cover parameters_, gradients_;
  Memory memory_ = Memory::all_there;
  std::size_t moves_ = 0;  // since all was remembered
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
