#include "lab/results/results.hpp"

#include <nlohmann/json.hpp>

#include "gradus/core/error.hpp"
#include "lab/results/check.hpp"
#include "lab/results/fields_json.hpp"

namespace gradus::lab {

using Json = nlohmann::ordered_json;

void fields(auto&& field, Is<RaceSettings> auto& v) {
  field("command", v.command);
  field("started", v.started);
  field("task", v.task);
  field("title", v.title);
  field("metric", v.metric);
  field("rules", v.rules);
  field("steps", v.steps);
  field("epoch_steps", v.epoch_steps);
  field("looks", v.looks);
  field("batch", v.batch);
  field("schedule", v.schedule);
  field("seeds", v.seeds);
  field("tuned", v.tuned);
  field("trials", v.trials);
  field("screening_steps", v.screening_steps);
  field("tuning_seeds", v.tuning_seeds);
  field("threads", v.threads);
  field("target", v.target);
  field("train_size", v.train_size);
  field("validation_size", v.validation_size);
  field("test_size", v.test_size);
  field("parameters", v.parameters);
  field("data", v.data);
  field("data_checksum", v.data_checksum);
  field("machine", v.machine);
  field("gradus_version", v.gradus_version);
}

void fields(auto&& field, Is<Trial> auto& v) {
  field("points", v.points);
  field("steps", v.steps);
  field("seed", v.seed);
  field("train_loss", v.train_loss);
  field("validation_loss", v.validation_loss);
  field("validation_metric", v.validation_metric);
  field("diverged", v.diverged);
  field("seconds", v.seconds);
}

void fields(auto&& field, Is<Run> auto& v) {
  field("seed", v.seed);
  field("points", v.points);
  field("train_loss", v.train_loss);
  field("validation_loss", v.validation_loss);
  field("validation_metric", v.validation_metric);
  field("test_metric", v.test_metric);
  field("train_seconds", v.train_seconds);
  field("final_test_loss", v.final_test_loss);
  field("final_test_metric", v.final_test_metric);
  field("seconds", v.seconds);
  field("optimizer_step_seconds", v.optimizer_step_seconds);
  field("diverged", v.diverged);
  field("finished", v.finished);
  field("layers", v.layers);
}

void fields(auto&& field, Is<Estimate> auto& v) {
  field("mean", v.mean);
  field("half_width", v.half_width);
  field("n", v.n);
}

void fields(auto&& field, Is<Share> auto& v) {
  field("point", v.point);
  field("share", v.share);
}

void fields(auto&& field, Is<Summary> auto& v) {
  field("test_metric", v.test_metric);
  field("train_loss", v.train_loss);
  field("steps_to_target", v.steps_to_target);
  field("seconds_to_target", v.seconds_to_target);
  field("step_seconds", v.step_seconds);
  field("sensitivity", v.sensitivity);
  field("remarks", v.remarks);
}

void fields(auto&& field, Is<KeptState> auto& v) {
  field("kept_as", v.kept_as);
  field("rounding", v.rounding);
}

void fields(auto&& field, Is<Entry> auto& v) {
  field("rule", v.rule);
  field("label", v.label);
  field("state", v.state);
  field("in_force", v.in_force);
  field("companions", v.companions);
  field("space", v.space);
  field("chosen", v.chosen);
  field("at_edge", v.at_edge);
  field("selection", v.selection);
  field("summary", v.summary);
  field("trials", v.trials);
  field("runs", v.runs);
}

void fields(auto&& field, Is<Rival> auto& v) {
  field("label", v.label);
  field("difference", v.difference);
  field("half_width", v.half_width);
  field("p", v.p);
  field("paired", v.paired);
  field("word", v.word);
}

void fields(auto&& field, Is<Verdict> auto& v) {
  field("question", v.question);
  field("best", v.best);
  field("rivals", v.rivals);
  field("margin", v.margin);
  field("seeds", v.seeds);
  field("sentence", v.sentence);
}

void fields(auto&& field, Is<RaceResults> auto& v) {
  field("settings", v.settings);
  field("interrupted", v.interrupted);
  field("seconds", v.seconds);
  field("verdicts", v.verdicts);
  field("entries", v.entries);
}

namespace {

bool has_structure(const Json& json) {
  for (const auto& item : json)
    if (item.is_structured() && !item.empty()) return true;
  return false;
}

/// A value without structure inside stays on one line, so that a curve is a line and not a column of numbers.
void print(std::string& out, const Json& json, std::size_t depth) {
  if (!json.is_structured() || !has_structure(json)) {
    out += json.dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  const char* separator = "\n";
  out += json.is_object() ? '{' : '[';
  for (const auto& item : json.items()) {
    out += separator;
    out.append(2 * depth + 2, ' ');
    if (json.is_object()) out += Json(item.key()).dump() + ": ";
    print(out, item.value(), depth + 1);
    separator = ",\n";
  }
  out += '\n';
  out.append(2 * depth, ' ');
  out += json.is_object() ? '}' : ']';
}

}  // namespace

Json to_json(const RaceResults& results) {
  Json document = {{"format", kResultsFormat}};
  document.update(json::write(results));
  return document;
}

RaceResults from_json(const Json& document) {
  if (!document.is_object() || document.value("format", Json()) != Json(kResultsFormat))
    throw Error("results: no \"format\": \"" + std::string(kResultsFormat) +
                "\" at the top; is it the file of a race?");
  RaceResults results;
  json::read(document, "", results);
  check(results);
  return results;
}

std::string to_text(const RaceResults& results) { return readable(to_json(results)); }

std::string readable(const Json& document) {
  std::string text;
  print(text, document, 0);
  return text + "\n";
}

RaceResults from_text(std::string_view text) { return from_json(json::parse(text)); }

}  // namespace gradus::lab
