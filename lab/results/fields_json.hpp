#pragma once

#include <cmath>
#include <concepts>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/core/error.hpp"
#include "lab/results/results.hpp"

/// Structs as JSON, both ways, by one list of fields each: a function `fields(field, value)` that calls `field(name,
/// member)` for every member, with a const struct or a mutable one.
namespace gradus::lab {

template <class T, class Struct>
concept Is = std::same_as<std::remove_const_t<T>, Struct>;

void fields(auto&& field, Is<LayerSteps> auto& v) {
  field("layer", v.layer);
  field("effective_rates", v.effective_rates);
  field("update_ratios", v.update_ratios);
}

void fields(auto&& field, Is<Metric> auto& v) {
  field("name", v.name);
  field("highest_is_best", v.highest_is_best);
  field("scale", v.scale);
  field("unit", v.unit);
  field("digits", v.digits);
  field("chance", v.chance);
  field("margin", v.margin);
}

void fields(auto&& field, Is<Machine> auto& v) {
  field("cpu", v.cpu);
  field("compiler", v.compiler);
  field("libtorch", v.libtorch);
  field("blas", v.blas);
  field("instruction_set", v.instruction_set);
}

namespace json {

using Json = nlohmann::ordered_json;

/// Throws Error for what is no JSON, or nests deeper than any document of the laboratory.
Json parse(std::string_view text);

template <class T>
Json write(const T& value);

template <class T>
Json write_array(const T& values) {
  Json array = Json::array();
  for (const auto& value : values) array.push_back(write(value));
  return array;
}

inline Json write_number(double value) {
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
  } else if constexpr (std::same_as<T, std::map<std::string, double>>) {
    Json object = Json::object();
    for (const auto& [name, number] : value) object[name] = write_number(number);
    return object;
  } else if constexpr (requires { value.begin(); }) {
    return write_array(value);
  } else {
    Json object = Json::object();
    fields([&](const char* name, const auto& member) { object[name] = write(member); }, value);
    return object;
  }
}

[[noreturn]] inline void refuse(const std::string& where, std::string_view expected) {
  throw Error("results: " + where + " should be " + std::string(expected));
}

inline double read_number(const Json& from, const std::string& where) {
  if (from.is_number()) return from.get<double>();
  if (from == "NaN") return kNotMeasured;
  if (from == "Infinity") return std::numeric_limits<double>::infinity();
  if (from == "-Infinity") return -std::numeric_limits<double>::infinity();
  refuse(where, R"(a number, "NaN", "Infinity" or "-Infinity")");
}

template <std::integral T>
T read_integer(const Json& from, const std::string& where) {
  if (from.is_number_unsigned() && std::in_range<T>(from.get<std::uint64_t>())) return from.get<T>();
  if (from.is_number_integer() && !from.is_number_unsigned() && std::in_range<T>(from.get<std::int64_t>()))
    return from.get<T>();
  refuse(where, "an integer in range");
}

/// A line of text that a terminal or a page shows as it is. Throws Error for anything else.
std::string read_text(const Json& from, const std::string& where);

template <class T>
void read(const Json& from, const std::string& where, T& value);

template <class T>
void read_vector(const Json& from, const std::string& where, std::vector<T>& values) {
  if (!from.is_array()) refuse(where, "an array");
  values.resize(from.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    read(from[i], where + "[" + std::to_string(i) + "]", values[i]);
}

inline void read_quantiles(const Json& from, const std::string& where, Quantiles& quantiles) {
  if (!from.is_array() || from.size() != quantiles.size()) refuse(where, "an array of 5 numbers");
  for (std::size_t i = 0; i < quantiles.size(); ++i) quantiles[i] = read_number(from[i], where);
}

inline void read_map(const Json& from, const std::string& where, std::map<std::string, double>& numbers) {
  if (!from.is_object()) refuse(where, "an object");
  for (const auto& item : from.items())
    numbers[read_text(item.key(), where)] = read_number(item.value(), where + "." + item.key());
}

template <class T>
void read_object(const Json& from, const std::string& where, T& object) {
  if (!from.is_object()) refuse(where, "an object");
  fields(
      [&](const char* name, auto& member) {
        const auto found = from.find(name);
        const std::string path = where.empty() ? name : where + "." + name;
        if (found == from.end()) refuse(path, "there");
        read(*found, path, member);
      },
      object);
}

template <class T>
void read(const Json& from, const std::string& where, T& value) {
  if constexpr (std::same_as<T, bool>) {
    if (!from.is_boolean()) refuse(where, "true or false");
    value = from.get<bool>();
  } else if constexpr (std::same_as<T, std::string>) {
    value = read_text(from, where);
  } else if constexpr (std::floating_point<T>) {
    value = read_number(from, where);
  } else if constexpr (std::integral<T>) {
    value = read_integer<T>(from, where);
  } else if constexpr (std::same_as<T, Quantiles>) {
    read_quantiles(from, where, value);
  } else if constexpr (std::same_as<T, std::map<std::string, double>>) {
    read_map(from, where, value);
  } else if constexpr (requires { value.resize(1); }) {
    read_vector(from, where, value);
  } else {
    read_object(from, where, value);
  }
}

}  // namespace json
}  // namespace gradus::lab
