#include "gradus/core/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace gradus {

namespace {

/// Levenshtein's distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::vector<std::string> nearest(std::string_view mistyped, const std::vector<std::string>& names) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const std::string& name : names) {
    const std::size_t distance = edit_distance(mistyped, name);
    const bool begins = mistyped.size() > 1 && name.starts_with(mistyped);
    if (begins || distance <= std::max<std::size_t>(2, mistyped.size() / 3))
      ranked.emplace_back(distance, name);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> best;
  for (const auto& [distance, name] : ranked)
    if (best.size() < 3) best.push_back(name);
  return best;
}

std::string suggestion(std::string_view mistyped, const std::vector<std::string>& names) {
  const std::vector<std::string> similar = nearest(mistyped, names);
  return similar.empty() ? "there are: " + listed(names) : "the nearest: " + listed(similar);
}

}  // namespace gradus
