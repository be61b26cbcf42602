#include "lab/race/search_plan.hpp"

#include <algorithm>
#include <tuple>

#include "lab/race/rules.hpp"

namespace gradus::lab {
namespace {

/// Of the phase's rule, what is to be tuned, it has, and its entry does not give.
std::vector<std::string> tuned_of(const PhaseSpec& phase, const std::vector<std::string>& tuned) {
  const std::vector<FieldInfo> fields = raced_rule(phase.rule).fields();
  std::vector<std::string> names;
  for (const std::string& name : tuned) {
    const bool given = name == "lr"
                           ? phase.lr.has_value()
                           : std::ranges::find(phase.settings, name, &Setting::name) != phase.settings.end();
    if (!given && std::ranges::find(fields, name, &FieldInfo::name) != fields.end()) names.push_back(name);
  }
  return names;
}

/// With the learning rate that was given, where it was.
Point complete(Point point, const PhaseSpec& phase) {
  if (phase.lr) point["lr"] = *phase.lr;
  if (!point.contains("lr")) point["lr"] = usual_rate(raced_rule(phase.rule, phase.settings));
  return point;
}

}  // namespace

SearchPlan::SearchPlan(const std::vector<EntrySpec>& entries, TuningPlan plan) : plan_(std::move(plan)) {
  for (const EntrySpec& entry : entries) by_entry_.push_back(add(entry.phases, entry.switch_at, entry.text));
}

std::size_t SearchPlan::add(std::vector<PhaseSpec> phases, double switch_at, const std::string& label) {
  std::optional<std::size_t> first_alone;
  if (phases.size() == 2) first_alone = add({phases.front()}, 0.5, phases.front().text);
  const auto same = std::ranges::find(searches_, label, &PhaseSearch::label);
  if (same != searches_.end()) return static_cast<std::size_t>(same - searches_.begin());
  PhaseSearch search;
  search.label = label;
  search.phases = std::move(phases);
  search.switch_at = switch_at;
  search.first_alone = first_alone;
  const PhaseSpec& last = search.phases.back();
  if (const auto tuned = tuned_of(last, plan_.tuned); !tuned.empty())
    search.search.emplace(Space(raced_rule(last.rule, last.settings), tuned), plan_);
  searches_.push_back(std::move(search));
  return searches_.size() - 1;
}

bool SearchPlan::ready(const PhaseSearch& search) const {
  return !search.first_alone || searches_[*search.first_alone].done;
}

std::vector<SearchPlan::Wanted> SearchPlan::next() {
  std::vector<Wanted> wanted;
  for (std::size_t i = 0; i < searches_.size(); ++i) {
    PhaseSearch& search = searches_[i];
    if (search.done || !ready(search)) continue;
    if (search.first_alone) search.before = searches_[*search.first_alone].chosen;
    const bool hopeless =
        search.before.size() + 1 < search.phases.size();  // the first rule alone only diverged
    const std::vector<Search::Ask> asks =
        hopeless || !search.search ? std::vector<Search::Ask>{} : search.search->next();
    for (const Search::Ask& ask : asks) {
      Points points = search.before;
      points.push_back(complete(search.search->space().at(ask.number), search.phases.back()));
      wanted.push_back({i, ask, std::move(points), ++search.asked});
    }
    if (hopeless || !search.search || search.search->done()) conclude(search);
  }
  return wanted;
}

void SearchPlan::conclude(PhaseSearch& search) const {
  search.done = true;
  if (search.before.size() + 1 < search.phases.size()) return;
  const std::optional<Point> point = search.search ? search.search->chosen() : Point{};
  if (!point) return;
  search.chosen = search.before;
  search.chosen.push_back(complete(*point, search.phases.back()));
}

void SearchPlan::record(const Wanted& wanted, Trial trial) {
  PhaseSearch& search = searches_[wanted.search];
  search.search->record(wanted.ask, {trial.diverged, trial.validation_loss});
  search.trials.push_back(std::move(trial));
}

std::vector<Trial> SearchPlan::trials_of_entry(std::size_t entry) const {
  const PhaseSearch& search = of_entry(entry);
  std::vector<Trial> trials = search.trials;
  if (search.first_alone && std::ranges::find(by_entry_, *search.first_alone) == by_entry_.end()) {
    const std::vector<Trial>& first = searches_[*search.first_alone].trials;
    trials.insert(trials.end(), first.begin(), first.end());
  }
  std::ranges::sort(trials, {}, [](const Trial& t) { return std::tie(t.points, t.steps, t.seed); });
  return trials;
}

std::vector<std::string> SearchPlan::at_edge(std::size_t entry) const {
  const PhaseSearch& search = of_entry(entry);
  return search.done && search.search ? search.search->at_edge() : std::vector<std::string>{};
}

std::vector<Share> SearchPlan::selection(std::size_t entry) const {
  const PhaseSearch& search = of_entry(entry);
  return search.done && search.search ? search.search->selection() : std::vector<Share>{};
}

std::int64_t SearchPlan::outstanding_steps() const {
  std::int64_t steps = 0;
  for (const PhaseSearch& search : searches_)
    if (!search.done && search.search) steps += search.search->outstanding_steps();
  return steps;
}

}  // namespace gradus::lab
