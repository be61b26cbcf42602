#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

/// What a race leaves behind, as plain data. The race fills `settings` and, entry by entry, `trials` and
/// `runs`; summarize() (lab/report/summary.hpp) computes the rest; to_json() and the report read it all.
/// docs/race-results.md describes every field as it appears in results.json.
namespace gradus::lab {

/// Stands for "not measured". In JSON it is the string "NaN", as infinities are "Infinity" and "-Infinity".
inline constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

/// The number by which people judge a task, beside its loss; and how it is shown.
struct Metric {
  std::string name = {};  ///< "accuracy", "perplexity"
  bool highest_is_best = true;
  double scale = 1;              ///< 100 for fractions that are shown in percent
  std::string unit = {};         ///< "%"
  int digits = 2;                ///< after the point, when shown
  double chance = kNotMeasured;  ///< what guessing gets; NaN where nobody guesses
  double margin = 0;             ///< two that differ by less are as good as each other

  [[nodiscard]] bool is_better(double a, double b) const { return highest_is_best ? a > b : a < b; }
};

/// Where a race ran: what a repeat needs to know besides the command.
struct Machine {
  std::string cpu;
  std::string compiler;
  std::string libtorch;
  std::string blas;
  std::string instruction_set;  ///< of the optimizer's steps: "baseline", "avx2", "avx512", …
};

struct RaceSettings {
  std::string command;  ///< the command line that repeats this race
  std::string started;  ///< UTC, ISO 8601
  std::string task;     ///< "fashion-mlp"
  std::string title;    ///< what is trained, on what, in a few words
  Metric metric;
  std::vector<std::string> rules;  ///< as typed, in order
  std::int64_t steps = 0;          ///< of each final run, and of each trial that decides
  std::int64_t epoch_steps =
      0;  ///< batches that show all training examples once; 0 if there is no such thing
  std::vector<std::int64_t> looks;  ///< after how many steps curves have their points
  std::int64_t batch = 0;
  std::string schedule;              ///< of the learning rate: "constant", "cosine", …
  std::vector<std::uint64_t> seeds;  ///< one final run for each
  std::vector<std::string> tuned;    ///< hyperparameters that were searched for: "lr", …
  int trials = 0;                    ///< points each rule tries, before a grid is extended
  std::int64_t screening_steps = 0;  ///< of the first trials
  std::vector<std::uint64_t> tuning_seeds;
  int threads = 0;
  double target =
      kNotMeasured;  ///< of steps_to_target: the metric on the validation split; NaN: there is none
  std::int64_t train_size = 0;
  std::int64_t validation_size = 0;
  std::int64_t test_size = 0;
  std::int64_t parameters = 0;  ///< how many numbers the model trains
  std::string data;             ///< "Fashion-MNIST (folder)"
  std::string data_checksum;    ///< of all examples, in hexadecimal
  Machine machine;
  std::string gradus_version;
};

/// Values of hyperparameters by name, of one rule.
using Point = std::map<std::string, double>;
/// One for each phase of an entry: one for `adam`, two for `adam>sgd@0.5`. Each has at least "lr".
using Points = std::vector<Point>;

/// One attempt at a point, judged on the validation split.
struct Trial {
  Points points;
  std::int64_t steps = 0;
  std::uint64_t seed = 0;
  double train_loss = kNotMeasured;  ///< mean over the batches since the last look but one
  double validation_loss = kNotMeasured;
  double validation_metric = kNotMeasured;
  bool diverged = false;
  double seconds = 0;
};

/// 5, 25, 50, 75 and 95% quantiles over the elements of a layer.
using Quantiles = std::array<double, 5>;
inline constexpr std::array<int, 5> kQuantilePercents{5, 25, 50, 75, 95};

/// How a layer was moved, at each look.
struct LayerSteps {
  std::string layer;
  std::vector<Quantiles> effective_rates;  ///< NaN while the rule in charge has none
  std::vector<double> update_ratios;       ///< norm of the last step's update to the norm of the weights
};

/// One training from scratch at the chosen point. Curves have a number for each look.
struct Run {
  std::uint64_t seed = 0;
  Points points;
  std::vector<double> train_loss;  ///< mean over the batches since the look before
  std::vector<double> validation_loss;
  std::vector<double> validation_metric;
  std::vector<double> test_metric;
  std::vector<double> train_seconds;  ///< of wall time spent on training so far, looks not counted
  double final_test_loss = kNotMeasured;
  double final_test_metric = kNotMeasured;
  double seconds = 0;
  double optimizer_step_seconds = kNotMeasured;  ///< mean wall time in the optimizer, without the slowest 5%
  bool diverged = false;
  bool finished = false;  ///< every step was taken, or it diverged; only such runs are summarized
  std::vector<LayerSteps> layers;
  std::vector<std::vector<double>> probed;  ///< by look, what experiments ask for; in no results file
};

/// A mean over seeds with the half width of its 95% confidence interval (NaN when n < 2).
struct Estimate {
  double mean = kNotMeasured;
  double half_width = kNotMeasured;
  int n = 0;
};

/// How much the choice of a point is luck. Were the tuning seeds others, so might be the choice: how often each
/// point is chosen when seeds are drawn from those with repetition. Empty where nothing was chosen.
struct Share {
  Point point;  ///< of the last phase
  double share = 0;
};

struct Summary {
  Estimate test_metric;  ///< the interval has the variance of the selection too
  Estimate train_loss;
  Estimate steps_to_target;  ///< over the seeds that reached the target; n < runs: some did not
  Estimate seconds_to_target;
  Estimate step_seconds;
  std::map<std::string, double>
      sensitivity;                   ///< by tuned hyperparameter: the metric lost beside the chosen value
  std::vector<std::string> remarks;  ///< what is odd about the entry's runs, a sentence each
};

/// How a rule's arrays of state are kept.
struct KeptState {
  std::string kept_as;   ///< "bf16", …; "plain": in the type that formulas compute in
  std::string rounding;  ///< "nearest" or "stochastic"; empty where it is plain
};

struct Entry {
  std::string rule;              ///< as typed
  std::string label;             ///< for people: short and unique within the race
  std::vector<KeptState> state;  ///< of each phase
  std::vector<Point> in_force;   ///< of each phase: every hyperparameter's value in the final runs
  std::vector<std::string>
      companions;  ///< of each phase: what moves the parameters that the rule does not take
  std::string
      space;  ///< of the last phase: where its point was searched for, in words; empty if all was given
  std::vector<Trial> trials;
  Points chosen;                     ///< empty: none was chosen
  std::vector<std::string> at_edge;  ///< hyperparameters whose best value is the lowest or highest tried
  std::vector<Share> selection;
  std::vector<Run> runs;
  Summary summary;
};

/// An entry beside the best, on one question.
struct Rival {
  std::string label;
  double difference = kNotMeasured;  ///< the rival's mean less the best's
  double half_width = kNotMeasured;  ///< of the difference's 95% confidence interval
  double p = kNotMeasured;           ///< that there is no difference, by Holm's correction over the table
  bool paired = false;               ///< tested by differences of a seed; otherwise by Welch's test
  std::string word;                  ///< "behind", "ties", "undecided"
};

/// Who won at one thing. `best` is a label; it is empty when nobody can be said to be measured.
struct Verdict {
  std::string
      question;      ///< "test_metric", "steps_to_target", "seconds_to_target", "train_loss", "step_seconds"
  std::string best;  ///< of the best mean
  std::vector<Rival> rivals;  ///< best mean first
  double margin = 0;          ///< what "ties" means
  int seeds = 0;
  std::string sentence;  ///< the same in words
};

struct RaceResults {
  RaceSettings settings;
  std::vector<Entry> entries;
  std::vector<Verdict> verdicts;
  bool interrupted = false;
  double seconds = 0;  ///< of the whole race
};

inline constexpr std::string_view kResultsFormat = "gradus-race-2";

nlohmann::ordered_json to_json(const RaceResults& results);

/// Throws Error when the document is not of gradus-race-2; the message names the field.
RaceResults from_json(const nlohmann::ordered_json& document);

/// JSON as files hold it: one line for each flat array or small object.
std::string readable(const nlohmann::ordered_json& document);

/// results.json as it is written.
std::string to_text(const RaceResults& results);

/// Reads what to_text() wrote. Throws Error as from_json() does, and when the text is not JSON.
RaceResults from_text(std::string_view text);

}  // namespace gradus::lab
