#include "lab/claims/telling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "lab/claims/embedded.hpp"
#include "lab/claims/judge.hpp"
#include "lab/report/format.hpp"
#include "lab/report/page.hpp"
#include "lab/report/statistics.hpp"

namespace gradus::lab {
namespace {

using kainjow::mustache::data;
using Json = nlohmann::ordered_json;

std::int64_t count(const Judgement& judgement, Word word) {
  return std::ranges::count(judgement.findings, word, &Finding::word);
}

std::string_view speaks(Word word) {
  return word == Word::supported ? "for it" : word == Word::refuted ? "against it" : "not at all";
}

/// In the order in which they are drawn.
std::vector<std::string> panels_of(const Plot& plot) {
  std::vector<std::string> panels;
  for (const CurvePoint& point : plot.points)
    if (std::ranges::find(panels, point.panel) == panels.end()) panels.push_back(point.panel);
  return panels;
}

/// claim-curves.vl.json, with its axes as the plot wants them, and without panels where there is one. Panels have
/// scales of their own: one may be of accuracy, the next of perplexity.
std::string declaration(const Plot& plot) {
  Json document = Json::parse(embedded_claims("claim-curves.vl.json"));
  document["title"] = plot.y_title + ", by " + plot.x_title;
  Json& spec = document["spec"];
  if (plot.log_x) {
    Json& scale = spec["encoding"]["x"]["scale"];
    scale["type"] = "log";
    scale.erase("zero");  // which no such scale has
  }
  if (plot.log_y) {
    spec["layer"][0]["encoding"]["y"]["scale"] = {{"type", "log"}, {"nice", false}};
  }
  if (plot.scattered) {  // only the last layer, which then says what the first one says of the axis
    const Json y = spec["layer"][0]["encoding"]["y"];
    spec["layer"].erase(spec["layer"].begin(), spec["layer"].end() - 1);
    spec["layer"][0]["mark"]["size"] = 60;
    spec["layer"][0]["encoding"]["y"].update(y);
    spec["layer"][0]["encoding"]["y"]["field"] = "mean";
  }
  const std::vector<std::string> panels = panels_of(plot);
  if (panels.size() > 1) {
    document["facet"]["sort"] = panels;
  } else {
    Json single = spec;
    single["height"] = 320;
    single["autosize"] = {{"type", "fit-x"}, {"contains", "padding"}};
    for (const char* name : {"facet", "columns", "resolve", "spec"}) document.erase(name);
    document.update(single);
  }
  return document.dump();
}

void add_row(Figure& figure, const CurvePoint& point) {
  figure.data["curves"].push_back({{"panel", point.panel},
                                   {"series", point.series},
                                   {"x", point.x},
                                   {"mean", point.mean},
                                   {"low", point.low},
                                   {"high", point.high}});
  figure.table.rows.push_back({point.panel.empty() ? point.series : point.panel + ", " + point.series,
                               {significant(point.x), fmt::format("{:.4g}", point.mean),
                                fmt::format("{:.4g}", point.low), fmt::format("{:.4g}", point.high)}});
}

std::string machine(const Machine& machine) {
  return fmt::format("{}, {}, libtorch {}, {}", machine.cpu, machine.compiler, machine.libtorch,
                     machine.instruction_set);
}

data sources(const std::vector<Source>& all) {
  data items{data::type::list};
  for (const Source& source : all) items.push_back(std::string(source.text));
  return items;
}

data question_data(const Claim& claim, const Judgement& judgement) {
  data items{data::type::list};
  for (std::size_t i = 0; i < claim.questions.size(); ++i) {
    const Question& question = claim.questions[i];
    const Finding& finding = judgement.findings[i];
    data item;
    item.set("text", question.text);
    item.set("wanted", wanted(question));
    item.set("found", unbroken(with_interval(finding.value, question.digits) + question.unit));
    item.set("p", std::isfinite(finding.p) ? fmt::format("{:.2g}", finding.p) : std::string(kNothing));
    item.set("speaks", std::string(speaks(finding.word)));
    item.set("word", std::string(name_of(finding.word)));
    items.push_back(item);
  }
  return items;
}

std::string headline(std::span<const ClaimResults> results) {
  std::int64_t counts[4] = {};
  for (const ClaimResults& each : results)
    ++counts[static_cast<std::size_t>(judge(find_claim(each.claim), each.evidence.answers).word)];
  std::vector<std::string> parts;
  for (const Word word : {Word::supported, Word::refuted, Word::mixed, Word::undecided})
    if (const std::int64_t n = counts[static_cast<std::size_t>(word)]; n > 0)
      parts.push_back(fmt::format("{} {}", n, name_of(word)));
  return fmt::format("Of {}, {}", counted(static_cast<std::int64_t>(results.size()), "claim"),
                     in_words(parts));
}

/// What was done to make sure: how much of what is decided comes out on the same side when all is run again.
std::string made_sure(const Claim& claim, const Judgement& judgement, const ClaimResults& results) {
  std::int64_t decided = 0, same = 0;
  for (std::size_t i = 0; i < results.again.size(); ++i) {
    if (judgement.findings[i].word == Word::undecided) continue;
    const double mean = estimate(results.again[i]).mean;
    const bool is_for = judgement.findings[i].word == Word::supported;
    ++decided;
    same += std::isfinite(mean) && is_claimed(claim.questions[i], mean) == is_for ? 1 : 0;
  }
  if (decided == 0) return "";
  return fmt::format(
      " Run again in the quick form, with other seeds and fewer trials, {} of the {} that are decided come "
      "out on the same side.",
      same, decided);
}

constexpr const char* kWhatItIs =
    "What people say about adaptive optimizers, each sentence made precise, with what would count for it "
    "and against it written down before it was run. Verdicts are computed from the numbers.";
constexpr const char* kHowJudged =
    "Each question’s mean over seeds is told from its threshold by Student’s t, with Holm’s correction over "
    "a claim’s questions, at 5%; what is not told apart is undecided. Intervals are of each question alone: "
    "one may "
    "leave its threshold out where the correction tells nothing apart; where all seeds have one number, p is "
    "0. A "
    "claim is supported where all its questions speak for it, refuted where all speak against it (where the "
    "sentence "
    "says “always”, one is enough), mixed where some do either, and else undecided.";

}  // namespace

std::string wanted(const Question& question) {
  const std::string threshold = fixed(question.threshold, question.digits) + question.unit;
  if (question.either_way) return "within " + threshold + " of 0";
  return (question.claimed_above ? "above " : "below ") + threshold;
}

std::string lead(const Claim& claim, const ClaimResults& results) {
  const Judgement judgement = judge(claim, results.evidence.answers);
  const std::string_view word = name_of(judgement.word);
  const bool against_lesson =
      *claim.lesson != '\0' && judgement.word != Word::undecided && word != claim.lesson;
  return fmt::format(
      "{}{} of {} speak for it, {} against it.{}",
      against_lesson ? fmt::format("Against the lesson that most people read, this came out {}: ", word) : "",
      count(judgement, Word::supported),
      counted(static_cast<std::int64_t>(claim.questions.size()), "question"), count(judgement, Word::refuted),
      made_sure(claim, judgement, results));
}

void set_ledger(data& page, std::span<const ClaimResults> results) {
  page.set("headline", headline(results));
  page.set("what_it_is", kWhatItIs);
  page.set("how_judged", kHowJudged);
  std::set<std::string> versions;
  for (const ClaimResults& each : results) versions.insert(each.gradus_version);
  page.set("version", in_words({versions.begin(), versions.end()}));
}

data claim_data(const ClaimResults& results) {
  const Claim& claim = find_claim(results.claim);
  const Judgement judgement = judge(claim, results.evidence.answers);
  data item;
  item.set("number", std::to_string(claim.number));
  item.set("name", claim.name);
  item.set("sentence", claim.sentence);
  item.set("verdict", std::string(name_of(judgement.word)));
  item.set("speak_for", std::to_string(count(judgement, Word::supported)));
  item.set("speak_against", std::to_string(count(judgement, Word::refuted)));
  item.set("open", std::to_string(count(judgement, Word::undecided)));
  item.set("lead", lead(claim, results));
  item.set("measured", claim.measured);
  item.set("questions", question_data(claim, judgement));
  item.set("seeds", std::to_string(judgement.seeds));
  item.set("seeds_note", fmt::format("Mean ± half width of the 95% confidence interval over {}.",
                                     counted(judgement.seeds, "seed")));
  item.set("otherwise", claim.otherwise);
  item.set("protocol", claim.protocol);
  const std::string date = results.started.substr(0, 10);
  item.set("date", date);
  item.set("minutes", results.seconds < 3 ? "< 0.1" : fixed(results.seconds / 60, 1));
  item.set("form",
           fmt::format("Run {} on {}; what was not trained yet took {}.",
                       results.quick ? "in its quick form" : "in full", date, duration(results.seconds)));
  item.set("for_it", sources(claim.for_it));
  item.set("against_it", sources(claim.against_it));
  item.set("command", results.command);
  item.set("version", results.gradus_version);
  item.set("machine", machine(results.machine));
  return item;
}

std::vector<std::string> series_of(const Plot& plot) {
  std::vector<std::string> series;
  for (const CurvePoint& point : plot.points)
    if (std::ranges::find(series, point.series) == series.end()) series.push_back(point.series);
  return series;
}

Figure figure_of(const Claim& claim, const Plot& plot) {
  Figure figure;
  figure.id = claim.name + std::string("-figure");
  figure.declaration = declaration(plot);
  figure.title = plot.title;
  figure.caption = "Means over seeds, with their 95% intervals.";
  figure.description = plot.title;
  figure.table.head = {"curve", plot.x_title, plot.y_title, "from", "to"};
  for (const CurvePoint& point : plot.points) add_row(figure, point);
  return figure;
}

}  // namespace gradus::lab
