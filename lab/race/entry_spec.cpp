#include "lab/race/entry_spec.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/core/number_text.hpp"
#include "lab/race/rules.hpp"

namespace gradus::lab {
namespace {

constexpr std::string_view kThen = ">>";  // between the rules of a composition

/// Spaces at the ends and beside separators are nothing; within a name or a number they are a mistake.
std::string without_spaces(std::string_view text) {
  constexpr std::string_view kSpaces = " \t", kSeparators = ",:=>@";
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kSpaces.find(text[i]) == std::string_view::npos) {
      result += text[i];
      continue;
    }
    const std::size_t next = text.find_first_not_of(kSpaces, i);
    const bool inside = !result.empty() && kSeparators.find(result.back()) == std::string_view::npos &&
                        next != std::string_view::npos &&
                        kSeparators.find(text[next]) == std::string_view::npos;
    if (inside) result += ' ';
    i = std::min(next, text.size()) - 1;
  }
  return result;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = text.find(separator, from)) != std::string::npos; from = at + 1)
    parts.push_back(text.substr(from, at - from));
  parts.push_back(text.substr(from));
  return parts;
}

template <class T>
struct Named {
  const char* name;
  T value;
};
constexpr Named<State> kStates[] = {{"f32", State::f32},
                                    {"f64", State::f64},
                                    {"bf16", State::bf16},
                                    {"block8", State::block8},
                                    {"dynamic8", State::dynamic8}};
constexpr Named<Rounding> kRoundings[] = {{"nearest", Rounding::nearest},
                                          {"stochastic", Rounding::stochastic}};

template <class T, std::size_t n>
T parse_choice(const Named<T> (&choices)[n], const std::string& field, const std::string& value) {
  std::vector<std::string> names;
  for (const Named<T>& choice : choices) {
    if (value == choice.name) return choice.value;
    names.emplace_back(choice.name);
  }
  throw Error(fmt::format("{} is '{}'; it must be one of {}", field, value, listed(names)));
}

/// How the state is kept. False if the field is about something else.
bool parse_state_field(const std::string& name, const std::string& value, StateOptions& state) {
  if (name == "state") {
    state.dtype = parse_choice(kStates, name, value);
    state.from_size = 0;
  } else if (name == "rounding") {
    state.rounding = parse_choice(kRoundings, name, value);
  } else {
    return false;
  }
  return true;
}

void parse_field(const std::string& text, PhaseSpec& phase) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw Error(fmt::format("'{}' should be field=value", text));
  const std::string name = text.substr(0, equals), value = text.substr(equals + 1);
  if (name == "lr")
    phase.lr = parse_number(value, "lr");
  else if (!parse_state_field(name, value, phase.state))
    phase.settings.emplace_back(name, std::string_view(value));
}

void parse_fields(const std::vector<std::string>& fields, PhaseSpec& phase) {
  std::vector<std::string> names;
  for (const std::string& field : fields) {
    names.push_back(field.substr(0, field.find('=')));
    if (std::count(names.begin(), names.end(), names.back()) > 1)
      throw Error(fmt::format("{} is given twice", names.back()));
    parse_field(field, phase);
  }
  const bool rounded = std::ranges::find(names, "rounding") != names.end();
  const bool small =
      phase.state.dtype != State::plain && phase.state.dtype != State::f32 && phase.state.dtype != State::f64;
  if (rounded && !small)
    throw Error("rounding needs a state that is rounded, as in adam:state=bf16,rounding=nearest");
}

/// Throws Error unless there is such a rule, with such fields, the values are in range, and there is
/// something to keep as it is asked for.
void check(const PhaseSpec& phase) {
  std::vector<Setting> settings = phase.settings;
  if (phase.lr) settings.emplace_back("lr", *phase.lr);
  const AnyRule rule = raced_rule(phase.rule, settings);
  const std::vector<FieldInfo> fields = rule.fields();
  if (std::ranges::find(fields, "lr", &FieldInfo::name) == fields.end())
    throw Error(
        fmt::format("{} has no learning rate; what has none is composed with what has, as in clip_norm>>adam",
                    phase.rule));
  const auto& slots = rule.program().slots();
  if (phase.state.dtype != State::plain &&
      std::ranges::find(slots, Over::element, &engine::SlotInfo::over) == slots.end())
    throw Error(fmt::format("{} has no array of state, a number for each element, to be kept as {}",
                            phase.rule, name_of(phase.state.dtype)));
}

