#include "gradus/checkpoint/series.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "gradus/checkpoint/tensor_file.hpp"
#include "gradus/core/error.hpp"
#include "lock.hpp"
#include "text.hpp"

namespace gradus::checkpoint {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLeastDigits = 6;

/// "": it is whole.
std::string why_not_whole(const fs::path& file, Disk& disk) try {
  TensorFile(file, Record::required, disk).verify();
  return "";
} catch (const Error& error) {
  return error.what();
}

bool has_whole_header(const fs::path& file, Disk& disk) try {
  const TensorFile opened(file, Record::required, disk);
  return true;
} catch (const Error&) {
  return false;
}

}  // namespace

Series::Series(fs::path folder, const std::string& pattern, Disk& disk)
    : folder_(std::move(folder)), disk_(&disk) {
  const std::size_t star = pattern.find('*');
  if (star == std::string::npos || pattern.find_first_of("*/", star + 1) != std::string::npos ||
      pattern.find('/') < star)
    fail(pattern, "is no pattern: a file's name with one star was expected, as \"step-*.safetensors\"");
  before_ = pattern.substr(0, star);
  after_ = pattern.substr(star + 1);
}

fs::path Series::path_of(std::uint64_t step) const {
  std::string digits = std::to_string(step);
  digits.insert(0, kLeastDigits - std::min(kLeastDigits, digits.size()), '0');
  return folder_ / (before_ + digits + after_);
}

std::optional<std::uint64_t> Series::step_of(const std::string& name) const {
  if (name.size() <= before_.size() + after_.size() || !name.starts_with(before_) || !name.ends_with(after_))
    return {};
  const char* const end = name.data() + name.size() - after_.size();
  std::uint64_t step = 0;
  const auto [stop, error] = std::from_chars(name.data() + before_.size(), end, step);
  return error == std::errc() && stop == end ? std::optional(step) : std::nullopt;
}

std::vector<std::string> Series::names() const {
  std::vector<std::string> names;
  if (again([&] { return disk_->list(folder_.c_str(), names); }) != 0)
    fail_by_errno(folder_.string(), "cannot be listed");
  return names;
}

std::vector<Series::Entry> Series::newest_first() const {
  std::vector<Entry> entries;
  for (const std::string& name : names())
    if (const auto step = step_of(name)) entries.push_back({*step, folder_ / name});
  std::ranges::sort(entries, std::greater(), [](const Entry& e) { return std::pair(e.step, e.file); });
  return entries;
}

Series::Latest Series::latest() const {
  Latest latest;
  for (const Entry& entry : newest_first()) {
    std::string why = why_not_whole(entry.file, *disk_);
    if (why.empty()) {
      latest.whole = entry;
      return latest;
    }
    latest.passed_by.push_back(std::move(why));
  }
  return latest;
}

std::vector<fs::path> Series::keep_last(std::size_t count) const {
  if (count == 0) fail(folder_.string(), "keep_last(0) would keep nothing; 1 at least was expected");
  remove_leftovers();
  std::vector<fs::path> removed;
  for (const Entry& entry : newest_first()) {
    if (count > 0) {
      count -= why_not_whole(entry.file, *disk_).empty() ? 1 : 0;
    } else if (has_whole_header(entry.file, *disk_)) {
      if (again([&] { return disk_->unlink(entry.file.c_str()); }) != 0)
        fail_by_errno(entry.file.string(), "cannot be removed");
      removed.push_back(entry.file);
    }
  }
  return removed;
}

/// A temporary file whose target somebody has the lock of is alive.
void Series::remove_leftovers() const {
  std::set<std::string> targets;
  for (const std::string& name : names())
    if (const auto target = target_of(name); target && step_of(*target)) targets.insert(*target);
  for (const std::string& target : targets)
    if (const auto lock = Lock::try_to_get(*disk_, folder_ / target))
      remove_temporaries(*disk_, folder_ / target);
}

}  // namespace gradus::checkpoint
