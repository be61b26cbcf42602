// Rules as text, and back.

#include <utility>

#include "core/text_reader.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/core/number_text.hpp"
#include "gradus/engine/fields.hpp"
#include "gradus/registry.hpp"
#include "known_rules.hpp"
#include "schedules/read_hyper.hpp"

namespace gradus {

namespace {

/// A link's fields as they stand in a text, each a place in it.
struct LinkText {
  std::string_view name;
  std::vector<std::pair<std::string_view, Hyper>> fields;
};

LinkText read_link(TextReader& reader) {
  LinkText link{reader.word("the name of a rule"), {}};
  if (reader.take(":"))
    reader.fields([&](std::string_view field) { link.fields.emplace_back(field, read_hyper(reader)); });
  return link;
}

std::vector<LinkText> read_links(TextReader& reader) {
  std::vector<LinkText> links;
  do {
    links.push_back(read_link(reader));
    if (links.size() > engine::kMostLinks)
      reader.fail(links.back().name,
                  "a composition has at most " + std::to_string(engine::kMostLinks) + " links");
  } while (reader.take(">>"));
  reader.expect_end();
  return links;
}

AnyRule rule_of(const std::vector<LinkText>& links, const TextReader& reader) {
  std::string name;
  for (const LinkText& link : links) {
    if (!known_rule(link.name))
      reader.fail(link.name,
                  unknown_rule(link.name) +
                      "; one of your own is known once it is registered, as by register_rule(Lion{})");
    name.append(name.empty() ? "" : engine::kThen).append(link.name);
  }
  std::optional<AnyRule> rule;
  reader.at(links.front().name, [&] { rule = known_rule(name); });
  return *std::move(rule);
}

/// Which of the rule's fields a link calls so: its own ones begin with number `first`.
const FieldInfo& field_of(const std::vector<FieldInfo>& fields, std::size_t first,
                          const engine::LinkInfo& link, std::string_view name) {
  for (std::size_t i = 0; i < link.fields.size(); ++i)
    if (link.fields[i] == name) return fields[first + i];
  throw Error(std::string(link.name) + " has no field '" + std::string(name) +
              "'; it has: " + listed({link.fields.begin(), link.fields.end()}));
}

void set_links(AnyRule& rule, const TextReader& reader, const std::vector<LinkText>& texts) {
  const std::vector<FieldInfo> fields = rule.fields();
  const std::span<const engine::LinkInfo> links = rule.program().links();
  std::size_t first = 0;
  for (std::size_t i = 0; i < links.size(); ++i) {
    for (const auto& field : texts[i].fields)  // clang 14 lets no lambda have parts of it
      reader.at(field.first,
                [&] { rule.set(field_of(fields, first, links[i], field.first).name, field.second); });
    first += links[i].fields.size();
  }
}

std::string field_text(const AnyRule& rule, const std::string& field) {
  try {
    return hyper_text(rule.get(field));
  } catch (const Error& error) {
    throw Error(field + " of " + std::string(rule.name()) + ": " + error.what());
  }
}

}  // namespace

std::string rule_text(const AnyRule& rule, TextFields fields) {
  check_names(rule);
  if (const auto known = known_rule(rule.name())) check_owner(rule, *known);
  const std::vector<FieldInfo> infos = rule.fields();
  auto field = infos.begin();
  std::string text;
  for (const engine::LinkInfo& link : rule.program().links()) {
    text.append(text.empty() ? "" : engine::kThen).append(link.name);
    const char* separator = ":";
    for (const std::string_view name : link.fields) {
      const FieldInfo& info = *field++;
      const std::string value = field_text(rule, info.name);
      if (fields == TextFields::changed && value == number_text(info.default_value)) continue;
      text += separator + std::string(name) + "=" + value;
      separator = ",";
    }
  }
  check_bounds(text);
  return text;
}

AnyRule parse_rule(std::string_view text) {
  TextReader reader(text);
  const std::vector<LinkText> links = read_links(reader);
  AnyRule rule = rule_of(links, reader);
  set_links(rule, reader, links);
  return rule;
}

}  // namespace gradus
