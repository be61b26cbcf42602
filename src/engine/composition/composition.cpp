#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/composition/layout.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/engine/any_rule.hpp"
#include "gradus/engine/fields.hpp"

namespace gradus {

namespace engine::composition {

namespace {

/// The part's own, of the composition's.
const void* its(const Part& part, const void* coefficients) {
  return static_cast<const std::byte*>(coefficients) + part.coefficients.first;
}
void* its(const Part& part, void* coefficients) {
  return static_cast<std::byte*>(coefficients) + part.coefficients.first;
}
Findings its(const Part& part, Findings findings) {
  findings.slots = part.numbers.of(findings.slots);
  findings.scalars = part.scalars.of(findings.scalars);
  findings.shared = part.shared.of(findings.shared);
  return findings;
}

class Composition final : public Program {
 public:
  explicit Composition(std::vector<std::unique_ptr<Program>> parts)
      : layout_(layout_for(parts)), parts_(std::move(parts)) {}
  Composition(const Composition& other) : layout_(other.layout_) {
    for (const auto& part : other.parts_) parts_.push_back(part->clone());
  }

  [[nodiscard]] std::unique_ptr<Program> clone() const override {
    return std::make_unique<Composition>(*this);
  }
  [[nodiscard]] std::string_view name() const override { return layout_->name; }
  [[nodiscard]] std::span<const LinkInfo> links() const override { return layout_->links; }
  [[nodiscard]] const std::vector<std::unique_ptr<Program>>& parts() const { return parts_; }

  [[nodiscard]] std::vector<FieldInfo> fields() const override {
    std::vector<FieldInfo> infos;
    for (const auto& part : parts_)
      for (FieldInfo& info : part->fields()) {
        info.name = layout_->fields[infos.size()].name;
        infos.push_back(std::move(info));
      }
    return infos;
  }
  [[nodiscard]] Hyper get(std::string_view field) const override {
    const FieldName& found = named(field);
    return parts_[found.part]->get(found.of_part);
  }
  void set(std::string_view field, const Hyper& value) override {
    const FieldName& found = named(field);
    Program& part = *parts_[found.part];
    for (const FieldInfo& info : part.fields())
      if (info.name == found.of_part && !info.range.contains(value))
        throw_out_of_range({found.name, std::string(part.name()), nullptr, 0, info.range, ""}, value);
    part.set(found.of_part, value);
  }
  void exchange_fields(Program& other) noexcept override {
    auto& its = static_cast<Composition&>(other).parts_;
    for (std::size_t i = 0; i < parts_.size(); ++i) parts_[i]->exchange_fields(*its[i]);
  }
  void ask_schedules(std::int64_t step) override {
    for (const auto& part : parts_) try {
        part->ask_schedules(step);
      } catch (const Error& error) {
        throw Error(std::string(part->name()) + ": " + error.what());
      }
  }
  void take_answers() override {
    for (const auto& part : parts_) part->take_answers();
  }
  [[nodiscard]] double lr() const override {
    double lr = 1;
    for (const auto& part : parts_) lr *= part->lr();
    return lr;
  }

  [[nodiscard]] const std::vector<SlotInfo>& slots() const override { return layout_->slots; }
  [[nodiscard]] std::vector<double> initial() const override {
    std::vector<double> all;
    for (const auto& part : parts_) {
      const std::vector<double> its = part->initial();
      all.insert(all.end(), its.begin(), its.end());
    }
    return all;
  }
  [[nodiscard]] const std::vector<ScalarInfo>& scalars() const override { return layout_->scalars; }
  [[nodiscard]] const std::vector<ScalarInfo>& shared() const override { return layout_->shared; }
  [[nodiscard]] SharedBy shared_by() const override {
    for (const auto& part : parts_)
      if (!part->shared().empty()) return part->shared_by();
    return SharedBy::group;
  }
  [[nodiscard]] const void* kind() const override { return layout_.get(); }
  [[nodiscard]] bool needs_gradient_norm() const override {
    return std::ranges::any_of(parts_, [](const auto& part) { return part->needs_gradient_norm(); });
  }
  [[nodiscard]] bool has_denominator() const override {
    return std::ranges::all_of(parts_, [](const auto& part) { return part->has_denominator(); });
  }
  [[nodiscard]] bool has_evaluation_point() const override {
    return std::ranges::any_of(parts_, [](const auto& part) { return part->has_evaluation_point(); });
  }
  [[nodiscard]] std::span<const std::span<const Over>> looks() const override { return layout_->looks; }

