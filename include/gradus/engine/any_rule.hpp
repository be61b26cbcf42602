#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/core/error.hpp"
#include "gradus/engine/compiled.hpp"

namespace gradus {

/// Any rule, built-in or a user's own, without its type; a value. Once moved from it can be assigned to or
/// destroyed; all else throws Error.
class AnyRule {
 public:
  /// Throws Error if a hyperparameter is out of its range.
  template <Rule R>
  AnyRule(R rule)  // NOLINT(google-explicit-constructor): `Optimizer opt{Adam{}}` shall work
      : program_(engine::compile(std::move(rule))) {}
  /// Throws Error if the pointer is null.
  explicit AnyRule(std::unique_ptr<engine::Program> program) : program_(std::move(program)) {
    if (program_ == nullptr) throw Error("a rule needs a program: the pointer to it is null");
  }

  AnyRule(const AnyRule& other) : program_(other.program().clone()) {}
  AnyRule& operator=(const AnyRule& other) {
    program_ = other.program().clone();
    return *this;
  }
  AnyRule(AnyRule&&) noexcept = default;
  AnyRule& operator=(AnyRule&&) noexcept = default;
  ~AnyRule() = default;

  [[nodiscard]] std::string_view name() const { return program().name(); }
  [[nodiscard]] std::vector<FieldInfo> fields() const { return program().fields(); }
  /// A field's number or schedule. Throws Error if there is no such field.
  [[nodiscard]] Hyper get(std::string_view field) const { return program().get(field); }
  /// Throws Error, which names the field and its range, if there is no such field or the range lacks the value.
  /// Where links of a chain have fields of one name, the first has it, the next is name_2: fields() lists them.
  void set(std::string_view field, const Hyper& value) { program().set(field, value); }

  [[nodiscard]] const engine::Program& program() const { return held(); }
  [[nodiscard]] engine::Program& program() { return held(); }

 private:
  [[nodiscard]] engine::Program& held() const {
    if (program_ == nullptr) throw Error("this rule has been moved from; it can only be assigned to");
    return *program_;
  }

  std::unique_ptr<engine::Program> program_;
};

/// Composes rules whose types are not known here: the direction of the first is the gradient of the second. It computes
/// what `ClipNorm{} >> Adam{}` does, with the same bits, but each rule sweeps for itself over pieces that stay in cache.
/// Throws Error for what has no meaning, as the compiler does: two rules with a learning rate, say.
AnyRule operator>>(const AnyRule& first, const AnyRule& second);

/// Gives a rule the hyperparameters of another one of the same links. Throws Error if a range lacks a value.
void copy_fields(const AnyRule& from, AnyRule& to);

/// A hyperparameter by name, as a number, a schedule or
/// text: {"lr", 1e-3}, {"lr", Cosine{...}}, {"lr", "1e-3"}.
struct Setting {
  std::string name;
  Hyper value;

  Setting(std::string field, Hyper number) : name(std::move(field)), value(std::move(number)) {}
  Setting(std::string field, double number) : name(std::move(field)), value(number) {}
  /// Throws Error if the text is not a number.
  Setting(std::string field, std::string_view text);
  Setting(std::string field, const char* text) : Setting(std::move(field), std::string_view(text)) {}
};

}  // namespace gradus
