#pragma once

#include <chrono>
#include <string>

#include "lab/race/race.hpp"

namespace gradus::tool {

/// Tells on standard error how a race goes. On a terminal: one line that is redrawn in place and never wider
/// than the terminal, and a line that stays for each final run. Elsewhere: a line for each training that
/// ended. Races may follow each other.
class Progress final : public lab::RaceObserver {
 public:
  /// Places are told in epochs of so many steps, or in steps if it is 0.
  explicit Progress(std::int64_t epoch_steps);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void moved(const lab::RaceJob& job, const lab::TrainingMoment& moment,
             const lab::RaceProgress& progress) override;
  void finished(const lab::RaceJob& job, const lab::TrainingRecord& record,
                const lab::RaceProgress& progress) override;

 private:
  using Clock = std::chrono::steady_clock;

  void notice(const lab::RaceProgress& progress);
  void erase_line();
  [[nodiscard]] std::string place(const lab::TrainingMoment& moment, const lab::RaceJob& job) const;
  [[nodiscard]] std::string time_left(const lab::RaceProgress& progress) const;

  std::int64_t epoch_steps_;
  bool on_terminal_;
  bool line_shown_ = false;
  Clock::time_point start_ = Clock::now();  // of the race
  std::int64_t done_ = 0;
  Clock::time_point last_drawn_;
  std::string shown_job_;  // of several at work the line stays with one
};

}  // namespace gradus::tool
