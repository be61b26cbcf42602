#include "state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace gradus::tool {
namespace {

/// Sides by which a matrix's shape is told: whatever is as long as one of these is that side.
constexpr MatrixShape kProbe{.rows = 3, .columns = 5};

bool is_like(const MatrixShape& a, const MatrixShape& b) {
  return a.rows == b.rows && a.columns == b.columns;
}

std::string side(std::int64_t length) {
  return length == kProbe.rows ? "rows" : length == kProbe.columns ? "columns" : fmt::format("{}", length);
}

std::string size_of(Over over) {
  switch (over) {
    case Over::element:
      return "a number for each element";
    case Over::row:
      return "a number for each row";
    case Over::column:
      return "a number for each column";
    case Over::tensor:
    case Over::all:
      break;
  }
  return "a number";
}

std::string size_of(const MatrixShape& shape) {
  return is_like(shape, kProbe) ? size_of(Over::element)
                                : fmt::format("a matrix, {} x {}", side(shape.rows), side(shape.columns));
}

std::size_t slots_over(const engine::Program& rule, Over over) {
  return static_cast<std::size_t>(std::ranges::count(rule.slots(), over, &engine::SlotInfo::over));
}

/// "rows", "2 rows": numbers for each of them.
void add_many(std::vector<std::string>& terms, std::size_t count, const char* of_what) {
  if (count == 1) terms.emplace_back(of_what);
  if (count > 1) terms.push_back(fmt::format("{} {}", count, of_what));
}

}  // namespace

std::vector<StatePart> state_parts(const engine::Program& rule) {
  std::vector<StatePart> parts;
  for (const engine::SlotInfo& slot : rule.slots())
    parts.push_back({slot.name, size_of(slot.over), slot.over != Over::element});
  const std::vector<MatrixShape> shapes = rule.matrix_shapes(kProbe.rows, kProbe.columns);
  for (std::size_t i = 0; i < shapes.size(); ++i)
    parts.push_back({rule.matrices()[i], size_of(shapes[i]), !is_like(shapes[i], kProbe)});
  for (const engine::ScalarInfo& scalar : rule.scalars()) parts.push_back({scalar.name, "a number", false});
  const char* whose = rule.shared_by() == SharedBy::group ? "a number for all parameters of the group"
                                                          : "a number for all parameters of the optimizer";
  for (const engine::ScalarInfo& shared : rule.shared()) parts.push_back({shared.name, whose, false});
  return parts;
}

std::string state_summary(const engine::Program& rule) {
  const std::vector<MatrixShape> shapes = rule.matrix_shapes(kProbe.rows, kProbe.columns);
  const auto like_x = static_cast<std::size_t>(
      std::ranges::count_if(shapes, [](const MatrixShape& shape) { return is_like(shape, kProbe); }));
  const std::size_t elements = slots_over(rule, Over::element) + like_x;
  std::vector<std::string> terms;
  if (elements > 0) terms.push_back(fmt::format("{}", elements));
  add_many(terms, slots_over(rule, Over::row), "rows");
  add_many(terms, slots_over(rule, Over::column), "columns");
  if (shapes.size() > like_x) terms.emplace_back("matrices");
  return terms.empty() ? "0" : fmt::format("{}", fmt::join(terms, " + "));
}

}  // namespace gradus::tool
