#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gradus/checkpoint/disk.hpp"

namespace gradus::checkpoint {

/// The checkpoints of a training: files of one folder that are named by their step. Functions throw Error.
class Series {
 public:
  /// The pattern is a file's name, with a star where the step stands.
  explicit Series(std::filesystem::path folder, const std::string& pattern = "step-*.safetensors",
                  Disk& disk = system_disk());

  /// With six digits at least: "step-000123.safetensors".
  [[nodiscard]] std::filesystem::path path_of(std::uint64_t step) const;

  struct Entry {
    std::uint64_t step = 0;
    std::filesystem::path file;
  };
  struct Latest {
    std::optional<Entry> whole;
    std::vector<std::string> passed_by;  // newer ones that are not whole: what is wrong with each
  };
  /// The newest that is whole. All of its data is read, and compared with its record.
  [[nodiscard]] Latest latest() const;

  /// Keeps the newest `count` whole ones, at least one, and all that are newer. Of those before them it
  /// removes the ones that have a whole header; what has none stays, to be looked at. Also removes what
  /// dead writers left. Reads all data of the files that it counts. Returns the files that it removed.
  std::vector<std::filesystem::path> keep_last(std::size_t count) const;

 private:
  [[nodiscard]] std::optional<std::uint64_t> step_of(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::vector<Entry> newest_first() const;
  void remove_leftovers() const;

  std::filesystem::path folder_;
  std::string before_, after_;  // the star
  Disk* disk_;
};

}  // namespace gradus::checkpoint
