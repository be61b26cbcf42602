#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "engine/chunks.hpp"
#include "engine/rows/coalesced.hpp"
#include "engine/tensor.hpp"
#include "gradus/engine/crew.hpp"

namespace gradus::engine {

/// Steps of tensors whose gradients are rows: these rows are moved as the sweep would move
/// them, and no others. Equal bits for any number of threads.
class Rows {
 public:
  /// Begins a step: nothing is gathered.
  void clear();
  /// Takes the tensor's gradient of rows. Throws Error if that names a row that is not there. What may throw in
  /// a step is found here.
  void gather(std::size_t number, const Tensor& tensor, Crew& crew);

  /// Of what was gathered: its values in chunks, as an array of all its rows, one after the other.
  [[nodiscard]] const std::vector<Chunk>& chunks() const { return chunks_; }
  [[nodiscard]] const Array& values(std::size_t tensor) const { return gradient(tensor).values(); }
  [[nodiscard]] const Coalesced& gradient(std::size_t tensor) const { return gathered_[places_[tensor]]; }
  [[nodiscard]] std::size_t elements() const { return elements_; }

  /// Tensor::begin_step() was called for each that was gathered: those `with_rows`.
  void step(std::span<const Tensor> tensors, std::span<const std::size_t> with_rows, Crew& crew);

  /// Brings all rows of a tensor to its last step, where they are caught up. The crew is prepared for so many
  /// elements.
  static void catch_up(const Tensor& tensor, Crew& crew);
  /// These rows, in any order and any number of times. Throws Error if there is no such row.
  static void catch_up(const Tensor& tensor, std::span<const std::int64_t> rows, Crew& crew);
  /// Takes O(rows).
  static std::size_t elements_to_catch_up(const Tensor& tensor);

 private:
  /// Rows of a tensor that one task moves, by their places in its gradient. None has a block of elements in
  /// common with those of another task.
  struct Share {
    std::size_t tensor, first, last;
  };

  template <class F>
  void share_out(std::size_t number, const Tensor& tensor, std::span<const std::int64_t> rows, F steps_of);
  static void bring_up_due(const Tensor& tensor, Crew& crew);

  std::deque<Coalesced> gathered_;                   // the first count_ of them; the others keep their memory
  std::size_t count_ = 0, elements_ = 0, work_ = 0;  // elements to move, each as often as its row lacks steps
  std::vector<std::size_t> places_;                  // in gathered_, by tensor
  std::vector<Share> shares_;
  std::vector<Chunk> chunks_;
};

}  // namespace gradus::engine
