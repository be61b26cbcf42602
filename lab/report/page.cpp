#include "lab/report/page.hpp"

#include "gradus/core/error.hpp"
#include "lab/report/embedded.hpp"

namespace gradus::lab {
namespace {

using kainjow::mustache::data;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

data texts(const std::vector<std::string>& items) {
  data values{data::type::list};
  for (const std::string& item : items) values.push_back(item);
  return values;
}

/// JSON fit for a <script> element, which neither "</script" nor "<!--" may end or change.
std::string json_in_html(std::string text) {
  replace_all(text, "<", "\\u003c");
  return text;
}

/// The same for a script, which can only have them in texts and regular expressions.
std::string script_in_html(std::string_view script) {
  std::string text(script);
  replace_all(text, "</script", "<\\/script");
  replace_all(text, "<!--", "<\\!--");
  return text;
}

data body(const Table& table) {
  data lines{data::type::list};
  for (const Table::Row& row : table.rows) {
    data line;
    line.set("name", row.name);
    line.set("cells", texts(row.cells));
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

std::string unbroken(std::string text) {
  replace_all(text, " ± ", "\u00a0±\u00a0");
  return text;
}

data page_data(std::string_view vega) {
  data page;
  page.set("palette", std::string(embedded("palette.css")));
  page.set("style", std::string(embedded("page.css")));
  page.set("drawable", !vega.empty());
  page.set("vega", script_in_html(vega));
  page.set("figures_script", std::string(embedded("figures.js")));
  page.set("figure", kainjow::mustache::partial([] { return std::string(embedded("figure.html.in")); }));
  return page;
}

data figure_data(const std::vector<Figure>& figures, const std::vector<std::string>& series) {
  data items{data::type::list};
  for (const Figure& figure : figures) {
    data item;
    item.set("id", figure.id);
    item.set("title", figure.title);
    item.set("finding", unbroken(figure.finding));
    item.set("description", figure.description);
    item.set("caption", figure.caption);
    item.set("specification", json_in_html(specification(figure, series)));
    item.set("head", texts(figure.table.head));
    item.set("body", body(figure.table));
    items.push_back(item);
  }
  return items;
}

std::string rendered(std::string_view page_template, data& page, Escape escape) {
  kainjow::mustache::mustache skeleton{std::string(page_template)};
  if (!skeleton.is_valid()) throw Error("a page's template is broken: " + skeleton.error_message());
  if (escape != nullptr) skeleton.set_custom_escape(escape);
  return skeleton.render(page);
}

}  // namespace gradus::lab
