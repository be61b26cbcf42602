// A rule, a hyperparameter and the entries of a race, whichever the text is of.

#include <algorithm>
#include <cstdint>
#include <string>

#include "fuzz.hpp"
#include "gradus/gradus.hpp"
#include "lab/race/entry_spec.hpp"

namespace gradus::fuzz {

namespace {

/// What is left out has its default, so that all together may be longer and deeper than what may be read.
bool is_out_of_bounds(const Error& error) {
  const std::string_view what = error.what();
  return what.find("the text is longer") != what.npos || what.find("parentheses are more") != what.npos;
}

template <class Write>
std::optional<std::string> text_within_bounds(Write write) {
  try {
    return write();
  } catch (const Error& error) {
    expect(is_out_of_bounds(error), "a text of what was read");
    return {};
  }
}

void check_rule(std::string_view text) {
  const std::optional<AnyRule> rule = accepted([&] { return parse_rule(text); });
  if (!rule) return;
  for (const TextFields fields : {TextFields::all, TextFields::changed}) {
    const auto written = text_within_bounds([&] { return rule_text(*rule, fields); });
    if (!written) continue;
    const AnyRule again = parse_rule(*written);
    expect(again.program().kind() == rule->program().kind(), "the same rule");
    expect(again.fields() == rule->fields(), "the same fields");
    expect(rule_text(again, fields) == *written, "the same text of a rule");
  }
}

/// As a training would ask it: an Error is an answer.
void ask(Hyper& hyper) {
  for (const std::int64_t step : {std::int64_t{0}, std::int64_t{1}, std::int64_t{1000}, INT64_MAX})
    accepts([&] { hyper.ask(step); });
}

void check_hyper(std::string_view text) {
  std::optional<Hyper> hyper = accepted([&] { return parse_hyper(text); });
  if (!hyper) return;
  ask(*hyper);
  const auto written = text_within_bounds([&] { return hyper_text(*hyper); });
  if (written) expect(hyper_text(parse_hyper(*written)) == *written, "the same text of a hyperparameter");
}

bool same_phase(const lab::PhaseSpec& a, const lab::PhaseSpec& b) {
  return a.text == b.text && a.rule == b.rule && a.lr == b.lr && a.settings.size() == b.settings.size();
}

bool same_entry(const lab::EntrySpec& a, const lab::EntrySpec& b) {
  return a.text == b.text && a.label == b.label && a.switch_at == b.switch_at &&
         std::ranges::equal(a.phases, b.phases, same_phase);
}

void check_entries(std::string_view list) {
  const auto entries = accepted([&] { return lab::parse_entries(list); });
  if (!entries) return;
  std::string text;
  for (const lab::EntrySpec& entry : *entries) text += (text.empty() ? "" : ",") + entry.text;
  expect(std::ranges::equal(lab::parse_entries(text), *entries, same_entry), "the same entries");
}

bool register_some() {
  register_rule(ClipNorm{} >> Adam{});
  register_rule(WeightDecay{} >> Momentum{});
  return true;
}

}  // namespace

void look_at(std::string_view input) {
  [[maybe_unused]] static const bool registered = register_some();
  check_rule(input);
  check_hyper(input);
  check_entries(input);
}

}  // namespace gradus::fuzz
