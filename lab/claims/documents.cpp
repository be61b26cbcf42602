#include "lab/claims/documents.hpp"

#include <fmt/format.h>

#include <string_view>

#include "gradus/core/error.hpp"
#include "lab/claims/advice.hpp"
#include "lab/claims/embedded.hpp"
#include "lab/claims/telling.hpp"
#include "lab/report/page.hpp"

namespace gradus::lab {
namespace {

using kainjow::mustache::data;

std::string in_markdown(const std::string& text) {
  constexpr std::string_view kSpecial = "\\`*_[]<>|~$&#";
  std::string escaped;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// Without the second empty line that is left where a section was not shown.
std::string page(std::string_view page_template, data& page) {
  std::string text = rendered(embedded_claims(page_template), page, in_markdown);
  for (std::size_t at = 0; (at = text.find("\n\n\n", at)) != std::string::npos;) text.erase(at, 1);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

std::string claim_page(const ClaimResults& results) {
  const Figure figure = figure_of(find_claim(results.claim), results.evidence.plot);
  data all = claim_data(results);
  all.set("figure_title", figure.title);
  all.set("figure_caption", figure.caption);
  return page("claim.md.in", all);
}

std::string ledger_page(std::span<const ClaimResults> results) {
  data all, items{data::type::list};
  for (const ClaimResults& each : results) items.push_back(claim_data(each));
  all.set("claims", items);
  set_ledger(all, results);
  return page("ledger.md.in", all);
}

data places_data(const Advice& advice) {
  data items{data::type::list};
  for (const Advice::There& there : advice.there) {
    data findings{data::type::list};
    for (const auto& [before, after, claim, open] : there.sayings)
      findings.push_back(fmt::format("{}[claim {}](claims/{}.md){}", in_markdown(before), claim->number,
                                     claim->name, in_markdown(after)));
    data item;
    item.set("where", there.place->words);
    item.set("findings", findings);
    items.push_back(item);
  }
  return items;
}

std::string choosing_page(std::span<const ClaimResults> results) {
  data all, topics{data::type::list};
  for (const Advice& each : advice(results, nullptr)) {
    data topic;
    topic.set("question", each.question);
    topic.set("places", places_data(each));
    topics.push_back(topic);
  }
  all.set("topics", topics);
  all.set("meaning", kAdviceMeans);
  all.set("none", kNoAdvice);
  return page("choosing.md.in", all);
}

std::string figure_document(const ClaimResults& results) {
  const Plot& plot = results.evidence.plot;
  return specification(figure_of(find_claim(results.claim), plot), series_of(plot));
}

}  // namespace

std::vector<Document> documents(std::span<const ClaimResults> results) {
  std::vector<Document> all{{"choosing.md", choosing_page(results)},
                            {"claims/README.md", ledger_page(results)}};
  for (const ClaimResults& each : results) {
    if (each.quick)
      throw Error(fmt::format("'{}' was run with --quick, and documents want it in full", each.claim));
    all.push_back({"claims/" + each.claim + ".md", claim_page(each)});
    all.push_back({"claims/results/" + each.claim + ".json", to_text(each)});
  }
  for (const ClaimResults& each : results)
    all.push_back({"claims/" + each.claim + ".vl.json", figure_document(each)});
  return all;
}

}  // namespace gradus::lab