PhaseSpec parse_phase(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (text.find(kThen, std::min(colon, text.size())) != std::string::npos)
    throw Error("fields of a composition stand behind all of it, as in clip_norm>>adam:max_norm=2,beta1=0.8");
  PhaseSpec phase{text.substr(0, colon), {}, {}, {}, text};
  if (phase.rule.empty()) throw Error("a rule's name is missing");
  if (colon != std::string::npos) parse_fields(split(text.substr(colon + 1), ','), phase);
  check(phase);
  return phase;
}

/// Takes "@0.3" off the end of the text.
double take_switch_point(std::string& text) {
  const std::size_t at = text.find('@');
  const double switch_at = parse_number(text.substr(at + 1), "the switch point after @");
  if (!(switch_at > 0 && switch_at < 1))
    throw Error(fmt::format("the switch point after @ is {}; it must lie in (0, 1)", text.substr(at + 1)));
  text.resize(at);
  return switch_at;
}

/// The entry without its learning rates: "adam:lr=1,eps=2>sgd:lr=1@0.3" -> "adam:eps=2>sgd@0.3".
std::string without_rates(const EntrySpec& entry) {
  std::string text;
  for (const PhaseSpec& phase : entry.phases) {
    text += (text.empty() ? "" : ">") + phase.rule;
    if (phase.text.size() == phase.rule.size()) continue;
    const char* separator = ":";
    for (const std::string& field : split(phase.text.substr(phase.rule.size() + 1), ',')) {
      if (field.starts_with("lr=")) continue;
      text += separator + field;
      separator = ",";
    }
  }
  const std::size_t at = entry.text.find('@');
  return at == std::string::npos ? text : text + entry.text.substr(at);
}

std::string without_words(std::string text) {
  for (const std::string_view word : {"state=", "rounding="})
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos;) text.erase(at, word.size());
  return text;
}

/// At each '>' by itself: '>>' composes.
std::vector<std::string> split_phases(const std::string& text) {
  std::vector<std::string> phases(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, kThen.size(), kThen) == 0)
      phases.back() += text[i++];
    else if (text[i] == '>') {
      phases.emplace_back();
      continue;
    }
    phases.back() += text[i];
  }
  return phases;
}

EntrySpec parse_parts(std::string text) {
  EntrySpec entry;
  entry.text = text;
  if (text.find('@') != std::string::npos) {
    if (split_phases(text).size() == 1) throw Error("a switch point (@) needs two rules, as in adam>sgd@0.3");
    entry.switch_at = take_switch_point(text);
  }
  for (const std::string& phase : split_phases(text)) entry.phases.push_back(parse_phase(phase));
  if (entry.phases.size() > 2) throw Error("more than two rules follow one another");
  return entry;
}

void give_labels(std::vector<EntrySpec>& entries) {
  std::vector<std::string> bare;
  for (const EntrySpec& entry : entries) bare.push_back(without_rates(entry));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const bool unique = std::ranges::count(bare, bare[i]) == 1;
    entries[i].label = without_words(unique ? bare[i] : entries[i].text);
  }
}

bool continues_fields(const std::string& piece) {
  return piece.find('=') < piece.find_first_of(":>");  // "npos < npos" where there is neither
}

template <class T, std::size_t n>
std::string_view name_in(const Named<T> (&choices)[n], T value, std::string_view otherwise) {
  for (const Named<T>& choice : choices)
    if (choice.value == value) return choice.name;
  return otherwise;
}

}  // namespace

std::string_view name_of(State state) { return name_in(kStates, state, "plain"); }
std::string_view name_of(Rounding rounding) { return name_in(kRoundings, rounding, ""); }

EntrySpec parse_entry(std::string_view text) {
  const std::string packed = without_spaces(text);
  try {
    EntrySpec entry = parse_parts(packed);
    entry.label = without_words(packed);
    return entry;
  } catch (const Error& error) {
    throw Error(fmt::format("'{}': {}", packed, error.what()));
  }
}

std::vector<EntrySpec> parse_entries(std::string_view list) {
  std::vector<std::string> texts;
  for (const std::string& piece : split(without_spaces(list), ',')) {
    if (!texts.empty() && continues_fields(piece))
      texts.back() += "," + piece;
    else if (!piece.empty())
      texts.push_back(piece);
    else
      throw Error(fmt::format("'{}': a rule's name is missing beside a comma", list));
  }
  std::vector<EntrySpec> entries;
  for (const std::string& text : texts) {
    if (std::ranges::find(entries, text, &EntrySpec::text) != entries.end())
      throw Error(fmt::format("'{}' is given twice", text));
    entries.push_back(parse_entry(text));
  }
  give_labels(entries);
  return entries;
}

}  // namespace gradus::lab
