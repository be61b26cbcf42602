#include "lab/race/search_plan.hpp"

#include <algorithm>

#include "gradus/core/error.hpp"
#include "gradus/registry.hpp"

namespace gradus::lab {
namespace {

double default_rate(const PhaseSpec& phase) {
  const AnyRule rule = make_rule(phase.rule, phase.settings);
  for (const FieldInfo& field : rule.fields())
    if (field.name == "lr") return usual_rate(phase.rule, field.default_value);
  throw Error("the rule " + phase.rule + " has no learning rate to search for");
}

}  // namespace

SearchPlan::SearchPlan(const std::vector<EntrySpec>& entries, int trials) : trials_(trials) {
  for (const EntrySpec& entry : entries) by_entry_.push_back(add(entry.phases, entry.switch_at, entry.text));
}

std::size_t SearchPlan::add(std::vector<PhaseSpec> phases, double switch_at, const std::string& label) {
  std::optional<std::size_t> first_alone;
  if (phases.size() == 2) first_alone = add({phases.front()}, 0.5, phases.front().text);
  const auto same = std::ranges::find(searches_, label, &Search::label);
  if (same != searches_.end()) return static_cast<std::size_t>(same - searches_.begin());
  Search search;
  search.label = label;
  search.phases = std::move(phases);
  search.switch_at = switch_at;
  search.first_alone = first_alone;
  if (!search.phases.back().lr) search.rates.emplace(default_rate(search.phases.back()), trials_);
  searches_.push_back(std::move(search));
  return searches_.size() - 1;
}

bool SearchPlan::ready(const Search& search) const {
  return !search.first_alone || searches_[*search.first_alone].done;
}

std::vector<SearchPlan::Wanted> SearchPlan::next() {
  std::vector<Wanted> wanted;
  for (std::size_t i = 0; i < searches_.size(); ++i) {
    Search& search = searches_[i];
    if (search.done || !ready(search)) continue;
    if (search.first_alone) search.before = searches_[*search.first_alone].chosen;
    const bool hopeless =
        search.before.size() + 1 < search.phases.size();  // the first rule alone only diverged
    if (hopeless || !search.rates || search.rates->done()) {
      conclude(search);
      continue;
    }
    for (const double rate : search.rates->next()) {
      LearningRates lr = search.before;
      lr.push_back(rate);
      wanted.push_back({i, lr, ++search.asked});
    }
  }
  return wanted;
}

void SearchPlan::conclude(Search& search) const {
  search.done = true;
  if (search.before.size() + 1 < search.phases.size()) return;
  const std::optional<double> rate = search.rates ? search.rates->best() : search.phases.back().lr;
  if (!rate) return;
  search.chosen = search.before;
  search.chosen.push_back(*rate);
}

void SearchPlan::record(std::size_t search_index, Trial trial) {
  Search& search = searches_[search_index];
  search.rates->record(trial.lr.back(), {trial.diverged, trial.validation_accuracy, trial.validation_loss});
  search.trials.push_back(std::move(trial));
}

std::vector<Trial> SearchPlan::trials_of_entry(std::size_t entry) const {
  const Search& search = of_entry(entry);
  std::vector<Trial> trials = search.trials;
  if (search.first_alone && std::ranges::find(by_entry_, *search.first_alone) == by_entry_.end()) {
    const std::vector<Trial>& first = searches_[*search.first_alone].trials;
    trials.insert(trials.end(), first.begin(), first.end());
  }
  std::ranges::sort(trials, {}, &Trial::lr);
  return trials;
}

bool SearchPlan::best_at_edge(std::size_t entry) const {
  const Search& search = of_entry(entry);
  return search.done && search.rates && search.rates->best_at_edge();
}

int SearchPlan::outstanding() const {
  int count = 0;
  for (const Search& search : searches_)
    if (!search.done && search.rates && search.asked == 0) count += trials_;
  return count;
}

}  // namespace gradus::lab
