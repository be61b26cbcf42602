#include "lab/minima/results.hpp"

#include "lab/results/fields_json.hpp"

namespace gradus::lab {

void fields(auto&& field, Is<Look> auto& v) {
  field("step", v.step);
  field("loss", v.loss);
  field("largest", v.largest);
  field("preconditioned", v.preconditioned);
  field("bound", v.bound);
}

void fields(auto&& field, Is<Sampled> auto& v) {
  field("mean", v.mean);
  field("standard_error", v.standard_error);
}

void fields(auto&& field, Is<Sharpness> auto& v) {
  field("loss", v.loss);
  field("gradient_norm", v.gradient_norm);
  field("largest", v.largest);
  field("largest_off", v.largest_off);
  field("converged", v.converged);
  field("trace", v.trace);
  field("worst_rise", v.worst_rise);
  field("average_rise", v.average_rise);
}

void fields(auto&& field, Is<Minimum> auto& v) {
  field("rule", v.rule);
  field("label", v.label);
  field("lr", v.lr);
  field("bounds_preconditioned", v.bounds_preconditioned);
  field("diverged", v.diverged);
  field("looks", v.looks);
  field("sharpness", v.sharpness);
  field("validation_metric", v.validation_metric);
  field("test_metric", v.test_metric);
  field("test_loss", v.test_loss);
}

void fields(auto&& field, Is<Line> auto& v) {
  field("t", v.t);
  field("loss", v.loss);
}

void fields(auto&& field, Is<Surface> auto& v) {
  field("s", v.s);
  field("t", v.t);
  field("loss", v.loss);
}

void fields(auto&& field, Is<Slices> auto& v) {
  field("from", v.from);
  field("to", v.to);
  field("line", v.line);
  field("plane", v.plane);
}

void fields(auto&& field, Is<MinimaSettings> auto& v) {
  field("command", v.command);
  field("started", v.started);
  field("gradus_version", v.gradus_version);
  field("machine", v.machine);
  field("task", v.task);
  field("title", v.title);
  field("data", v.data);
  field("data_checksum", v.data_checksum);
  field("metric", v.metric);
  field("parameters", v.parameters);
  field("schedule", v.schedule);
  field("steps", v.steps);
  field("batch", v.batch);
  field("examples", v.examples);
  field("seed", v.seed);
  field("rho", v.rho);
}

void fields(auto&& field, Is<MinimaResults> auto& v) {
  field("settings", v.settings);
  field("minima", v.minima);
  field("slices", v.slices);
  field("seconds", v.seconds);
}

std::string to_text(const MinimaResults& results) {
  json::Json document{{"format", "gradus-sharpness-1"}};
  document.update(json::write(results));
  return readable(document);
}

}  // namespace gradus::lab
