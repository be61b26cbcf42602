#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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

inline constexpr std::size_t kMostSlots = 8;  // of a rule with all its links

/// What a sweep over elements needs besides arrays.
struct Sweep {
  const void* coefficients;  ///< the rule's Step
  double lr;                 ///< x <- x - lr * u
  double gain;               ///< g <- gain * g first: -1 to maximize, 1/2^16 to undo a loss scale
};

/// The loops of one rule for one dtype and instruction set. All run over n elements; `slots` holds an array a
/// slot. Kernels of a kind that the rule is not of are null.
struct Kernels {
  void (*update)(const Sweep&, std::size_t n, void* x, const void* g, void* const* slots);
  /// What each slot-dependent averaged gradient is divided by, in double.
  void (*denominators)(const Sweep&, std::size_t n, void* const* slots, double* out);

  /// Measured rules: writes measures() sums over the n elements.
  void (*measure)(const Sweep&, std::size_t n, const void* x, const void* g, void* const* slots,
                  double* sums);

  /// Matrix rules: g to u; u as a matrix, in place, with `workspace` elements of scratch; u to x.
  void (*before)(const Sweep&, std::size_t n, const void* x, const void* g, void* const* slots, void* u);
  void (*transform)(const void* coefficients, Isa isa, std::int64_t rows, std::int64_t columns, void* u,
                    void* workspace);
  void (*after)(const Sweep&, std::size_t n, void* x, const void* u, void* const* slots);
};

/// A rule without its type: what the optimizer works with.
class Program {
 public:
  virtual ~Program() = default;
  [[nodiscard]] virtual std::unique_ptr<Program> clone() const = 0;

  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual std::vector<FieldInfo> fields() const = 0;
  /// Throws Error if there is no such field, or its range does not hold the value.
  virtual void set(std::string_view field, const Hyper& value) = 0;
  /// Asks the schedules for the given step. Throws Error, naming the field, if a value is out of range. The
  /// hyperparameters change by take_answers() only.
  virtual void ask_schedules(std::int64_t step) = 0;
  virtual void take_answers() = 0;
  [[nodiscard]] virtual double lr() const = 0;

  [[nodiscard]] virtual std::vector<std::string> slots() const = 0;
  [[nodiscard]] virtual std::vector<double> initial() const = 0;
  [[nodiscard]] virtual std::vector<Scalar> scalars() const = 0;
  [[nodiscard]] virtual bool needs_gradient_norm() const = 0;
  [[nodiscard]] virtual bool has_denominator() const = 0;
  [[nodiscard]] virtual std::size_t measures() const = 0;
  [[nodiscard]] virtual bool is_matrix() const = 0;
  [[nodiscard]] virtual std::size_t workspace(std::int64_t rows, std::int64_t columns) const = 0;

  [[nodiscard]] virtual std::size_t coefficients_size() const = 0;
  virtual void at(Now& now, void* coefficients) const = 0;
  virtual void conclude(void* coefficients, const double* sums) const = 0;
  [[nodiscard]] virtual Kernels kernels(Isa isa, Dtype dtype) const = 0;
};

/// Built-in rules: defined and instantiated in the library, for every instruction set.
template <Rule R>
std::unique_ptr<Program> compile_builtin(R rule);

}  // namespace gradus::engine
