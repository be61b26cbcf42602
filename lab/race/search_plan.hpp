#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lab/race/entry_spec.hpp"
#include "lab/race/search.hpp"
#include "lab/results/results.hpp"

namespace gradus::lab {

/// The search for the point of one rule, or for that of the second of two in a row.
struct PhaseSearch {
  std::string label;
  std::vector<PhaseSpec> phases;
  double switch_at = 0.5;
  std::optional<std::size_t> first_alone;  ///< the search that the first of two phases' point comes from
  Points before;                           ///< points of the phases before the last
  std::optional<Search> search;            ///< none where all was given
  std::vector<Trial> trials;
  Points chosen;  ///< empty: not yet, or every trial diverged
  bool done = false;
  int asked = 0;  ///< trials so far
};

/// Every search that a race needs, each once: `adam` and `adam>sgd` share the one for adam.
class SearchPlan {
 public:
  SearchPlan(const std::vector<EntrySpec>& entries, TuningPlan plan);

  /// Trainings to do next, by search. Call it at the start and after each record().
  struct Wanted {
    std::size_t search = 0;
    Search::Ask ask;
    Points points;
    int number = 0;  ///< 1 for the search's first trial
  };
  std::vector<Wanted> next();

  void record(const Wanted& wanted, Trial trial);

  [[nodiscard]] const std::vector<PhaseSearch>& searches() const { return searches_; }
  [[nodiscard]] const PhaseSearch& of_entry(std::size_t entry) const { return searches_[by_entry_[entry]]; }
  /// The trials behind an entry, lowest points first. Where its first rule does not race itself, the trials of
  /// that rule alone are among them, with one point instead of two.
  [[nodiscard]] std::vector<Trial> trials_of_entry(std::size_t entry) const;
  /// Of the last phase.
  [[nodiscard]] std::vector<std::string> at_edge(std::size_t entry) const;
  [[nodiscard]] std::vector<Share> selection(std::size_t entry) const;

  /// At least how many steps of trials are still to be asked for.
  [[nodiscard]] std::int64_t outstanding_steps() const;

 private:
  std::size_t add(std::vector<PhaseSpec> phases, double switch_at, const std::string& label);
  [[nodiscard]] bool ready(const PhaseSearch& search) const;
  void conclude(PhaseSearch& search) const;

  TuningPlan plan_;
  std::vector<PhaseSearch> searches_;  // a search comes after the one it needs
  std::vector<std::size_t> by_entry_;
};

}  // namespace gradus::lab
