#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "engine/tensor.hpp"
#include "gradus/engine/crew.hpp"
#include "gradus/engine/tree_sum.hpp"

namespace gradus::engine {

/// Elements a task at least: some tens of microseconds of work.
inline constexpr std::size_t kTask = 4 * kChunk;

/// Pieces of work of very different sizes, shared out to tasks
/// of about equal ones. A Piece has `tensor` and `size`.
template <class Piece>
class Shares {
 public:
  void clear() {
    pieces_.clear();
    tasks_.clear();
    room_ = 0;
  }
  void add(const Piece& piece) {
    if (room_ == 0) {
      tasks_.push_back({pieces_.size(), pieces_.size()});
      room_ = kTask;
    }
    pieces_.push_back(piece);
    tasks_.back().last = pieces_.size();
    room_ -= std::min(room_, piece.size);
  }
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
  [[nodiscard]] std::size_t tasks() const { return tasks_.size(); }

  /// Calls f(number, piece) for each piece of a task whose tensor has a dense gradient.
  template <class F>
  void each(std::size_t task, std::span<const Tensor> tensors, F f) const {
    for (std::size_t i = tasks_[task].first; i < tasks_[task].last; ++i)
      if (tensors[pieces_[i].tensor].has_dense_gradient()) f(i, pieces_[i]);
  }

  /// The same for all tasks; the tensors have so many elements.
  template <class F>
  void run(Crew& crew, std::span<const Tensor> tensors, std::size_t elements, F f) const {
    crew.run(tasks(), elements, [&](std::size_t task) { each(task, tensors, f); });
  }

 private:
  struct Task {
    std::size_t first, last;  // pieces
  };
  std::vector<Piece> pieces_;
  std::vector<Task> tasks_;
  std::size_t room_ = 0;
};

/// A part of a tensor that begins at a multiple of kChunk.
struct Chunk {
  std::size_t tensor, offset, size;
};
using Chunks = Shares<Chunk>;

/// Calls f(tensor, first, last) for the pieces of each tensor; empty tensors have none.
template <class Piece, class F>
void by_tensor(const std::vector<Piece>& pieces, F f) {
  for (std::size_t first = 0, last = 0; first < pieces.size(); first = last) {
    const std::size_t tensor = pieces[first].tensor;
    while (last < pieces.size() && pieces[last].tensor == tensor) ++last;
    f(tensor, first, last);
  }
}

}  // namespace gradus::engine
