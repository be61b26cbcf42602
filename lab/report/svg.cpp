#include "lab/report/svg.hpp"

#include <fmt/format.h>

#include <kainjow/mustache.hpp>
#include <regex>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

/// Replaces every match by what `replacement` makes of it.
template <class F>
std::string replace_each(const std::string& text, const std::regex& pattern, F replacement) {
  std::string result;
  std::size_t copied = 0;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    const auto at = static_cast<std::size_t>(match->position());
    result.append(text, copied, at - copied);
    result += replacement(*match);
    copied = at + static_cast<std::size_t>(match->length());
  }
  return result.append(text, copied);
}

std::string paint(const std::smatch& rgb) {
  const int red = std::stoi(rgb[1]);
  const int blue = std::stoi(rgb[3]);
  if (red == 10) return fmt::format("var(--series-{})", blue);
  if (red != 1) return rgb.str();
  return blue == 3 ? "currentColor" : blue == 4 ? "var(--muted)" : "var(--grid)";
}

void erase_each(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
    const std::size_t end = text.find(to, at);
    text.erase(at, end == std::string::npos ? end : end + to.size() - at);
  }
}

/// From the first drawing command on: no prologue, no fixed
/// filters, no tooltips, no colours or fonts of its own.
std::string undressed(std::string_view drawing) {
  const std::size_t body = drawing.find("<defs>");
  const std::size_t end = drawing.rfind("</g>");
  if (body == std::string_view::npos || end == std::string_view::npos)
    throw Error("a figure is not in the form that gnuplot 5 gives its SVG");
  std::string svg(drawing.substr(body, end - body));
  erase_each(svg, "<filter", "</filter>");
  erase_each(svg, "<title>", "</title>");
  static const std::regex kDress(
      R"re( (font-family="[^"]*"|color="(black|white|gray)"|shape-rendering='crispEdges'))re");
  static const std::regex kEmptyGroup(R"re(<g [^>]*>\s*</g>\s*)re");
  return std::regex_replace(std::regex_replace(svg, kDress, ""), kEmptyGroup, "");
}

}  // namespace

namespace ink {
std::string series(std::size_t index) { return fmt::format("#0a00{:02x}", index % kSeriesColors + 1); }
}  // namespace ink

std::string text_token(std::size_t index) { return fmt::format("text-{}-", index); }

std::string escaped(std::string_view text) { return kainjow::mustache::html_escape(std::string(text)); }

std::string inline_svg(std::string_view drawing, const Alternative& alternative,
                       const std::vector<std::string>& texts) {
  static const std::regex kViewBox(R"re(viewBox="[^"]*")re");
  static const std::regex kColor(R"re(rgb\(\s*(\d+),\s*(\d+),\s*(\d+)\))re");
  static const std::regex kId(R"re((id=['"]|xlink:href='#)(gp|gnuplot_))re");
  static const std::regex kToken(R"(text-(\d+)-)");
  std::cmatch view_box;
  if (!std::regex_search(drawing.begin(), drawing.end(), view_box, kViewBox))
    throw Error("a figure is not in the form that gnuplot 5 gives its SVG");
  std::string svg = replace_each(undressed(drawing), kColor, paint);
  svg = replace_each(svg, kId, [&](const std::smatch& m) {
    return (m[1].str().front() == 'x' ? "href='#" : m[1].str()) + alternative.id + "-" + m[2].str();
  });
  svg = replace_each(svg, kToken, [&](const std::smatch& m) { return escaped(texts.at(std::stoul(m[1]))); });
  return fmt::format(
      R"(<svg {} role="img" aria-labelledby="{}-title {}-description"><title id="{}-title">{}</title><desc id="{}-description">{}</desc>{}</svg>)",
      view_box.str(), alternative.id, alternative.id, alternative.id, escaped(alternative.title),
      alternative.id, escaped(alternative.description), svg);
}

}  // namespace gradus::lab
