#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/core/rule.hpp"
#include "gradus/engine/isa.hpp"
#include "gradus/states/dtype.hpp"

namespace gradus {

/// A hyperparameter as people and tools see it.
struct FieldInfo {
  std::string name;
  double value;
  bool scheduled;
  double default_value;
  Range range;
  std::string meaning;

  bool operator==(const FieldInfo&) const = default;
};

}  // namespace gradus

namespace gradus::engine {

class Crew;

inline constexpr std::size_t kMostLinks = 16;  // that are composed while the program runs
inline constexpr std::size_t kMostSlots = 8;   // of a rule with all its links
inline constexpr std::size_t kMostLooks = 4;
inline constexpr std::size_t kMostSums = 8;  // of a look
inline constexpr std::size_t kMostScalars = 16;
inline constexpr std::size_t kMostCoefficientBytes = 1024;  // of a rule's Step

/// Each so many steps of a parameter its slots get rid of denormal numbers: docs/numerics.md.
inline constexpr std::int64_t kFlushSteps = 8;

/// What a sweep over elements needs besides arrays.
struct Sweep {
  const void* coefficients;  ///< the rule's Step
  double lr;                 ///< x <- x - lr * u
  double gain;               ///< g <- gain * g first: -1 to maximize, 1/2^16 to undo a loss scale
  std::size_t ahead;  ///< bytes from what is used to what memory is asked for: 0 where that is not next
};

/// A look of a measured rule at n elements: the sums of all that it measures; or the terms of those sums that
/// are over rows (over columns), each added to a place of its own: totals has n numbers for each sum.
struct LookKernels {
  using Accumulate = void (*)(const Sweep&, std::size_t n, const void* x, const void* g, void* const* slots,
                              double* const* totals);

  void (*measure)(const Sweep&, std::size_t n, const void* x, const void* g, void* const* slots,
                  double* sums);
  Accumulate rows, columns;
};

/// A matrix that is kept between steps.
struct KeptMatrix {
  MatrixShape shape;
  void* data;
};

/// The loops of one rule for one type of arithmetic and one instruction set. All
/// run over n elements; `slots` holds an array of n elements a slot, whatever
/// the slot is over. Kernels of a kind that the rule is not of are null.
struct Kernels {
  void (*update)(const Sweep&, std::size_t n, void* x, const void* g, void* const* slots);
  /// The same, but x stays where it is, and the direction is written down: what links of an AnyRule need. A matrix
  /// rule's g is what transform() made, which no gain multiplies.
  void (*direction)(const Sweep&, std::size_t n, const void* x, const void* g, void* const* slots, void* u);
  /// What each slot-dependent averaged gradient is divided by, in double.
  void (*denominators)(const Sweep&, std::size_t n, void* const* slots, double* out);
  /// The parameter as it is to be evaluated.
  void (*evaluation_point)(const Sweep&, std::size_t n, void* x, void* const* slots);

  std::array<LookKernels, kMostLooks> looks;

  /// Matrix rules: g to u; u as a matrix, in place, with a workspace of so many elements, shared out to a crew; u
  /// to x.
  void (*before)(const Sweep&, std::size_t n, const void* x, const void* g, void* const* slots, void* u);
  void (*transform)(const void* coefficients, Isa isa, Crew& crew, MatrixShape shape, void* u,
                    std::span<const KeptMatrix> kept, void* workspace, std::size_t elements);
  void (*after)(const Sweep&, std::size_t n, void* x, const void* u, void* const* slots);
  std::size_t slots_before;  ///< before() writes the first so many slots, after() the others
};

/// A slot, a scalar or a shared number of a rule with all its links; their names are distinct.
struct SlotInfo {
  std::string name;
  Values values;
  Over over;
};
struct ScalarInfo {
  std::string name;
  double initial;
};

/// A link of a chain, or a rule that is none.
struct LinkInfo {
  std::string_view name;                     ///< of its `about`, or its type's
  bool described;                            ///< has it an `about`?
  std::span<const std::string_view> fields;  ///< as it calls them itself
  const void* kind;                          ///< the same for links of one type
};

/// A rule without its type: what the optimizer works with.
class Program {
 public:
  virtual ~Program() = default;
  [[nodiscard]] virtual std::unique_ptr<Program> clone() const = 0;

  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual std::span<const LinkInfo> links() const = 0;
  /// Those of all links, in their order.
  [[nodiscard]] virtual std::vector<FieldInfo> fields() const = 0;
  /// Throws Error if there is no such field.
  [[nodiscard]] virtual Hyper get(std::string_view field) const = 0;
  /// Throws Error if there is no such field, or its range does not hold the value.
  virtual void set(std::string_view field, const Hyper& value) = 0;
  /// Of two of one kind: each has the other's hyperparameters then.
  virtual void exchange_fields(Program& other) noexcept = 0;
  /// Asks the schedules for the given step. Throws Error, naming the field, if a value is out of range. The
  /// hyperparameters change by take_answers() only.
  virtual void ask_schedules(std::int64_t step) = 0;
  virtual void take_answers() = 0;
  [[nodiscard]] virtual double lr() const = 0;

  [[nodiscard]] virtual const std::vector<SlotInfo>& slots() const = 0;
  /// What the slots hold before the first step, by the hyperparameters of now.
  [[nodiscard]] virtual std::vector<double> initial() const = 0;
  [[nodiscard]] virtual const std::vector<ScalarInfo>& scalars() const = 0;
  [[nodiscard]] virtual const std::vector<ScalarInfo>& shared() const = 0;
  [[nodiscard]] virtual SharedBy shared_by() const = 0;
  /// The same for two programs whose rules are of one type: these share numbers.
  [[nodiscard]] virtual const void* kind() const = 0;
  [[nodiscard]] virtual bool needs_gradient_norm() const = 0;
  [[nodiscard]] virtual bool has_denominator() const = 0;
  [[nodiscard]] virtual bool has_evaluation_point() const = 0;

  /// What the sums of each look are over.
  [[nodiscard]] virtual std::span<const std::span<const Over>> looks() const = 0;

  [[nodiscard]] virtual bool is_matrix() const = 0;
  [[nodiscard]] virtual std::size_t workspace(std::int64_t rows, std::int64_t columns) const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& matrices() const = 0;
  [[nodiscard]] virtual std::vector<MatrixShape> matrix_shapes(std::int64_t rows,
                                                               std::int64_t columns) const = 0;

  [[nodiscard]] virtual std::size_t coefficients_size() const = 0;
  virtual void at(Now& now, void* coefficients) const = 0;
  /// Of all tensors that share numbers, once: with the first one's coefficients.
  virtual void conclude_together(std::size_t look, const void* coefficients, const Findings& findings,
                                 std::span<double> shared) const = 0;
  virtual void conclude(std::size_t look, void* coefficients, const Findings& findings) const = 0;
  /// Of some rows of a tensor: the numbers of these rows are all that is written.
  virtual void conclude_rows(std::size_t look, const void* coefficients, const Findings& findings) const = 0;
  /// The arithmetic is in float32 or float64.
  [[nodiscard]] virtual Kernels kernels(Isa isa, Dtype arithmetic) const = 0;
};

/// Built-in rules: defined and instantiated in the library, for every instruction set.
template <Rule R>
std::unique_ptr<Program> compile_builtin(R rule);

}  // namespace gradus::engine
