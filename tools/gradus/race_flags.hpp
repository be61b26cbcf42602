#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lab/race/journal.hpp"
#include "lab/race/race.hpp"
#include "lab/tasks/task.hpp"

namespace gradus::tool {

/// What `gradus race` was asked for, as typed; empty or 0 stands for a flag that was not given.
struct RaceFlags {
  std::string task = "fashion-mlp";
  std::vector<std::string> rules;
  std::string schedule, budget, screening;
  std::vector<std::string> tune{"lr"};
  std::string target;
  int trials = 0, seeds = 0, tuning_seeds = 0, batch = 0, threads = 0;
  int tuning_from = 1001;
  std::string data, model, out;
  bool quick = false, resume = false, overwrite = false;

  [[nodiscard]] lab::Journal::Mode mode() const {
    using Mode = lab::Journal::Mode;
    return resume ? Mode::go_on : overwrite ? Mode::overwrite : Mode::begin;
  }
  [[nodiscard]] const lab::TaskKind& kind() const { return lab::find_task(task); }
  /// Throws Error for what no data can make good.
  void check() const;
  /// Where results go: a folder a task, and another one for quick races.
  [[nodiscard]] std::filesystem::path folder() const;
  /// On the validation split, as the metric is computed.
  [[nodiscard]] double target_metric() const;
  /// The race of a task with these facts. Throws Error for what cannot be.
  [[nodiscard]] lab::RaceOptions options(const lab::TaskFacts& facts) const;
  /// The command that repeats it, whatever the defaults will be then.
  [[nodiscard]] std::string command(const lab::RaceOptions& options) const;

 private:
  [[nodiscard]] lab::TuningPlan tuning(const lab::RaceOptions& options, std::int64_t epoch_steps) const;
};

/// Declares the flags and the words around them.
void declare(CLI::App& command, RaceFlags& flags);

}  // namespace gradus::tool
