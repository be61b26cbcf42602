#include "lab/claims/claim_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lab/results/fields_json.hpp"

namespace gradus::lab {
namespace {

constexpr const char* kFormat = "gradus-claim-1";

constexpr std::size_t kMostPoints = 10'000, kMostSeries = 64, kMostBytes = 400;  // far beyond any claim's

void check_length(const std::string& text, const char* what) {
  if (text.size() > kMostBytes)
    json::refuse(what, "a text of at most " + std::to_string(kMostBytes) + " bytes");
}

/// "2026-01-02T03:04:05Z"
bool is_time(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  return std::ranges::equal(text, kForm,
                            [](char c, char form) { return form == '0' ? c >= '0' && c <= '9' : c == form; });
}

void check_plot(const Plot& plot) {
  for (const std::string* title : {&plot.title, &plot.x_title, &plot.y_title})
    check_length(*title, "evidence.plot");
  if (plot.points.size() > kMostPoints)
    json::refuse("evidence.plot.points", "at most " + std::to_string(kMostPoints));
  std::set<std::string> series;
  for (const CurvePoint& point : plot.points) {
    check_length(point.panel, "evidence.plot.points");
    check_length(point.series, "evidence.plot.points");
    series.insert(point.series);
  }
  if (series.size() > kMostSeries)
    json::refuse("evidence.plot.points", "of at most " + std::to_string(kMostSeries) + " series");
}

void check_words(const ClaimResults& results) {
  if (results.claim != find_claim(results.claim).name) json::refuse("claim", "the name of a claim");
  if (!is_time(results.started)) json::refuse("started", "a time like 2026-01-02T03:04:05Z");
  if (!results.command.starts_with("gradus claims run ") || results.command.find('`') != std::string::npos)
    json::refuse("command", "`gradus claims run` of the claim");
  check_length(results.command, "command");
}

void check_answers(const ClaimResults& results) {
  std::vector<std::string> asked;
  for (const Question& question : find_claim(results.claim).questions) asked.emplace_back(question.text);
  if (results.questions != asked)
    json::refuse("questions", "those that this gradus asks of " + results.claim + ": run the claim again");
  if (results.evidence.answers.size() != asked.size())
    json::refuse("evidence.answers", "one for each question");
  for (const std::vector<double>& values : results.evidence.answers)
    if (values.size() != results.evidence.answers.front().size())
      json::refuse("evidence.answers", "of as many seeds each");
  if (results.again.size() != (results.quick ? 0 : asked.size()))
    json::refuse("again", "one for each question, or none of the quick form");
}

}  // namespace

void fields(auto&& field, Is<CurvePoint> auto& v) {
  field("panel", v.panel);
  field("series", v.series);
  field("x", v.x);
  field("mean", v.mean);
  field("low", v.low);
  field("high", v.high);
}

void fields(auto&& field, Is<Plot> auto& v) {
  field("title", v.title);
  field("x_title", v.x_title);
  field("y_title", v.y_title);
  field("log_x", v.log_x);
  field("log_y", v.log_y);
  field("scattered", v.scattered);
  field("points", v.points);
}

void fields(auto&& field, Is<Evidence> auto& v) {
  field("answers", v.answers);
  field("plot", v.plot);
}

void fields(auto&& field, Is<ClaimResults> auto& v) {
  field("claim", v.claim);
  field("command", v.command);
  field("started", v.started);
  field("quick", v.quick);
  field("seconds", v.seconds);
  field("machine", v.machine);
  field("gradus_version", v.gradus_version);
  field("questions", v.questions);
  field("evidence", v.evidence);
  field("again", v.again);
}

std::string to_text(const ClaimResults& results) {
  json::Json document{{"format", kFormat}};
  document.update(json::write(results));
  for (json::Json& point : document["evidence"]["plot"]["points"])
    for (const char* name : {"x", "mean", "low", "high"})
      if (point[name].is_number()) point[name] = std::stod(fmt::format("{:.6g}", point[name].get<double>()));
  return readable(document);
}

ClaimResults claim_results(std::string_view text) {
  ClaimResults results;
  const json::Json document = json::parse(text);
  if (!document.is_object() || document.value("format", json::Json()) != kFormat)
    json::refuse("format", std::string("\"") + kFormat + "\"");
  json::read(document, "", results);
  check_words(results);
  check_plot(results.evidence.plot);
  check_answers(results);
  return results;
}

}  // namespace gradus::lab
