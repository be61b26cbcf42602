#pragma once

// The table of rules that the tests walk through: all built-in ones (gradus/rules/built_in.hpp), and
// compositions. A row inherits every check.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gradus/gradus.hpp"

namespace gradus::test {

/// engine::Reference without its rule's type.
template <class T>
class Plain {
 public:
  virtual ~Plain() = default;
  virtual void step(std::span<const T> g, std::int64_t steps, double gradient_norm, double gain) = 0;
  [[nodiscard]] virtual std::vector<T>& x() = 0;
  [[nodiscard]] virtual std::vector<T>& slot(std::size_t i) = 0;
};

struct RuleRow {
  std::string name;  ///< letters, digits and _
  AnyRule rule;
  bool matrices_only;
  std::unique_ptr<Plain<float>> (*plain_float)(std::vector<float> x, std::int64_t rows);
  std::unique_ptr<Plain<double>> (*plain_double)(std::vector<double> x, std::int64_t rows);

  template <class T>
  [[nodiscard]] std::unique_ptr<Plain<T>> plain(std::vector<T> x, std::int64_t rows) const {
    if constexpr (std::is_same_v<T, float>)
      return plain_float(std::move(x), rows);
    else
      return plain_double(std::move(x), rows);
  }
};

const std::vector<RuleRow>& rules();

/// How many arrays a rule keeps of a parameter: the first ones of its state.
inline std::size_t arrays_of(const AnyRule& rule) {
  return rule.program().slots().size() + rule.program().matrices().size();
}

/// Does a rule share numbers between parameters?
inline bool shares(const AnyRule& rule) { return !rule.program().shared().empty(); }

/// A small one that the rule takes.
inline Shape shape_for(const RuleRow& row) { return row.matrices_only ? Shape{4, 5} : Shape{20}; }

}  // namespace gradus::test
