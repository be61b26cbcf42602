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

/// What Crew::run() shall share out of so many elements: none where there are no more than in one task, which may
/// yet be two, one of chunks and one of bundles.
inline std::size_t worth_sharing(std::size_t elements) { return elements > kTask ? elements : 0; }

/// Calls f(tensor, first, last) for the pieces of each tensor; empty tensors have none.
template <class Pieces, class F>
void by_tensor(const Pieces& pieces, F f) {
  for (std::size_t first = 0, last = 0; first < pieces.size(); first = last) {
    const std::size_t tensor = pieces[first].tensor;
    while (last < pieces.size() && pieces[last].tensor == tensor) ++last;
    f(tensor, first, last);
  }
}

/// Pieces of work of very different sizes, shared out to tasks of about equal ones. A Piece has `tensor` and
/// `size`, and knows between which elements of its tensor it lies.
template <class Piece>
class Shares {
 public:
  void clear() {
    pieces_.clear();
    tasks_.clear();
    room_ = 0;
    mapped_ = false;
  }
  void add(const Piece& piece, const Tensor& its) {
    if (room_ == 0) {
      tasks_.push_back({pieces_.size(), pieces_.size()});
      room_ = kTask;
    }
    pieces_.push_back(piece);
    tasks_.back().last = pieces_.size();
    room_ -= std::min(room_, piece.size);
    mapped_ = mapped_ || its.mapped;
  }
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
  [[nodiscard]] std::size_t tasks() const { return tasks_.size(); }

  /// Calls f(number, piece) for each piece of a task whose tensor has a dense gradient.
  template <class F>
  void each(std::size_t task, std::span<const Tensor> tensors, F f) const {
    for (std::size_t i = tasks_[task].first; i < tasks_[task].last; ++i)
      if (tensors[pieces_[i].tensor].has_dense_gradient()) f(i, pieces_[i]);
  }

  /// Of all tasks, those pieces whose tensor uses(tensor) names, which says that f uses its state. The tensors have
  /// so many elements.
  template <class Uses, class F>
  void sweep(Crew& crew, std::span<const Tensor> tensors, std::size_t elements, Uses uses, F f) const {
    crew.run(tasks(), elements, [&](std::size_t task) {
      page(task, crew.threads(), tensors, uses);
      each(task, tensors, [&](std::size_t i, const Piece& piece) {
        if (uses(tensors[piece.tensor])) f(i, piece);
      });
    });
    page(tasks(), crew.threads(), tensors, uses);
  }

  /// To be called before each task of a sweep, and after the last one. State that is mapped and that the sweep uses is
  /// read a window ahead, and let go behind. A window has as many tasks at least as there are threads, so that none
  /// of these is still at work on the last window but one.
  template <class Uses>
  void page(std::size_t task, std::size_t threads, std::span<const Tensor> tensors, Uses uses) const {
    const std::size_t window = std::max(kWindow / kTask, threads);
    if (!mapped_ || (task % window != 0 && task < tasks())) return;
    const auto behind = [&](std::size_t windows) { return task - std::min(task, windows * window); };
    const auto paged = [&](const Tensor& t) { return t.mapped && t.has_dense_gradient() && uses(t); };
    advise(tensors, paged, task + window, task + 2 * window, &Tensor::read_ahead);
    advise(tensors, paged, behind(2), task < tasks() ? behind(1) : task, &Tensor::let_go);
  }

 private:
  struct Task {
    std::size_t first, last;  // pieces
  };

  /// About the state that the tasks from `first` to before `last`, as far as there are any, work on.
  template <class Paged>
  void advise(std::span<const Tensor> tensors, Paged paged, std::size_t first, std::size_t last,
              void (Tensor::*how)(std::size_t, std::size_t) const) const {
    last = std::min(last, tasks_.size());
    if (first >= last) return;
    const std::size_t begin = tasks_[first].first, end = tasks_[last - 1].last;
    const std::span pieces = std::span(pieces_).subspan(begin, end - begin);
    by_tensor(pieces, [&](std::size_t tensor, std::size_t its_first, std::size_t its_last) {
      const Tensor& t = tensors[tensor];
      if (paged(t)) (t.*how)(pieces[its_first].first(t), pieces[its_last - 1].last(t));
    });
  }

  std::vector<Piece> pieces_;
  std::vector<Task> tasks_;
  std::size_t room_ = 0;
  bool mapped_ = false;  // is the state of any tensor?
};

/// A part of a tensor that begins at a multiple of kChunk.
struct Chunk {
  std::size_t tensor, offset, size;

  [[nodiscard]] std::size_t first(const Tensor& /*its*/) const { return offset; }
  [[nodiscard]] std::size_t last(const Tensor& /*its*/) const { return offset + size; }
};
using Chunks = Shares<Chunk>;

}  // namespace gradus::engine