  [[nodiscard]] bool is_matrix() const override { return layout_->has_matrix(); }
  [[nodiscard]] std::size_t workspace(std::int64_t rows, std::int64_t columns) const override {
    return is_matrix() ? parts_[layout_->matrix]->workspace(rows, columns) : 0;
  }
  [[nodiscard]] const std::vector<std::string>& matrices() const override { return layout_->matrices; }
  [[nodiscard]] std::vector<MatrixShape> matrix_shapes(std::int64_t rows,
                                                       std::int64_t columns) const override {
    return is_matrix() ? parts_[layout_->matrix]->matrix_shapes(rows, columns) : std::vector<MatrixShape>{};
  }

  [[nodiscard]] std::size_t coefficients_size() const override { return layout_->coefficients; }
  void at(Now& now, void* coefficients) const override {
    const Layout* const layout = layout_.get();
    std::memcpy(coefficients, &layout, sizeof(void*));
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const Part& part = layout->parts[i];
      Now of_part = now;
      of_part.scalars = part.scalars.of(now.scalars);
      of_part.shared = part.shared.of(now.shared);
      parts_[i]->at(of_part, its(part, coefficients));
    }
  }
  void conclude_together(std::size_t look, const void* coefficients, const Findings& findings,
                         std::span<double> shared) const override {
    const std::size_t i = part_with(*layout_, &Part::looks, look);
    const Part& part = layout_->parts[i];
    parts_[i]->conclude_together(look - part.looks.first, its(part, coefficients), its(part, findings),
                                 part.shared.of(shared));
  }
  void conclude(std::size_t look, void* coefficients, const Findings& findings) const override {
    const std::size_t i = part_with(*layout_, &Part::looks, look);
    const Part& part = layout_->parts[i];
    parts_[i]->conclude(look - part.looks.first, its(part, coefficients), its(part, findings));
  }
  void conclude_rows(std::size_t look, const void* coefficients, const Findings& findings) const override {
    const std::size_t i = part_with(*layout_, &Part::looks, look);
    const Part& part = layout_->parts[i];
    parts_[i]->conclude_rows(look - part.looks.first, its(part, coefficients), its(part, findings));
  }
  [[nodiscard]] Kernels kernels(Isa isa, Dtype arithmetic) const override {
    return kernels_of(*layout_, isa, arithmetic);
  }

 private:
  /// Throws Error if there is no such field.
  [[nodiscard]] const FieldName& named(std::string_view field) const {
    std::vector<std::string> names;
    for (const FieldName& its : layout_->fields) {
      if (its.name == field) return its;
      names.push_back(its.name);
    }
    throw Error(layout_->name + " has no field '" + std::string(field) + "'; it has: " + listed(names));
  }

  std::shared_ptr<const Layout> layout_;
  std::vector<std::unique_ptr<Program>> parts_;
};

/// A composition joins with its parts, so that it does not matter which were composed first.
void append_parts(const Program& program, std::vector<std::unique_ptr<Program>>& parts) {
  if (const auto* composition = dynamic_cast<const Composition*>(&program))
    for (const auto& part : composition->parts()) parts.push_back(part->clone());
  else
    parts.push_back(program.clone());
}

}  // namespace

}  // namespace engine::composition

AnyRule operator>>(const AnyRule& first, const AnyRule& second) {
  std::vector<std::unique_ptr<engine::Program>> parts;
  engine::composition::append_parts(first.program(), parts);
  engine::composition::append_parts(second.program(), parts);
  return AnyRule(std::make_unique<engine::composition::Composition>(std::move(parts)));
}

}  // namespace gradus
