#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "lab/race/training.hpp"

namespace gradus::lab {

/// Every finished training of a race in a file, a line of JSON each, written and synced as it ends: so a race that
/// was broken off, by whatever, goes on where it was. A line that was cut short counts as not written.
///
/// The first line tells what all trainings have in common; only a race that says the same can go on. One race at a time
/// has the file.
class Journal {
 public:
  enum class Mode {
    begin,      ///< a new race; Error where an unfinished one is
    go_on,      ///< with what is there, if anything
    overwrite,  ///< a new race, whatever is there
  };
  /// `common` is a text that says what all trainings have in common, without line breaks. Throws Error for a
  /// file that cannot be read or written, is no journal, is of another race, or that another race has.
  Journal(std::filesystem::path file, const std::string& common, Mode mode);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// A trainer that trains what has not been trained before, and writes that down. It throws
  /// Error where it cannot write. The journal outlives it.
  [[nodiscard]] Trainer remembering(Trainer train);

  /// Of trainings, when the file was opened.
  [[nodiscard]] std::size_t size_at_first() const { return size_at_first_; }
  /// The race is through: the next one may begin anew.
  void conclude();

 private:
  /// Open, and locked for as long.
  class File {
   public:
    explicit File(const std::filesystem::path& file);
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();
    [[nodiscard]] int descriptor() const { return descriptor_; }

   private:
    int descriptor_;
  };

  void read(const std::string& common, Mode mode);
  void append(const std::string& line);
  void cut_to(std::uintmax_t size);

  std::filesystem::path path_;
  File file_;
  std::mutex mutex_;  // guards what is below
  std::map<std::string, TrainingRecord> records_;
  std::size_t size_at_first_ = 0;
};

/// What all trainings of a race have in common, so that those of another are not taken for its.
std::string common_to_trainings(const RaceSettings& settings);

}  // namespace gradus::lab
