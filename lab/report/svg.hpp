#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gradus::lab {

/// Text fit for HTML and SVG, between tags and within quoted attributes.
std::string escaped(std::string_view text);

/// What a drawing is, for people who hear it.
struct Alternative {
  std::string id;  ///< unique in the page; every id inside the drawing is derived from it
  std::string title;
  std::string description;
};

/// The drawing's colours are stand-ins, each of which becomes a CSS variable of the page or `currentColor`,
/// so that one drawing serves a light and a dark page.
namespace ink {
inline constexpr std::string_view kText = "#010203";
inline constexpr std::string_view kMuted = "#010204";
inline constexpr std::string_view kGrid = "#010205";
inline constexpr int kSeriesColors = 8;
/// `index` from 0; beyond kSeriesColors they begin anew.
std::string series(std::size_t index);
}  // namespace ink

/// Where text that came from outside belongs; the plotter never sees the text itself.
std::string text_token(std::size_t index);

/// Turns gnuplot's file into an element to stand in a page: stand-ins replaced, `texts` put in and escaped,
/// ids made unique, fonts left to the page, title and description in place.
std::string inline_svg(std::string_view drawing, const Alternative& alternative,
                       const std::vector<std::string>& texts);

}  // namespace gradus::lab
