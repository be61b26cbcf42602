#include "progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "lab/report/format.hpp"

namespace gradus::tool {
namespace {

using namespace std::chrono_literals;

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string name_of(const lab::RaceJob& job) {
  return fmt::format("{}  {} {}", job.label, job.is_trial ? "trial" : "seed",
                     job.is_trial ? static_cast<std::uint64_t>(job.number) : job.seed);
}

/// A part of the line; those that matter least are left out first where the terminal is narrow.
struct Part {
  std::string text;
  int importance;
};

std::string fitted(std::vector<Part> parts, std::size_t columns) {
  const auto join = [&parts] {
    std::string line;
    for (const Part& part : parts) line += (line.empty() ? "" : "  ") + part.text;
    return line;
  };
  std::string line = join();
  while (line.size() > columns && parts.size() > 1) {
    parts.erase(std::ranges::min_element(parts, {}, &Part::importance));
    line = join();
  }
  return line.substr(0, columns);
}

std::string outcome(const lab::RaceJob& job, const lab::TrainingRecord& record) {
  if (record.diverged) return "diverged";
  const std::string loss = fmt::format("loss {:.4g}", record.train_loss.back());
  if (job.is_trial) return fmt::format("{}  validation loss {:.4g}", loss, record.validation_loss.back());
  return fmt::format("{}  test loss {:.4g}", loss, record.final_test_loss);
}

}  // namespace

Progress::Progress(std::int64_t epoch_steps)
    : epoch_steps_(epoch_steps), on_terminal_(isatty(STDERR_FILENO) != 0) {
  const char* terminal = std::getenv("TERM");
  if (terminal == nullptr || std::string_view(terminal) == "dumb") on_terminal_ = false;
}

Progress::~Progress() { erase_line(); }

void Progress::moved(const lab::RaceJob& job, const lab::TrainingMoment& moment,
                     const lab::RaceProgress& progress) {
  notice(progress);
  if (!on_terminal_ || Clock::now() - last_drawn_ < 100ms) return;
  const std::string name = name_of(job);
  if (shown_job_.empty()) shown_job_ = name;
  if (name != shown_job_) return;
  const std::string line = fitted({{job.label, 6},
                                   {fmt::format("{} {}", job.is_trial ? "trial" : "seed", job.number), 3},
                                   {lab::points_text(job.points), 1},
                                   {place(moment, job), 2},
                                   {fmt::format("loss {:.3g}", moment.loss), 4},
                                   {fmt::format("{} %", 100 * progress.done / progress.planned), 5},
                                   {time_left(progress), 7}},
                                  terminal_columns() - 1);
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
  line_shown_ = true;
  last_drawn_ = Clock::now();
}

void Progress::finished(const lab::RaceJob& job, const lab::TrainingRecord& record,
                        const lab::RaceProgress& progress) {
  notice(progress);
  if (name_of(job) == shown_job_) shown_job_.clear();
  if (on_terminal_ && job.is_trial) return;
  erase_line();
  const std::string line = fmt::format("{}  {}  {}  {}", name_of(job), lab::points_text(job.points),
                                       outcome(job, record), lab::duration(record.seconds));
  if (on_terminal_)
    std::fprintf(stderr, "%s\n", line.substr(0, terminal_columns()).c_str());
  else
    std::fprintf(stderr, "%s  (%s)\n", line.c_str(), time_left(progress).c_str());
}

/// Another race begins anew.
void Progress::notice(const lab::RaceProgress& progress) {
  if (progress.done < done_) start_ = Clock::now();
  done_ = progress.done;
}

void Progress::erase_line() {
  if (line_shown_) std::fputs("\r\x1b[K", stderr);
  line_shown_ = false;
}

std::string Progress::place(const lab::TrainingMoment& moment, const lab::RaceJob& job) const {
  if (epoch_steps_ == 0) return fmt::format("step {}/{}", moment.steps_done, job.steps);
  const auto epochs = [this](std::int64_t steps) {
    return static_cast<double>(steps) / static_cast<double>(epoch_steps_);
  };
  return fmt::format("epoch {:.1f}/{:.3g}", epochs(moment.steps_done), epochs(job.steps));
}

std::string Progress::time_left(const lab::RaceProgress& progress) const {
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const double left =
      seconds * static_cast<double>(progress.planned - progress.done) / static_cast<double>(progress.done);
  return (left < 1 ? "0 s" : lab::duration(std::round(left))) + " left";
}

}  // namespace gradus::tool
