#pragma once

#include <array>
#include <cstdint>
#include <limits>
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

struct RaceSettings {
  std::string command;             ///< the command line that repeats this race
  std::string started;             ///< UTC, ISO 8601
  std::string model;               ///< "mlp", "cnn"
  std::vector<std::string> rules;  ///< as typed, in order
  int epochs = 0;                  ///< of each final run
  int tuning_epochs = 0;           ///< of each learning-rate trial
  int batch = 0;
  std::vector<std::uint64_t> seeds;  ///< one final run for each
  int trials = 0;                    ///< learning rates each rule tries before its grid is extended
  int threads = 0;
  std::string schedule;  ///< of the learning rate: "constant", "cosine", …
  std::int64_t train_size = 0;
  std::int64_t validation_size = 0;
  std::int64_t test_size = 0;
  std::int64_t parameters = 0;  ///< how many numbers the model trains
  std::string data;             ///< "Fashion-MNIST (folder)"
  std::string gradus_version;
  std::string instruction_set;  ///< "baseline", "avx2", "avx512", …
};

/// Learning rates, one for each phase of an entry: one number for `adam`, two for `adam>sgd@0.5`.
using LearningRates = std::vector<double>;

/// One attempt at a learning rate, judged on the validation split.
struct Trial {
  LearningRates lr;
  int epochs = 0;
  std::vector<double> train_loss;  ///< mean over the batches of each epoch
  double validation_loss = kNotMeasured;
  double validation_accuracy = kNotMeasured;  ///< a fraction, 0 to 1, as every accuracy here
  bool diverged = false;
  double seconds = 0;
};

/// 5, 25, 50, 75 and 95% quantiles over the elements of a layer.
using Quantiles = std::array<double, 5>;
inline constexpr std::array<int, 5> kQuantilePercents{5, 25, 50, 75, 95};

struct LayerRates {
  std::string layer;
  std::vector<Quantiles> by_epoch;  ///< at the end of each epoch; NaN while the rule in charge has none
};

/// One training from scratch with the chosen learning rate.
struct Run {
  std::uint64_t seed = 0;
  LearningRates lr;
  std::vector<double> train_loss;           ///< mean over the batches of each epoch
  std::vector<double> validation_accuracy;  ///< at the end of each epoch
  std::vector<double> test_accuracy;        ///< at the end of each epoch
  double final_test_loss = kNotMeasured;
  double final_test_accuracy = kNotMeasured;
  double seconds = 0;
  double optimizer_step_seconds = kNotMeasured;  ///< mean wall time in the optimizer, without the slowest 5%
  bool diverged = false;
  bool finished = false;  ///< every epoch was run, or it diverged; only such runs are summarized
  std::vector<LayerRates> effective_rates;  ///< empty for rules that have none
};

/// A mean over seeds with the half width of its 95% confidence interval (NaN when n < 2).
struct Estimate {
  double mean = kNotMeasured;
  double half_width = kNotMeasured;
  int n = 0;
};

struct Summary {
  Estimate test_accuracy;
  Estimate train_loss;
  Estimate epochs_to_target;  ///< over the seeds that reached the target; n < runs: some did not
  Estimate step_seconds;
  /// Validation accuracy lost, on average, at the two nearest
  /// learning rates tried below and above the chosen one.
  double lr_sensitivity = kNotMeasured;
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
  std::vector<Trial> trials;
  LearningRates chosen_lr;    ///< empty: none was chosen
  bool best_at_edge = false;  ///< the best trial is the lowest or highest tried: a better one may lie beyond
  std::vector<Run> runs;
  Summary summary;
};

/// Who won at one thing. `winner` and `tied` are labels; both are empty when nobody can be said to have won.
struct Verdict {
  std::string
      question;  ///< "test_accuracy", "epochs_to_target", "train_loss", "lr_sensitivity", "step_seconds"
  std::string winner;             ///< the best mean
  std::vector<std::string> tied;  ///< those whose interval overlaps the winner's, best first
  bool conclusive = false;        ///< the winner's interval is apart from everybody else's
  std::string sentence;           ///< the same in words
};

struct RaceResults {
  RaceSettings settings;
  std::vector<Entry> entries;
  double target_accuracy = kNotMeasured;  ///< of epochs_to_target
  std::vector<Verdict> verdicts;
  bool interrupted = false;
  double seconds = 0;  ///< of the whole race
};

inline constexpr std::string_view kResultsFormat = "gradus-race-1";

nlohmann::ordered_json to_json(const RaceResults& results);

/// Throws Error when `json` is not a gradus-race-1 document; the message names the field.
RaceResults from_json(const nlohmann::ordered_json& json);

/// results.json as it is written: to_json() with one line for each flat array or small object.
std::string to_text(const RaceResults& results);

/// Reads what to_text() wrote. Throws Error as from_json() does, and when the text is not JSON.
RaceResults from_text(std::string_view text);

}  // namespace gradus::lab
