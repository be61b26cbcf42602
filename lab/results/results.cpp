#include "lab/results/results.hpp"

#include <cmath>
#include <concepts>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

using Json = nlohmann::ordered_json;

// Each struct lists its fields once; writing and reading
// walk the same list, with a const or a mutable struct.
template <class T, class Struct>
concept Is = std::same_as<std::remove_const_t<T>, Struct>;

void fields(auto&& field, Is<RaceSettings> auto& s) {
  field("command", s.command);
  field("started", s.started);
  field("model", s.model);
  field("rules", s.rules);
  field("epochs", s.epochs);
  field("tuning_epochs", s.tuning_epochs);
  field("batch", s.batch);
  field("seeds", s.seeds);
  field("trials", s.trials);
  field("threads", s.threads);
  field("schedule", s.schedule);
  field("train_size", s.train_size);
  field("validation_size", s.validation_size);
  field("test_size", s.test_size);
  field("parameters", s.parameters);
  field("data", s.data);
  field("gradus_version", s.gradus_version);
  field("instruction_set", s.instruction_set);
}

void fields(auto&& field, Is<Trial> auto& t) {
  field("lr", t.lr);
  field("epochs", t.epochs);
  field("train_loss", t.train_loss);
  field("validation_loss", t.validation_loss);
  field("validation_accuracy", t.validation_accuracy);
  field("diverged", t.diverged);
  field("seconds", t.seconds);
}

void fields(auto&& field, Is<LayerRates> auto& l) {
  field("layer", l.layer);
  field("by_epoch", l.by_epoch);
}

void fields(auto&& field, Is<Run> auto& r) {
  field("seed", r.seed);
  field("lr", r.lr);
  field("train_loss", r.train_loss);
  field("validation_accuracy", r.validation_accuracy);
  field("test_accuracy", r.test_accuracy);
  field("final_test_loss", r.final_test_loss);
  field("final_test_accuracy", r.final_test_accuracy);
  field("seconds", r.seconds);
  field("optimizer_step_seconds", r.optimizer_step_seconds);
  field("diverged", r.diverged);
  field("finished", r.finished);
  field("effective_rates", r.effective_rates);
}

void fields(auto&& field, Is<Estimate> auto& e) {
  field("mean", e.mean);
  field("half_width", e.half_width);
  field("n", e.n);
}

void fields(auto&& field, Is<Summary> auto& s) {
  field("test_accuracy", s.test_accuracy);
  field("train_loss", s.train_loss);
  field("epochs_to_target", s.epochs_to_target);
  field("step_seconds", s.step_seconds);
  field("lr_sensitivity", s.lr_sensitivity);
}

void fields(auto&& field, Is<KeptState> auto& s) {
  field("kept_as", s.kept_as);
  field("rounding", s.rounding);
}

void fields(auto&& field, Is<Entry> auto& e) {
  field("rule", e.rule);
  field("label", e.label);
  field("state", e.state);
  field("chosen_lr", e.chosen_lr);
  field("best_at_edge", e.best_at_edge);
  field("summary", e.summary);
  field("trials", e.trials);
  field("runs", e.runs);
}

void fields(auto&& field, Is<Verdict> auto& v) {
  field("question", v.question);
  field("winner", v.winner);
  field("tied", v.tied);
  field("conclusive", v.conclusive);
  field("sentence", v.sentence);
}

void fields(auto&& field, Is<RaceResults> auto& r) {
  field("settings", r.settings);
  field("interrupted", r.interrupted);
  field("seconds", r.seconds);
  field("target_accuracy", r.target_accuracy);
  field("verdicts", r.verdicts);
  field("entries", r.entries);
}

template <class T>
Json write(const T& value);

template <class T>
Json write_array(const T& values) {
  Json array = Json::array();
  for (const auto& value : values) array.push_back(write(value));
  return array;
}

Json write_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

template <class T>
Json write(const T& value) {
  if constexpr (std::floating_point<T>) {
    return write_number(value);
  } else if constexpr (std::integral<T> || std::same_as<T, std::string>) {
    return value;
  } else if constexpr (requires { value.begin(); }) {
    return write_array(value);
  } else {
    Json object = Json::object();
    fields([&](const char* name, const auto& member) { object[name] = write(member); }, value);
    return object;
  }
}

[[noreturn]] void refuse(const std::string& where, std::string_view expected) {
  throw Error("results: " + where + " should be " + std::string(expected));
}

double read_number(const Json& json, const std::string& where) {
  if (json.is_number()) return json.get<double>();
  if (json == "NaN") return kNotMeasured;
  if (json == "Infinity") return std::numeric_limits<double>::infinity();
  if (json == "-Infinity") return -std::numeric_limits<double>::infinity();
  refuse(where, R"(a number, "NaN", "Infinity" or "-Infinity")");
}

template <std::integral T>
T read_integer(const Json& json, const std::string& where) {
  if (json.is_number_unsigned() && std::in_range<T>(json.get<std::uint64_t>())) return json.get<T>();
  if (json.is_number_integer() && !json.is_number_unsigned() && std::in_range<T>(json.get<std::int64_t>()))
    return json.get<T>();
  refuse(where, "an integer in range");
}

template <class T>
void read(const Json& json, const std::string& where, T& value);

template <class T>
void read_vector(const Json& json, const std::string& where, std::vector<T>& values) {
  if (!json.is_array()) refuse(where, "an array");
  values.resize(json.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    read(json[i], where + "[" + std::to_string(i) + "]", values[i]);
}

void read_quantiles(const Json& json, const std::string& where, Quantiles& quantiles) {
  if (!json.is_array() || json.size() != quantiles.size()) refuse(where, "an array of 5 numbers");
  for (std::size_t i = 0; i < quantiles.size(); ++i) quantiles[i] = read_number(json[i], where);
}

template <class T>
void read_object(const Json& json, const std::string& where, T& object) {
  if (!json.is_object()) refuse(where, "an object");
  fields(
      [&](const char* name, auto& member) {
        const auto found = json.find(name);
        const std::string path = where.empty() ? name : where + "." + name;
        if (found == json.end()) refuse(path, "there");
        read(*found, path, member);
      },
      object);
}

template <class T>
void read(const Json& json, const std::string& where, T& value) {
  if constexpr (std::same_as<T, bool>) {
    if (!json.is_boolean()) refuse(where, "true or false");
    value = json.get<bool>();
  } else if constexpr (std::same_as<T, std::string>) {
    if (!json.is_string()) refuse(where, "a string");
    value = json.get<std::string>();
  } else if constexpr (std::floating_point<T>) {
    value = read_number(json, where);
  } else if constexpr (std::integral<T>) {
    value = read_integer<T>(json, where);
  } else if constexpr (std::same_as<T, Quantiles>) {
    read_quantiles(json, where, value);
  } else if constexpr (requires { value.resize(1); }) {
    read_vector(json, where, value);
  } else {
    read_object(json, where, value);
  }
}

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
  Json json = {{"format", kResultsFormat}};
  json.update(write(results));
  return json;
}

RaceResults from_json(const Json& json) {
  if (!json.is_object() || json.value("format", Json()) != Json(kResultsFormat))
    throw Error("results: no \"format\": \"" + std::string(kResultsFormat) +
                "\" at the top; is it the file of a race?");
  RaceResults results;
  read(json, "", results);
  return results;
}

std::string to_text(const RaceResults& results) {
  std::string text;
  print(text, to_json(results), 0);
  return text + "\n";
}

RaceResults from_text(std::string_view text) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(std::string("results: ") + error.what());
  }
  return from_json(json);
}

}  // namespace gradus::lab
