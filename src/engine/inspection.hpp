#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/bundles.hpp"
#include "engine/chunks.hpp"
#include "engine/roster.hpp"
#include "engine/rows/row_squares.hpp"
#include "engine/rows/rows.hpp"
#include "engine/tensor.hpp"
#include "gradus/engine/crew.hpp"
#include "gradus/engine/isa.hpp"

namespace gradus::engine {

/// What a look at all gradients has found.
struct Finding {
  std::vector<std::size_t> non_finite;  ///< tensors with NaN or an infinity in factor * gradient
  /// Of each of them: where its gradient is of rows, the first row that is not finite.
  std::vector<std::optional<std::int64_t>> rows;
  bool given_finite;  ///< are these finite as they were given, and only too large for the arithmetic?
  std::vector<std::size_t> overflowing;  ///< tensors whose gradient is finite and has a square that is not
  double norm;                           ///< 2-norm of factor * all gradients; NaN unless asked for
};

/// The look at the gradients before a step changes anything.
class Inspection {
 public:
  explicit Inspection(Isa isa) : isa_(isa), row_squares_(isa) {}

  /// The gradients of a step, dense ones and those of rows.
  struct Gradients {
    std::span<const Tensor> tensors;
    const Chunks& chunks;
    const Bundles& bundles;
    const Roster& roster;
    const Rows& rows;
    Crew& crew;
  };

  /// To be called when tensors have been added.
  void plan(std::span<const Tensor> tensors);
  Finding look(const Gradients& gradients, double factor, bool want_norm);

 private:
  template <class Look, class Join>
  void look_at_dense(const Gradients& gradients, Look look, Join join);
  template <class Look, class Join>
  void look_at_rows(const Gradients& gradients, Look look, Join join);
  double norm(const Gradients& gradients, double factor);
  double root_of_squares(const Gradients& gradients, double factor);
  void find_largest(const Gradients& gradients);
  [[nodiscard]] std::optional<std::int64_t> first_row_beyond(const Gradients& gradients, std::size_t tensor,
                                                             double factor, double largest) const;

  Isa isa_;
  double limit_ = 0;  // no tensor's gradient overflows that has no number beyond
  RowSquares row_squares_;
  std::vector<double> of_chunks_, of_tensors_;  // scratch: a number each
};

}  // namespace gradus::engine
