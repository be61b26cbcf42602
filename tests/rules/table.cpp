#include "rules/table.hpp"

#include <utility>

#include "gradus/engine/reference.hpp"
#include "rules/lines.hpp"

namespace gradus::test {

namespace {

template <Rule R, class T>
class PlainRule final : public Plain<T> {
 public:
  PlainRule(R rule, std::vector<T> x, std::int64_t rows) : reference_(std::move(rule), std::move(x), rows) {}
  void step(std::span<const T> g, std::int64_t steps, double gradient_norm, double gain) override {
    reference_.step(g, steps, gradient_norm, gain);
  }
  [[nodiscard]] std::vector<T>& x() override { return reference_.x(); }
  [[nodiscard]] std::vector<T>& slot(std::size_t i) override { return reference_.slot(i); }

 private:
  engine::Reference<R, T> reference_;
};

/// `make` is a function without captures that returns the rule.
template <class Make>
RuleRow row(std::string name, Make make) {
  AnyRule rule = make();
  const bool matrices_only = rule.program().is_matrix();
  return {std::move(name), std::move(rule), matrices_only,
          [](std::vector<float> x, std::int64_t rows) -> std::unique_ptr<Plain<float>> {
            return std::make_unique<PlainRule<decltype(Make{}()), float>>(Make{}(), std::move(x), rows);
          },
          [](std::vector<double> x, std::int64_t rows) -> std::unique_ptr<Plain<double>> {
            return std::make_unique<PlainRule<decltype(Make{}()), double>>(Make{}(), std::move(x), rows);
          }};
}

template <Rule R>
AnyRule composed_of_links(const R& rule) {
  if constexpr (kIsChain<R>)
    return composed_of_links(rule.first) >> composed_of_links(rule.second);
  else
    return rule;
}

/// What the compiler does not fuse is to do what it fuses.
template <class Make>
RuleRow row_composed_while_running(std::string name, Make make) {
  RuleRow composed = row(std::move(name), make);
  composed.rule = composed_of_links(links_of(make()));
  return composed;
}

template <class... R>
std::vector<RuleRow> built_in(const std::tuple<R...>*) {
  return {row(R::about.name, [] { return R{}; })...};
}

}  // namespace

const std::vector<RuleRow>& rules() {
  static const std::vector<RuleRow> table = [] {
    std::vector<RuleRow> rows = built_in(static_cast<BuiltInRules*>(nullptr));
    rows.push_back(row("clip_value_then_sgd", [] { return ClipValue{0.5} >> SGD{.lr = 0.1}; }));
    rows.push_back(row("clip_norm_then_adamw", [] { return ClipNorm{1.0} >> AdamW{}; }));
    rows.push_back(row("coupled_decay_then_momentum",
                       [] { return WeightDecay{0.1} >> Momentum{.lr = 0.1, .dampening = 0.5}; }));
    rows.push_back(row("coupled_decay_then_adam", [] { return WeightDecay{0.1} >> Adam{}; }));
    rows.push_back(row("coupled_decay_then_rowwise_adagrad",
                       [] { return WeightDecay{0.1} >> RowwiseAdaGrad{.lr = 0.1}; }));
    rows.push_back(
        row("adagrad_with_decay_of_its_own", [] { return AdaGrad{.lr = 0.1} >> InverseTimeDecay{0.1}; }));
    rows.push_back(row("adam_with_schedules", [] {
      return Adam{.lr = Cosine{.from = 0.1, .to = 0.001, .steps = 20},
                  .beta1 = Linear{.from = 0.5, .to = 0.9, .steps = 9}};
    }));
    rows.push_back(row("lamb_with_decay", [] { return LAMB{.lr = 0.01, .weight_decay = 0.1}; }));
    rows.push_back(row("trust_ratio_of_momentum",
                       [] { return WeightDecay{0.01} >> TrustRatio{} >> Momentum{.lr = 0.1}; }));
    rows.push_back(row("clip_norm_then_muon", [] { return ClipNorm{1.0} >> Muon{.lr = 0.02}; }));
    rows.push_back(row("lines", [] { return Lines{}; }));
    rows.push_back(row("lines_of_lines", [] { return Lines{} >> Lines{}; }));

    const auto add_composed = [&](const char* composition, auto make) {
      rows.push_back(row_composed_while_running(std::string("running_") + composition, make));
    };
    add_composed("clip_norm_then_adamw", [] { return ClipNorm{1.0} >> AdamW{}; });
    add_composed("coupled_decay_then_momentum",
                 [] { return WeightDecay{0.1} >> Momentum{.lr = 0.1, .dampening = 0.5}; });
    add_composed("coupled_decay_then_rowwise_adagrad",
                 [] { return WeightDecay{0.1} >> RowwiseAdaGrad{.lr = 0.1}; });
    add_composed("lamb", [] { return LAMB{.lr = 0.01, .weight_decay = 0.1}; });
    add_composed("clip_norm_then_muon", [] { return ClipNorm{1.0} >> Muon{.lr = 0.02}; });
    add_composed("lines_of_lines", [] { return Lines{} >> Lines{}; });
    return rows;
  }();
  return table;
}

}  // namespace gradus::test
