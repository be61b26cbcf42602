#include "lab/results/fields_json.hpp"

#include "lab/results/line_of_text.hpp"

namespace gradus::lab::json {

Json parse(std::string_view text) {
  constexpr int kDeepest = 32;
  const auto keep = [](int depth, Json::parse_event_t, const Json&) {
    if (depth > kDeepest) throw Error("it nests deeper than any document of this kind");
    return true;
  };
  try {
    return Json::parse(text, keep);
  } catch (const nlohmann::json::exception& error) {
    throw Error(std::string("it is no JSON: ") + error.what());
  }
}

std::string read_text(const Json& from, const std::string& where) {
  if (!from.is_string()) refuse(where, "a string");
  std::string text = from.get<std::string>();
  if (!is_line_of_text(text)) refuse(where, "a string without control characters");
  return text;
}

}  // namespace gradus::lab::json
