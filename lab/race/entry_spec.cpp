#include "lab/race/entry_spec.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/core/error.hpp"
#include "gradus/core/number_text.hpp"
#include "gradus/registry.hpp"

namespace gradus::lab {
namespace {

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

void parse_field(const std::string& text, PhaseSpec& phase) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw Error(fmt::format("'{}' should be field=value", text));
  const std::string name = text.substr(0, equals), value = text.substr(equals + 1);
  if (name == "lr") {
    if (phase.lr) throw Error("lr is given twice");
    phase.lr = parse_number(value, "lr");
    return;
  }
  if (std::ranges::find(phase.settings, name, &Setting::name) != phase.settings.end())
    throw Error(fmt::format("{} is given twice", name));
  phase.settings.emplace_back(name, std::string_view(value));
}

/// Throws Error unless there is such a rule, with such fields, and the values are in range.
void check(const PhaseSpec& phase) {
  std::vector<Setting> settings = phase.settings;
  if (phase.lr) settings.emplace_back("lr", *phase.lr);
  make_rule(phase.rule, settings);
}

PhaseSpec parse_phase(const std::string& text) {
  const std::size_t colon = text.find(':');
  PhaseSpec phase{text.substr(0, colon), {}, {}, text};
  if (phase.rule.empty()) throw Error("a rule's name is missing");
  if (colon != std::string::npos)
    for (const std::string& field : split(text.substr(colon + 1), ',')) parse_field(field, phase);
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

EntrySpec parse_parts(std::string text) {
  EntrySpec entry;
  entry.text = text;
  const bool two = text.find('>') != std::string::npos;
  if (text.find('@') != std::string::npos) {
    if (!two) throw Error("a switch point (@) needs two rules, as in adam>sgd@0.3");
    entry.switch_at = take_switch_point(text);
  }
  for (const std::string& phase : split(text, '>')) entry.phases.push_back(parse_phase(phase));
  if (entry.phases.size() > 2) throw Error("more than two rules follow one another");
  return entry;
}

bool continues_fields(const std::string& piece) {
  return piece.find('=') < piece.find_first_of(":>");  // "npos < npos" where there is neither
}

}  // namespace

EntrySpec parse_entry(std::string_view text) {
  const std::string packed = without_spaces(text);
  try {
    return parse_parts(packed);
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
  return entries;
}

}  // namespace gradus::lab
