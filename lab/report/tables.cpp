#include "lab/report/tables.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/core/error.hpp"
#include "lab/report/format.hpp"
#include "lab/report/summary.hpp"

namespace gradus::lab {
namespace {

Table curves(const RaceResults& results, std::vector<double> Run::*curve, int digits, double scale) {
  Table table{{"rule"}, {}};
  std::size_t epochs = 0;
  for (const Entry& entry : results.entries) {
    Table::Row row{entry.label, {}};
    for (const Estimate& value : mean_curve(entry, curve))
      row.cells.push_back(with_interval(value, digits, scale));
    epochs = std::max(epochs, row.cells.size());
    table.rows.push_back(std::move(row));
  }
  for (std::size_t epoch = 1; epoch <= epochs; ++epoch) table.head.push_back(fmt::format("epoch {}", epoch));
  for (Table::Row& row : table.rows) row.cells.resize(epochs);
  return table;
}

Table trials(const RaceResults& results) {
  Table table{{"rule", "learning rate", "validation accuracy, %", "validation loss", "training loss", ""},
              {}};
  for (const Entry& entry : results.entries)
    for (const Trial& trial : entry.trials) {
      const char* remark = trial.lr == entry.chosen_lr ? "chosen" : trial.diverged ? "diverged" : "";
      const double train_loss = trial.train_loss.empty() ? kNotMeasured : trial.train_loss.back();
      table.rows.push_back({entry.label,
                            {learning_rates(trial.lr), fixed(100 * trial.validation_accuracy, 2),
                             fixed(trial.validation_loss, 4), fixed(train_loss, 4), remark}});
    }
  return table;
}

Table rates(const RaceResults& results) {
  Table table{{"rule", "layer", "epoch"}, {}};
  for (const int percent : kQuantilePercents) table.head.push_back(fmt::format("{}%", percent));
  for (const Entry& entry : results.entries)
    for (const LayerRates& layer : mean_effective_rates(entry))
      for (std::size_t epoch = 0; epoch < layer.by_epoch.size(); ++epoch) {
        Table::Row row{entry.label, {layer.layer, fmt::format("{}", epoch + 1)}};
        for (const double rate : layer.by_epoch[epoch]) row.cells.push_back(significant(rate));
        table.rows.push_back(std::move(row));
      }
  return table;
}

}  // namespace

Table table_for(const RaceResults& results, const std::string& figure_id) {
  if (figure_id == "training-loss") return curves(results, &Run::train_loss, 4, 1);
  if (figure_id == "test-accuracy") return curves(results, &Run::test_accuracy, 2, 100);
  if (figure_id == "sensitivity") return trials(results);
  if (figure_id == "effective-rates") return rates(results);
  throw Error("no table for a figure called " + figure_id);
}

}  // namespace gradus::lab
