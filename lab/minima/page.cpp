#include "lab/minima/page.hpp"

#include <fmt/format.h>

#include <cmath>

#include "lab/minima/embedded.hpp"
#include "lab/minima/figures.hpp"
#include "lab/report/format.hpp"
#include "lab/report/page.hpp"

namespace gradus::lab {
namespace {

using kainjow::mustache::data;

/// "3352", "38000"
std::string five_digits(double value) {
  return std::isfinite(value) ? fmt::format("{:.5g}", value) : std::string(kNothing);
}

std::string with_error(double value, double error) {
  if (!std::isfinite(value) || !std::isfinite(error)) return five_digits(value);
  return fmt::format("{:.4g} ± {:.2g}", value, error);
}

std::string with_error(const Sampled& value) { return with_error(value.mean, value.standard_error); }

std::string loss_of(const Minimum& minimum) {
  return minimum.diverged ? "diverged" : fmt::format("{:.4g}", minimum.sharpness.loss);
}

/// Of the last look; NaN where the rule diverged, or the bound is of the other eigenvalue.
double preconditioned_of(const Minimum& m) {
  return m.diverged ? kNotMeasured : m.looks.back().preconditioned;
}
double bound_of(const Minimum& m, bool preconditioned) {
  return m.diverged || m.bounds_preconditioned != preconditioned ? kNotMeasured : m.looks.back().bound;
}

std::string metric_text(double value, const Metric& metric) {
  return std::isfinite(value) ? fixed(metric.scale * value, metric.digits) + metric.unit
                              : std::string(kNothing);
}

template <class Cell>
void add_row(Table& table, const std::string& name, const MinimaResults& results, const Cell& cell) {
  Table::Row row{name, {}};
  for (const Minimum& minimum : results.minima) row.cells.push_back(cell(minimum));
  table.rows.push_back(std::move(row));
}

/// "momentum 21.3, adam 45.2"
std::string headline(const MinimaResults& results) {
  std::vector<std::string> parts;
  for (const Minimum& m : results.minima)
    parts.push_back(
        fmt::format("{} {}", m.label, m.diverged ? "diverged" : significant(m.sharpness.largest)));
  return fmt::format("Largest curvature: {}", in_words(parts));
}

std::string deck(const MinimaSettings& s) {
  return fmt::format(
      "How curved the loss of {} is where each rule arrives after {} steps: over the first {} training "
      "examples.",
      s.title, thousands(s.steps), thousands(s.examples));
}

data facts(const MinimaResults& results) {
  const MinimaSettings& s = results.settings;
  data items{data::type::list};
  for (const auto& [name, value] : {std::pair<const char*, std::string>{"task", s.task},
                                    {"data", s.data},
                                    {"checksum of the data", s.data_checksum},
                                    {"parameters", thousands(s.parameters)},
                                    {"examples measured over", thousands(s.examples)},
                                    {"steps", thousands(s.steps)},
                                    {"batch", thousands(s.batch)},
                                    {"schedule", s.schedule},
                                    {"seed", std::to_string(s.seed)},
                                    {"processor", s.machine.cpu},
                                    {"libtorch, BLAS", s.machine.libtorch + ", " + s.machine.blas},
                                    {"begun", s.started}}) {
    data item;
    item.set("name", name);
    item.set("value", value);
    items.push_back(item);
  }
  return items;
}

data table_data(const Table& table) {
  data all, head{data::type::list}, rows{data::type::list};
  for (std::size_t i = 1; i < table.head.size(); ++i) head.push_back(table.head[i]);
  for (const Table::Row& row : table.rows) {
    data item, cells{data::type::list};
    for (const std::string& cell : row.cells) cells.push_back(unbroken(cell));
    item.set("name", row.name);
    item.set("cells", cells);
    rows.push_back(item);
  }
  all.set("head", head);
  all.set("rows", rows);
  return all;
}

data drawn(const Drawing& drawing) { return figure_data({drawing.figure}, drawing.series); }

}  // namespace

Table table_of(const MinimaResults& results) {
  const MinimaSettings& s = results.settings;
  Table table{.head = {""}, .rows = {}};
  for (const Minimum& minimum : results.minima) table.head.push_back(minimum.label);
  const auto add = [&](const std::string& name, const auto& cell) { add_row(table, name, results, cell); };
  add("learning rate", [](const Minimum& m) { return significant(m.lr); });
  add("loss", loss_of);
  add("gradient norm", [](const Minimum& m) { return significant(m.sharpness.gradient_norm); });
  add("largest eigenvalue of H",
      [](const Minimum& m) { return with_error(m.sharpness.largest, m.sharpness.largest_off); });
  add("  stable below", [](const Minimum& m) { return five_digits(bound_of(m, false)); });
  add("largest eigenvalue of P⁻¹H", [](const Minimum& m) { return five_digits(preconditioned_of(m)); });
  add("  stable below", [](const Minimum& m) { return five_digits(bound_of(m, true)); });
  add("trace of H", [](const Minimum& m) { return with_error(m.sharpness.trace); });
  add("adaptive sharpness, worst", [](const Minimum& m) { return significant(m.sharpness.worst_rise); });
  add("adaptive sharpness, average", [](const Minimum& m) { return with_error(m.sharpness.average_rise); });
  add("validation " + s.metric.name,
      [&](const Minimum& m) { return metric_text(m.validation_metric, s.metric); });
  add("test " + s.metric.name, [&](const Minimum& m) { return metric_text(m.test_metric, s.metric); });
  return table;
}

std::string minima_page(const MinimaResults& results, std::string_view vega) {
  const MinimaSettings& s = results.settings;
  data page = page_data(vega);
  page.set("headline", headline(results));
  page.set("deck", deck(s));
  page.set("title", s.task);
  page.set("table", table_data(table_of(results)));
  page.set("arrived", !results.slices.to.empty());
  if (!results.slices.to.empty()) {
    page.set("line", drawn(line_of_losses(results.slices)));
    page.set("plane", drawn(plane_of_losses(results.slices)));
  }
  page.set("way", drawn(sharpness_on_the_way(results.minima)));
  page.set("from", results.slices.from);
  page.set("to", results.slices.to);
  page.set("examples", thousands(s.examples));
  page.set("rho", significant(s.rho));
  page.set("facts", facts(results));
  page.set("command", s.command);
  page.set("version", s.gradus_version);
  page.set("seconds", duration(results.seconds));
  return rendered(embedded_minima("sharpness.html.in"), page);
}

}  // namespace gradus::lab
