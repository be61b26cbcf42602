#pragma once

#include <kainjow/mustache.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lab/report/figures/figure.hpp"

/// What pages have in common: style, figures and the script that draws them. Each is one file that needs no other.
namespace gradus::lab {

/// "±" stays with its numbers when a line breaks.
std::string unbroken(std::string text);

/// The style, the script, and `vega`, which draws (empty: figures are tables alone).
kainjow::mustache::data page_data(std::string_view vega);

/// What figure.html.in shows of each figure.
kainjow::mustache::data figure_data(const std::vector<Figure>& figures,
                                    const std::vector<std::string>& series);

/// Makes a text of the page's language of any text.
using Escape = std::string (*)(const std::string& text);

/// Throws Error for a template that is none. What the page says goes through `escape`; by default into HTML.
std::string rendered(std::string_view page_template, kainjow::mustache::data& page, Escape escape = nullptr);

}  // namespace gradus::lab
