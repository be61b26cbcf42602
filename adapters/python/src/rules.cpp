#include "rules.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "gradus/core/nearest.hpp"
#include "gradus/core/number_text.hpp"
#include "gradus/formula.hpp"
#include "gradus/gradus.hpp"
#include "hyper.hpp"
#include "module.hpp"

namespace nb = nanobind;

namespace gradus::python {

namespace {

template <class R>
struct Of : RuleObject {};

/// What help() shows: the title, the formula, each field, the source.
template <class R>
std::string doc_of() {
  const About& about = R::about;
  std::string doc = std::string(about.title) + "\n";
  if (*about.formula != '\0') doc += "\n" + std::string(about.formula) + "\n";
  for (const FieldInfo& field : AnyRule(R{}).fields())
    doc += "\n" + field.name + ": " + field.meaning + ", in " + field.range.text();
  if (*about.source != '\0') doc += "\n\n" + std::string(about.source);
  if (*about.pytorch != '\0') doc += "\n\n" + std::string(about.pytorch);
  return doc;
}

/// None is let in, so that hyper_of() refuses it by name, but it is no type of a hyperparameter.
template <class R>
std::string signature_of() {
  std::string signature = "def __init__(self";
  for (const FieldInfo& field : AnyRule(R{}).fields())
    signature += ", " + field.name + ": float | Schedule | collections.abc.Callable[[int], float] = " +
                 number_text(field.default_value);
  return signature + ") -> None";
}

/// As a function of Python with the fields as its arguments takes them, with errors that name it.
void set_fields(AnyRule& rule, const std::string& kind, const nb::args& in_order, const nb::kwargs& by_name) {
  std::vector<std::string> names;
  for (FieldInfo& field : rule.fields()) names.push_back(std::move(field.name));
  if (in_order.size() > names.size())
    throw nb::type_error((kind + "() takes " + std::to_string(names.size()) + " hyperparameters, not " +
                          std::to_string(in_order.size()))
                             .c_str());
  for (std::size_t i = 0; i < in_order.size(); ++i) rule.set(names[i], hyper_of(names[i], in_order[i]));
  for (const auto& [key, value] : by_name) {
    const auto name = nb::cast<std::string>(key);
    const auto place = std::ranges::find(names, name);
    if (place == names.end())
      throw nb::type_error(
          (kind + "() has no hyperparameter '" + name + "'; it has: " + listed(names)).c_str());
    if (place - names.begin() < static_cast<std::ptrdiff_t>(in_order.size()))
      throw nb::type_error((kind + "() was given " + name + " twice").c_str());
    rule.set(name, hyper_of(name, value));
  }
}

template <class R>
void define(nb::module_& module) {
  const std::string name(engine::type_name<R>()), doc = doc_of<R>(), signature = signature_of<R>();
  nb::class_<Of<R>, RuleObject> of_kind(module, name.c_str(), doc.c_str());
  of_kind.def(
      "__init__",
      [name](Of<R>* self, const nb::args& in_order, const nb::kwargs& by_name) {
        AnyRule rule{R{}};
        set_fields(rule, name, in_order, by_name);
        new (self) Of<R>{{std::move(rule)}};
      },
      nb::sig(signature.c_str()));
  for (const FieldInfo& field : AnyRule(R{}).fields()) {
    of_kind.def_prop_rw(
        field.name.c_str(),
        [its = field.name](const RuleObject& self) { return to_python(self.rule.get(its)); },
        [its = field.name](RuleObject& self, const Given& given) {
          self.rule.set(its, hyper_of(its, given.value));
        },
        field.meaning.c_str(), nb::for_getter(nb::sig("def (self) -> float | Schedule")));
  }
}

template <class... R>
void define_all(nb::module_& module, std::tuple<R...>*) {
  (define<R>(module), ...);
}

/// Compositions with a fused loop of their own: weight decay as PyTorch's optimizers have it, and clipping before a rule.
using Decayed = std::tuple<SGD, Momentum, Nesterov, AdaGrad, RMSProp, RMSPropCentered, RMSPropMomentum,
                           RMSPropCenteredMomentum, Adam, AMSGrad>;
using Clipped = std::tuple<SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW, AMSGrad>;

template <class... D, class... C>
void register_compositions(std::tuple<D...>*, std::tuple<C...>*) {
  (register_rule(WeightDecay{} >> D{}), ...);
  (register_rule(ClipNorm{} >> C{}), ...);
  register_rule(WeightDecay{} >> AdaGrad{} >> InverseTimeDecay{});
  register_rule(AMSGrad{} >> WeightDecay{});
  register_rule(Adam{} >> WeightDecay{});
  register_rule(ClipNorm{} >> Adam{} >> WeightDecay{});
}

AnyRule composed(const AnyRule& first, const AnyRule& second) {
  AnyRule running = first >> second;
  const std::vector<std::string> names = registered_names();
  if (std::ranges::find(names, running.name()) == names.end()) return running;
  AnyRule fused = make_rule(running.name());
  if (!engine::same_links(fused.program(), running.program())) return running;
  copy_fields(running, fused);
  return fused;
}

/// Nothing where a schedule has no text, a function of Python, or a formula no name.
std::optional<std::string> text_of(const AnyRule& rule, TextFields fields) {
  try {
    return rule_text(rule, fields);
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool are_equal(const RuleObject& a, const RuleObject& b) {
  if (&a == &b) return true;
  const std::optional<std::string> text = text_of(a.rule, TextFields::all);
  return text && text == text_of(b.rule, TextFields::all);
}

void define_field(nb::module_& module) {
  nb::class_<FieldInfo>(module, "Field", "A hyperparameter of a rule, as it is now.")
      .def_ro("name", &FieldInfo::name)
      .def_ro("value", &FieldInfo::value, "for the step at hand, where it has a schedule")
      .def_ro("scheduled", &FieldInfo::scheduled)
      .def_ro("default", &FieldInfo::default_value)
      .def_prop_ro("range", [](const FieldInfo& field) { return field.range.text(); })
      .def_ro("meaning", &FieldInfo::meaning)
      .def("__repr__", [](const FieldInfo& field) {
        return "<Field " + field.name + ": " + field.meaning + ", in " + field.range.text() + ">";
      });
}

}  // namespace

const RuleObject& rule_from(const std::string& whose, nb::handle given) {
  const RuleObject* rule = nullptr;
  if (nb::try_cast(given, rule) && rule != nullptr) return *rule;
  std::string message = whose + " was given " + nb::cast<std::string>(nb::repr(given)).substr(0, 60) +
                        "; it takes a rule, such as gradus.Adam(lr=0.001)";
  if (nb::isinstance<nb::str>(given)) message += " or gradus.Rule.parse('adam:lr=0.001')";
  throw nb::type_error(message.c_str());
}

void define_rules(nb::module_& module) {
  define_field(module);
  nb::class_<RuleObject>(module, "Rule",
                         "How a gradient moves a parameter, with its hyperparameters: a value.")
      .def_static(
          "parse", [](const std::string& text) { return RuleObject{parse_rule(text)}; }, nb::arg("text"),
          "The rule that the text tells: 'adam:lr=0.001', say, as str() of a rule has it.")
      .def_prop_ro("name", [](const RuleObject& self) { return std::string(self.rule.name()); })
      .def_prop_ro("fields", [](const RuleObject& self) { return self.rule.fields(); })
      .def(
          "get",
          [](const RuleObject& self, const std::string& field) { return to_python(self.rule.get(field)); },
          nb::arg("field"), nb::sig("def get(self, field: str) -> float | Schedule"))
      .def(
          "set",
          [](RuleObject& self, const std::string& field, const Given& given) {
            self.rule.set(field, hyper_of(field, given.value));
          },
          nb::arg("field"), nb::arg("value").none(),
          nb::sig("def set(self, field: str, value: float | Schedule | collections.abc.Callable[[int], "
                  "float]) -> None"))
      .def(
          "__rshift__",
          [](const RuleObject& self, const RuleObject& next) {
            return RuleObject{composed(self.rule, next.rule)};
          },
          nb::arg("next"), "The composition: the direction of this one is the gradient of the next.")
      .def("__hash__",
           [](const RuleObject&) -> Py_hash_t {
             throw nb::type_error("a Rule has no hash: its fields can change");
           })
      .def("__copy__", [](const RuleObject& self) { return self; })
      .def("__deepcopy__", [](const RuleObject& self, nb::handle /*memo*/) { return self; })
      .def("__str__", [](const RuleObject& self) { return rule_text(self.rule); })
      .def("__repr__",
           [](const RuleObject& self) {
             return "<Rule " +
                    text_of(self.rule, TextFields::changed).value_or(std::string(self.rule.name())) + ">";
           })
      .def("__eq__", &are_equal, nb::is_operator(), nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__getstate__", [](const RuleObject& self) { return rule_text(self.rule); })
      .def("__setstate__",
           [](RuleObject& self, const std::string& text) { new (&self) RuleObject{parse_rule(text)}; });
  define_all(module, static_cast<BuiltInRules*>(nullptr));
  define_all(module, static_cast<BuiltInLinks*>(nullptr));
  register_compositions(static_cast<Decayed*>(nullptr), static_cast<Clipped*>(nullptr));
  module.def(
      "rule",
      [](const std::string& formula, const std::string& name, const nb::kwargs& fields) {
        std::vector<Setting> settings;
        for (const auto& [field, value] : fields) {
          const auto its = nb::cast<std::string>(field);
          settings.emplace_back(its, hyper_of(its, value));
        }
        return RuleObject{formula_rule(name, formula, settings)};
      },
      nb::arg("formula"), nb::kw_only(), nb::arg("name") = "", nb::arg("fields"),
      nb::sig("def rule(formula: str, *, name: str = '', **fields: float | Schedule | "
              "collections.abc.Callable[[int], float]) -> Rule"),
      "A rule of your own, as text: a line is NAME = EXPRESSION, g is the gradient, x the parameter, t the "
      "parameter's "
      "steps, u the direction; what is read before it is written is kept between steps. Expressions have + - "
      "* / ** < >, "
      "sqrt, abs, sign, min, max, where(condition, a, b) and ema(beta, old, new). With a name it can be "
      "saved.");
  module.def("_check_rule",
             [](const std::string& whose, nb::handle given) { (void)rule_from(whose, given); });
  module.def("rule_names", &rule_names, "The names of all built-in rules, as Rule.parse() takes them.");
  module.def(
      "explain",
      [](const std::string& name) {
        const About& a = about(name);
        return std::string(a.title) + "\n\n" + a.formula + "\n\n" + a.source + "\n\n" + a.pytorch;
      },
      nb::arg("rule"),
      "What people want to know of a built-in rule: formula, source, how PyTorch's differs.");
}

}  // namespace gradus::python
