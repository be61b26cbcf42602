#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lab/race/entry_spec.hpp"
#include "lab/race/rate_search.hpp"
#include "lab/results/results.hpp"

namespace gradus::lab {

/// The search for the last learning rate of one rule, or of two in a row.
struct Search {
  std::string label;
  std::vector<PhaseSpec> phases;
  double switch_at = 0.5;
  std::optional<std::size_t> first_alone;  ///< the search that the first of two phases' rate comes from
  LearningRates before;                    ///< rates of the phases before the last
  std::optional<RateSearch> rates;         ///< none where the rate was given
  std::vector<Trial> trials;
  LearningRates chosen;  ///< empty: not yet, or every trial diverged
  bool done = false;
  int asked = 0;  ///< trials so far
};

/// Every search that a race needs, each once: `adam` and `adam>sgd` share the one for adam.
class SearchPlan {
 public:
  SearchPlan(const std::vector<EntrySpec>& entries, int trials);

  /// Learning rates to try next, by search. Call it at the start and after each record().
  struct Wanted {
    std::size_t search;
    LearningRates lr;
    int number;  ///< 1 for the search's first trial
  };
  std::vector<Wanted> next();

  void record(std::size_t search_index, Trial trial);

  [[nodiscard]] const std::vector<Search>& searches() const { return searches_; }
  [[nodiscard]] const Search& of_entry(std::size_t entry) const { return searches_[by_entry_[entry]]; }
  /// The trials behind an entry, lowest rates first. Where its first rule does not race itself, the trials of
  /// that rule alone are among them, with one rate instead of two.
  [[nodiscard]] std::vector<Trial> trials_of_entry(std::size_t entry) const;
  [[nodiscard]] bool best_at_edge(std::size_t entry) const;

  /// At least how many trials are still to be asked for.
  [[nodiscard]] int outstanding() const;

 private:
  std::size_t add(std::vector<PhaseSpec> phases, double switch_at, const std::string& label);
  [[nodiscard]] bool ready(const Search& search) const;
  void conclude(Search& search) const;

  int trials_;
  std::vector<Search> searches_;  // a search comes after the one it needs
  std::vector<std::size_t> by_entry_;
};

}  // namespace gradus::lab
