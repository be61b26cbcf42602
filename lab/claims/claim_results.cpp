#include "lab/claims/claim_results.hpp"

#include <fmt/format.h>

#include "lab/results/fields_json.hpp"

namespace gradus::lab {
namespace {

constexpr const char* kFormat = "gradus-claim-1";

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
  check_answers(results);
  return results;
}

}  // namespace gradus::lab
