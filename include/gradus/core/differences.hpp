#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace gradus {

/// What is different between two things that should be alike, of which a message lists the first few.
class Differences {
 public:
  void add(std::string text) {
    if (first_.size() < kMostListed) first_.push_back(std::move(text));
    ++count_;
  }
  /// "this; that; and 3 more"; empty if there are none.
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const std::string& each : first_) text += (text.empty() ? "" : "; ") + each;
    if (count_ > first_.size()) text += "; and " + std::to_string(count_ - first_.size()) + " more";
    return text;
  }

 private:
  static constexpr std::size_t kMostListed = 10;
  std::vector<std::string> first_;
  std::size_t count_ = 0;
};

}  // namespace gradus
