#include "rules.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>

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

template <class>
using GivenFor = Given;

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

template <class R, std::size_t... I>
void define(nb::module_& module, std::index_sequence<I...> /*fields*/) {
  const std::string name(engine::type_name<R>()), doc = doc_of<R>();
  nb::class_<Of<R>, RuleObject> of_kind(module, name.c_str(), doc.c_str());
  const auto make = []<class... T>(Of<R>* self, T... given) {
    R rule;
    ((rule.*(R::fields[I].member) = hyper_of(R::fields[I].name, given.value)), ...);
    new (self) Of<R>{{AnyRule(std::move(rule))}};
  };
  const std::string signature = signature_of<R>();
  of_kind.def(
      "__init__",
      [make](Of<R>* self, GivenFor<std::integral_constant<std::size_t, I>>... given) {
        make(self, given...);
      },
      (nb::arg(R::fields[I].name).none() = static_cast<double>(R{}.*(R::fields[I].member)))...,
      nb::sig(signature.c_str()));
  (of_kind.def_prop_rw(
       R::fields[I].name, [](const Of<R>& self) { return to_python(self.rule.get(R::fields[I].name)); },
       [](Of<R>& self, const Given& given) {
         self.rule.set(R::fields[I].name, hyper_of(R::fields[I].name, given.value));
       },
       R::fields[I].meaning, nb::for_getter(nb::sig("def (self) -> float | Schedule"))),
   ...);
}

template <class R>
void define(nb::module_& module) {
  if constexpr (requires { R::fields; }) {
    define<R>(module, std::make_index_sequence<R::fields.size()>{});
  } else {
    define<R>(module, std::index_sequence<>{});
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

/// Its name alone where a schedule has no text: a function of Python.
std::string shown(const AnyRule& rule) {
  try {
    return rule_text(rule, TextFields::changed);
  } catch (const Error&) {
    return std::string(rule.name());
  }
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
      .def("__copy__", [](const RuleObject& self) { return self; })
      .def("__deepcopy__", [](const RuleObject& self, nb::handle /*memo*/) { return self; })
      .def("__str__", [](const RuleObject& self) { return rule_text(self.rule); })
      .def("__repr__", [](const RuleObject& self) { return "<Rule " + shown(self.rule) + ">"; })
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
