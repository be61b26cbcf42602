#include "lab/race/space.hpp"

#include <fmt/format.h>

#include <boost/random/sobol.hpp>
#include <boost/random/uniform_01.hpp>
#include <cmath>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/core/number_text.hpp"

namespace gradus::lab {
namespace {

constexpr double kRateReach = 1.5;  // decades to either side
constexpr int kMostOnGrid = 41;

/// Decay rates are given by what they lack to 1.
struct Usual {
  const char* name;
  double low, high;
  bool one_minus;
};
constexpr Usual kUsual[] = {{"beta1", 0.02, 0.5, true},
                            {"beta2", 1e-4, 0.1, true},
                            {"beta3", 1e-4, 0.1, true},
                            {"rho", 1e-4, 0.1, true},
                            {"alpha", 1e-4, 0.1, true},
                            {"momentum", 0.01, 0.5, true},
                            {"eps", 1e-10, 1e-3, false},
                            {"weight_decay", 1e-5, 1, false},
                            {"initial_accumulator_value", 1e-4, 1, false}};

const FieldInfo& field(const std::vector<FieldInfo>& fields, const std::string& name) {
  for (const FieldInfo& info : fields)
    if (info.name == name) return info;
  throw Error("there is no hyperparameter " + name);
}

}  // namespace

double grid_rate(int k) { return std::pow(10.0, k / 2.0); }

double usual_rate(const AnyRule& rule) {
  static constexpr std::pair<std::string_view, double> kRates[] = {
      {"sgd", 0.3}, {"momentum", 0.03}, {"nesterov", 0.03}, {"rmsprop", 1e-3}};
  for (const auto& [name, rate] : kRates)
    if (name == rule.name()) return rate;
  const std::vector<FieldInfo> fields = rule.fields();
  const double usual = field(fields, "lr").default_value;
  return usual > 0 ? usual : 1e-3;
}

std::string searchable() {
  std::vector<std::string> names{"lr"};
  for (const Usual& usual : kUsual) names.emplace_back(usual.name);
  return listed(names);
}

Space::Space(const AnyRule& rule, const std::vector<std::string>& tuned) {
  for (const std::string& name : tuned) dimensions_.push_back(dimension(rule, name));
  middle_ = is_grid() ? static_cast<int>(std::lround(2 * std::log10(usual_rate(rule)))) : 0;
}

Space::Dimension Space::dimension(const AnyRule& rule, const std::string& name) {
  if (name == "lr") {
    const double middle = std::log10(usual_rate(rule));
    return {name, middle - kRateReach, middle + kRateReach, Scale::logarithmic};
  }
  for (const Usual& usual : kUsual)
    if (name == usual.name)
      return {name, std::log10(usual.low), std::log10(usual.high),
              usual.one_minus ? Scale::one_minus : Scale::logarithmic};
  throw Error(
      fmt::format("there is no range to search for {} in; there are ranges for {}", name, searchable()));
}

double Space::value(const Dimension& dimension, double place) {
  const double size = std::pow(10, dimension.low + place * (dimension.high - dimension.low));
  return dimension.scale == Scale::one_minus ? 1 - size : size;
}

Point Space::at(int number) const {
  if (is_grid()) return {{"lr", grid_rate(number)}};
  boost::random::sobol sequence(dimensions_.size());
  sequence.discard(static_cast<std::uintmax_t>(number) * dimensions_.size());
  boost::random::uniform_01<double> unit;
  Point point;
  for (const Dimension& dimension : dimensions_) point[dimension.name] = value(dimension, unit(sequence));
  return point;
}

std::vector<int> Space::first(int count) const {
  if (is_grid() && count > kMostOnGrid)
    throw Error(
        fmt::format("{} trials are too many for a learning rate alone: {} of them, two a decade, go "
                    "beyond all that anyone uses",
                    count, kMostOnGrid));
  const int from = is_grid() ? middle_ - count / 2 : 0;
  std::vector<int> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(from + i);
  return numbers;
}

std::string Space::text() const {
  if (is_grid()) return "lr on a grid of two a decade around " + number_text(grid_rate(middle_));
  std::string text;
  for (const Dimension& d : dimensions_) {
    const double ends[] = {value(d, 0), value(d, 1)};
    text += fmt::format("{}{} from {:.3g} to {:.6g}", text.empty() ? "" : ", ", d.name,
                        std::min(ends[0], ends[1]), std::max(ends[0], ends[1]));
  }
  return text;
}

}  // namespace gradus::lab
