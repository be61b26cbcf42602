#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/rows/row_state.hpp"
#include "gradus/engine/codec.hpp"
#include "gradus/engine/draws.hpp"
#include "gradus/engine/program.hpp"
#include "gradus/states/buffer.hpp"
#include "gradus/states/state_options.hpp"

namespace gradus::engine {

/// An array as the loops get at it: a parameter, a gradient or a slot.
struct Array {
  Dtype dtype = Dtype::f32;
  Over over = Over::element;
  Rounding rounding = Rounding::nearest;
  Codec codec = {};  ///< of no use where the elements are of the arithmetic's type
  std::byte* elements = nullptr;
  std::byte* beside = nullptr;  ///< as layout_of(dtype) says
};

/// A gradient that is zero but for some rows, as it was given.
struct RowGradient {
  std::span<const std::int64_t> rows;
  Array values;
};

/// Parameters whose rules share numbers and sums.
struct Domain {
  std::vector<double> shared;
};

/// The steps of a tensor, or of several that take the same ones by the same rule: unless that measures or
/// works on matrices, the coefficients of a step depend on no more.
struct Clock {
  std::int64_t t = 0;           ///< steps so far
  std::vector<double> scalars;  ///< that the rule keeps
  std::vector<std::byte> coefficients;
  Sweep sweep{};            ///< of the last step
  std::size_t tensors = 1;  ///< that go by it
  std::size_t present = 0;  ///< those of them that have a gradient in the step at hand
};

/// One parameter as the engine sees it: borrowed arrays, own state, and the loops of its rule.
struct alignas(64) Tensor {
  /// What a parameter is, before it has any state.
  struct Kind {
    Dtype dtype;
    std::size_t size;
    std::int64_t first_dimension;
    std::uint64_t seed = 0;
    std::uint32_t key = 0;  ///< of its draws: by its name
    RowSteps row_steps = RowSteps::shared;
  };

  // First what each step looks at: that of a hundred thousand tensors does not stay in a cache.
  Array x;
  Array g;           ///< without elements: no dense gradient, sweeps pass it by
  Dtype arithmetic;  ///< float32 or float64
  Isa isa;
  bool rows_direct = true;  ///< kernels can have x and slots as they are: all are of the arithmetic's type
  bool direct = true;       ///< and g, and slots are over elements
  bool placed = false;      ///< its slots lie beside those of other small ones
  bool bundled = false;     ///< with some of these
  std::size_t size;
  std::shared_ptr<Clock> clock;  ///< never null
  std::vector<Array> slots;
  Kernels kernels;

  std::int64_t rows, columns;  ///< as a matrix: first dimension by all others; 0 and 0 if it is empty
  std::optional<RowGradient> row_gradient;
  std::vector<KeptMatrix> matrices;
  /// Elements that transform() takes: as the matrices were made, whatever fields are set to since.
  std::size_t workspace = 0;
  Domain* domain;  ///< never null
  std::uint64_t seed;
  std::uint32_t key;

  const Program* program;

  std::unique_ptr<RowState> row_state;     ///< where rows do not share the parameter's steps
  std::unique_ptr<Buffer> direction;       ///< for matrix rules
  std::unique_ptr<Buffer> low_half;        ///< of a bfloat16 parameter that is a float32 one
  std::unique_ptr<Buffer> training_point;  ///< of the parameter, while it is at the point to evaluate
  std::vector<Buffer> slot_buffers, matrix_buffers;
  bool mapped = false;  ///< state is in a file

  /// State as it is before the first step; large arrays in the file, if there is one. Throws Error if that has
  /// no room, or the options ask for the low half of a float16 or to catch up rows that have a block in common.
  Tensor(const Program& rule, Isa instructions, const Kind& kind, const StateOptions& options,
         ScratchFile* file, Domain& its_domain);

  [[nodiscard]] bool has_dense_gradient() const { return g.elements != nullptr; }
  [[nodiscard]] bool has_gradient() const { return has_dense_gradient() || row_gradient; }
  /// Can others go by its clock?
  [[nodiscard]] bool shares_clock() const {
    return program->looks().empty() && !program->is_matrix() && !row_state;
  }
  /// As Buffer's: of all the state of these elements.
  void read_ahead(std::size_t first, std::size_t last) const;
  void let_go(std::size_t first, std::size_t last) const;
  /// The gradient of all rows is bound as one of rows, where these have a state of theirs.
  void bind(void* parameter, Dtype gradient_dtype, const void* gradient);
  void bind_rows(std::span<const std::int64_t> row_numbers, Dtype dtype, const void* values);

  /// The coefficients of the last step of a clock that has been put there: as far as they depend on hyperparameters
  /// alone, which is what an evaluation point needs. May throw.
  void recall_step();
  /// Counts the step of its clock and computes the coefficients. The rule has been asked for this step's
  /// hyperparameters.
  void begin_step(double gradient_norm, double gain);

 private:
  [[nodiscard]] Array array_of(Dtype dtype) const;
  void make_slots(const StateOptions& options, ScratchFile* file);
  void make_row_state(RowSteps row_steps);
  void fill(const Buffer& buffer, const Codec& codec, double value) const;
  void make_matrices();
};

}  // namespace gradus::engine
