#include "gradus/checkpoint/optimizer_file.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gradus/core/error.hpp"
#include "text.hpp"

namespace gradus::checkpoint {

namespace {

constexpr std::size_t kDeepest = 8;

/// A part of a document. nlohmann's own take memory to be destroyed, and end the program where there is none.
struct Value {
  enum class Kind { count, text, list, object, other } kind = Kind::other;
  std::uint64_t count = 0;
  std::string text = {};
  std::vector<std::string> names = {};  // of an object's values
  std::vector<Value> values = {};
};
using Kind = Value::Kind;

class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add({}); }
  bool boolean(bool /*value*/) override { return add({}); }
  bool number_integer(number_integer_t /*below_0*/) override { return add({}); }
  bool number_unsigned(number_unsigned_t value) override { return add({Kind::count, value}); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return add({}); }
  bool string(string_t& value) override { return add({Kind::text, 0, std::move(value)}); }
  bool binary(binary_t& /*value*/) override { return add({}); }

  bool start_object(std::size_t /*elements*/) override { return open(Kind::object); }
  bool key(string_t& name) override {
    open_.back()->names.push_back(std::move(name));
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*elements*/) override { return open(Kind::list); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

  Value take() { return std::move(document_); }

 private:
  bool add(Value value) {
    if (open_.empty())
      document_ = std::move(value);
    else
      open_.back()->values.push_back(std::move(value));
    return true;
  }
  bool open(Kind kind) {
    if (open_.size() == kDeepest) throw Error(std::string(kOptimizerKey) + " nests too deep");
    add({kind});
    open_.push_back(open_.empty() ? &document_ : &open_.back()->values.back());
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Value document_;
  std::vector<Value*> open_;  // each in the one before, which does not grow meanwhile
};

Value parsed(const std::string& text) {
  Builder builder;
  if (nlohmann::json::sax_parse(text, &builder))
    if (Value document = builder.take(); document.kind == Kind::object) return document;
  throw Error(std::string(kOptimizerKey) + " is no JSON object");
}

[[noreturn]] void refuse(const std::string& field, const char* expected) {
  throw Error(std::string(kOptimizerKey) + ": " + shown(field) + " should be " + expected);
}

/// nullptr: there is none.
const Value* find(const Value& object, std::string_view name) {
  const auto found = std::ranges::find(object.names, name);
  return found == object.names.end() ? nullptr
                                     : &object.values[static_cast<std::size_t>(found - object.names.begin())];
}

const Value& member(const Value& object, const char* name, Kind kind, const char* expected) {
  const Value* const found = find(object, name);
  if (found == nullptr) refuse(name, "there");
  if (found->kind != kind) refuse(name, expected);
  return *found;
}

const std::string& text_in(const Value& object, const char* name) {
  return member(object, name, Kind::text, "a text").text;
}

std::int64_t steps_in(const Value& object) {
  constexpr const char* kExpected = "a number of steps";
  const std::uint64_t steps = member(object, "steps", Kind::count, kExpected).count;
  if (steps > INT64_MAX) refuse("steps", kExpected);
  return static_cast<std::int64_t>(steps);
}

SavedGroup group_in(const Value& value) {
  constexpr const char* kExpected = "a list of names";
  if (value.kind != Kind::object) refuse("groups", "a list of objects");
  SavedGroup group{.rule = text_in(value, "rule"),
                   .rounding = text_in(value, "rounding"),
                   .parameter_rounding = text_in(value, "parameter_rounding"),
                   .row_steps = text_in(value, "row_steps"),
                   .parameters = {}};
  for (const Value& name : member(value, "parameters", Kind::list, kExpected).values) {
    if (name.kind != Kind::text) refuse("parameters", kExpected);
    group.parameters.push_back(name.text);
  }
  return group;
}

std::map<std::string, std::string> codes_in(const Value& document) {
  const Value& all = member(document, "codes", Kind::object, "an object");
  std::map<std::string, std::string> codes;
  for (std::size_t i = 0; i < all.values.size(); ++i) {
    if (all.values[i].kind != Kind::text) refuse("codes", "an object of texts");
    codes.emplace(all.names[i], all.values[i].text);
  }
  return codes;
}

std::string quoted(const std::string& text) { return json_string(kOptimizerKey, text); }

std::string to_json(const SavedGroup& group) {
  std::string names;
  for (const std::string& name : group.parameters) names += (names.empty() ? "" : ",") + quoted(name);
  return R"({"rule":)" + quoted(group.rule) + R"(,"rounding":)" + quoted(group.rounding) +
         R"(,"parameter_rounding":)" + quoted(group.parameter_rounding) + R"(,"row_steps":)" +
         quoted(group.row_steps) + R"(,"parameters":[)" + names + "]}";
}

}  // namespace

std::string to_json(const SavedOptimizer& optimizer) {
  std::string groups, codes;
  for (const SavedGroup& group : optimizer.groups) groups += (groups.empty() ? "" : ",") + to_json(group);
  for (const auto& [name, code] : optimizer.codes)
    codes += (codes.empty() ? "" : ",") + quoted(name) + ":" + quoted(code);
  const std::string seed = optimizer.seed ? R"(,"seed":)" + std::to_string(*optimizer.seed) : "";
  return R"({"format":1,"steps":)" + std::to_string(optimizer.steps) + seed + R"(,"groups":[)" + groups +
         R"(],"codes":{)" + codes + "}}";
}

SavedOptimizer parse_optimizer(const std::string& json) {
  constexpr const char* kFormat = "1, which is all that this gradus reads";
  const Value document = parsed(json);
  if (member(document, "format", Kind::count, kFormat).count != 1) refuse("format", kFormat);
  SavedOptimizer optimizer;
  optimizer.steps = steps_in(document);
  if (const Value* const seed = find(document, "seed")) {
    if (seed->kind != Kind::count) refuse("seed", "a number");
    optimizer.seed = seed->count;
  }
  for (const Value& group : member(document, "groups", Kind::list, "a list of objects").values)
    optimizer.groups.push_back(group_in(group));
  optimizer.codes = codes_in(document);
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
