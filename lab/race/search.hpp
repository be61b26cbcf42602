#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/race/space.hpp"
#include "lab/results/results.hpp"

namespace gradus::lab {

/// How hyperparameters are searched for, the same for each rule.
struct TuningPlan {
  std::vector<std::string> tuned{"lr"};  ///< where the rule has them and the entry does not give them
  int trials = 5;                        ///< points to begin with
  std::int64_t screening_steps = 0;      ///< of the first trials
  std::int64_t steps = 0;                ///< of a whole training
  std::vector<std::uint64_t> seeds{1};   ///< of trials; the first does most
};

/// How well a training at a point did on the validation split.
struct Score {
  bool diverged = false;
  double loss = 0;
};

/// Searches a space for the point of the lowest validation loss, by trials that get fewer and longer:
///
/// 1. `trials` points are screened by short trainings with one seed. While the
///    best is the first or last of a grid, the grid grows there.
/// 2. The best three are trained to the end, with the same seed. While the best
///    is the first or last of these, its neighbour beyond is too.
/// 3. The best two of those are trained to the end with all seeds.
///
/// The lower mean wins; but a lower learning rate does if it is no worse than by the noise, one standard error
/// of the differences by seed. What a search asks for depends on the scores alone, never on the order in which
/// they come.
class Search {
 public:
  static constexpr int kMostExtensions = 4;       ///< of the grid, on each side
  static constexpr int kMostWholeExtensions = 2;  ///< of what is trained to the end, on each side
  static constexpr std::size_t kFinalists = 3, kLast = 2;

  Search(Space space, TuningPlan plan);

  struct Ask {
    int number = 0;  ///< of the point in the space
    bool screening = false;
    std::uint64_t seed = 0;
  };
  /// Trainings that have not been asked for before; empty while scores are still to come, and in the end.
  std::vector<Ask> next();
  void record(const Ask& ask, const Score& score);

  /// Nothing is left to ask for, nor to come.
  [[nodiscard]] bool done() const { return done_; }
  /// None if every training diverged.
  [[nodiscard]] std::optional<Point> chosen() const;
  /// Hyperparameters whose chosen value is the first or last of the grid.
  [[nodiscard]] std::vector<std::string> at_edge() const;
  /// How often each point is chosen by tuning seeds drawn from those there are.
  [[nodiscard]] std::vector<Share> selection() const;
  [[nodiscard]] const Space& space() const { return space_; }
  /// At least how many steps are still to be asked for.
  [[nodiscard]] std::int64_t outstanding_steps() const;

 private:
  using Scores = std::map<std::uint64_t, std::optional<Score>>;  // by seed; empty: still to come

  [[nodiscard]] bool screens() const { return plan_.screening_steps < plan_.steps; }
  [[nodiscard]] bool waiting() const;
  std::vector<Ask> screen();
  std::vector<Ask> begin_whole();
  std::vector<Ask> ask(const std::vector<int>& numbers, bool screening, std::uint64_t seed);
  [[nodiscard]] std::vector<int> best_screened() const;
  [[nodiscard]] std::vector<int> best_whole() const;
  [[nodiscard]] std::optional<int> beyond(const std::map<int, Scores>& tried, const std::vector<int>& best,
                                          int first, int last, int most) const;
  [[nodiscard]] std::vector<int> last_two() const;
  [[nodiscard]] std::optional<int> choice(const std::vector<std::uint64_t>& seeds) const;

  Space space_;
  TuningPlan plan_;
  std::map<int, Scores> screened_, whole_;  // by the point's number
  int first_finalist_ = 0, last_finalist_ = 0;
  bool done_ = false;
};

}  // namespace gradus::lab
