#include "gradus/checkpoint/optimizer_file.hpp"

#include <nlohmann/json.hpp>

#include "gradus/core/error.hpp"
#include "text.hpp"

namespace gradus::checkpoint {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1, kDeepest = 8;

[[noreturn]] void refuse(const std::string& field, const char* expected) {
  throw Error(std::string(kOptimizerKey) + ": " + shown(field) + " should be " + expected);
}

const Json& member(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) refuse(name, "there");
  return *found;
}

std::string text_in(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (!value.is_string()) refuse(name, "a text");
  return value.get<std::string>();
}

std::int64_t count_in(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > INT64_MAX)
    refuse(name, "a number of steps");
  return value.get<std::int64_t>();
}

SavedGroup group_in(const Json& value) {
  if (!value.is_object()) refuse("groups", "a list of objects");
  SavedGroup group{.rule = text_in(value, "rule"),
                   .rounding = text_in(value, "rounding"),
                   .parameter_rounding = text_in(value, "parameter_rounding"),
                   .row_steps = text_in(value, "row_steps"),
                   .parameters = {}};
  const Json& parameters = member(value, "parameters");
  if (!parameters.is_array()) refuse("parameters", "a list of names");
  for (const Json& name : parameters) {
    if (!name.is_string()) refuse("parameters", "a list of names");
    group.parameters.push_back(name.get<std::string>());
  }
  return group;
}

std::map<std::string, std::string> codes_in(const Json& value) {
  if (!value.is_object()) refuse("codes", "an object");
  std::map<std::string, std::string> codes;
  for (const auto& [name, code] : value.items()) {
    if (!code.is_string()) refuse("codes", "an object of texts");
    codes.emplace(name, code.get<std::string>());
  }
  return codes;
}

Json parsed(const std::string& text) {
  const auto keep = [](int depth, Json::parse_event_t /*event*/, const Json& /*value*/) {
    if (depth > kDeepest) throw Error(std::string(kOptimizerKey) + " nests too deep");
    return true;
  };
  try {
    Json document = Json::parse(text, keep);
    if (document.is_object()) return document;
  } catch (const Json::exception&) {  // as below
  }
  throw Error(std::string(kOptimizerKey) + " is no JSON object");
}

}  // namespace

std::string to_json(const SavedOptimizer& optimizer) {
  Json document{{"format", kFormat}, {"steps", optimizer.steps}};
  if (optimizer.seed) document["seed"] = *optimizer.seed;
  document["groups"] = Json::array();
  for (const SavedGroup& group : optimizer.groups)
    document["groups"].push_back({{"rule", group.rule},
                                  {"rounding", group.rounding},
                                  {"parameter_rounding", group.parameter_rounding},
                                  {"row_steps", group.row_steps},
                                  {"parameters", group.parameters}});
  document["codes"] = optimizer.codes;
  return document.dump();
}

SavedOptimizer parse_optimizer(const std::string& json) {
  const Json document = parsed(json);
  if (member(document, "format") != kFormat) refuse("format", "1, which is all that this gradus reads");
  SavedOptimizer optimizer;
  optimizer.steps = count_in(document, "steps");
  if (const auto seed = document.find("seed"); seed != document.end()) {
    if (!seed->is_number_unsigned()) refuse("seed", "a number");
    optimizer.seed = seed->get<std::uint64_t>();
  }
  const Json& groups = member(document, "groups");
  if (!groups.is_array()) refuse("groups", "a list of objects");
  for (const Json& group : groups) optimizer.groups.push_back(group_in(group));
  optimizer.codes = codes_in(member(document, "codes"));
  return optimizer;
}

std::string_view name_of(Rounding rounding) {
  return rounding == Rounding::nearest ? "nearest" : "stochastic";
}

std::string_view name_of(RowSteps row_steps) {
  return row_steps == RowSteps::shared ? "shared" : row_steps == RowSteps::own ? "own" : "caught_up";
}

StoredAs stored_as(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return {Type::f32, "", {}, ""};
    case Dtype::f64:
      return {Type::f64, "", {}, ""};
    case Dtype::bf16:
      return {Type::bf16, "", {}, ""};
    case Dtype::f16:
      return {Type::f16, "", {}, ""};
    case Dtype::e4m3:
      return {Type::u8, "e4m3", Type::u8, "scale"};
    case Dtype::ue5m3:
      return {Type::u8, "ue5m3", Type::u8, "scale"};
    case Dtype::dynamic:
      return {Type::u8, "dynamic", Type::f32, "scale"};
    case Dtype::udynamic:
      return {Type::u8, "udynamic", Type::f32, "scale"};
    case Dtype::halves:
      return {Type::bf16, "high half", Type::u16, "low"};
  }
  return {Type::u8, "unknown", {}, ""};
}

}  // namespace gradus::checkpoint
