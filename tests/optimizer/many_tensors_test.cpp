// Of many parameters each gets the bits and the state that it would get alone, whatever becomes of the others.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "support/gradients.hpp"
#include "support/hash.hpp"

namespace gradus::test {
namespace {

/// With and without scalars, sums and numbers of rows.
std::vector<AnyRule> rules() { return {AdamW{}, Momentum{}, RowwiseAdaGrad{}, LAMB{}}; }

constexpr std::size_t kRules = 4;
const std::vector<Shape> kShapes{{10}, {2, 5}, {3}, {1}, {300}, {0}, {511}, {512}, {100, 20}};

/// A parameter twice: among others, and alone.
template <class T>
struct Twin {
  std::string name;
  Bench<T> alone;  // its only parameter
  std::vector<T> x;
  std::vector<float> low;  // the gradient, as it is when it comes in another type
  ParameterId id;

  Twin(std::size_t number, Optimizer& all, GroupId group)
      : name(std::to_string(number)),
        alone(rules()[number % kRules], {kShapes[number / kRules % kShapes.size()]}),
        x(alone.x[0]),
        low(x.size()),
        id(all.add(name, shape(), x, alone.g[0], group)) {}

  [[nodiscard]] const Shape& shape() const { return alone.optimizer.shape(alone.ids[0]); }

  /// The gradient of the next step: none, one of another type, one of rows, or one as always.
  void take_gradient(Optimizer& all, std::uint64_t draw, std::uint64_t kind) {
    alone.draw(draw);
    std::copy(alone.g[0].begin(), alone.g[0].end(), low.begin());
    rebind(all, ConstElements(std::span<const T>(alone.g[0])));
    if (kind == 0) all.clear_gradient(id), alone.optimizer.clear_gradient(alone.ids[0]);
    if (kind == 1) rebind(all, ConstElements(std::span<const float>(low)));
    if (kind == 2 && shape().size() == 2 && alone.optimizer.rule().name() != "lamb") give_rows(all);
  }

  [[nodiscard]] bool agrees(const Optimizer& all) const {
    Hash ours, theirs;
    ours.add(std::span(x));
    theirs.add(std::span(alone.x[0]));
    for (const std::string& slot : all.slots(id)) {
      const std::vector<double> mine = all.state(id, slot).decode();
      const std::vector<double> its = alone.optimizer.state(alone.ids[0], slot).decode();
      ours.add(std::span(mine));
      theirs.add(std::span(its));
    }
    return ours.value() == theirs.value() && all.steps(id) == alone.optimizer.steps(alone.ids[0]) &&
           all.effective_lr(id) == alone.optimizer.effective_lr(alone.ids[0]);
  }

 private:
  static constexpr std::int64_t kRow[] = {1};

  void rebind(Optimizer& all, ConstElements g) {
    all.rebind(id, std::span(x), g);
    alone.optimizer.rebind(alone.ids[0], std::span(alone.x[0]), g);
  }
  void give_rows(Optimizer& all) {
    const auto columns = static_cast<std::size_t>(shape()[1]);
    const SparseRows row{kRow, std::span<const T>(alone.g[0]).first(columns)};
    all.set_gradient(id, row);
    alone.optimizer.set_gradient(alone.ids[0], row);
  }
};

template <class T>
void moves_each_as_if_alone(NonFinite non_finite) {
  Optimizer all(rules()[0], {.non_finite = non_finite});
  std::vector<GroupId> groups{GroupId{0}};
  for (std::size_t r = 1; r < kRules; ++r) groups.push_back(all.add_group(rules()[r]));
  std::deque<Twin<T>> twins;
  std::uint64_t draw = 0;
  for (int step = 0; step < 24; ++step) {
    if (step % 8 == 0)
      for (int i = 0; i < 80; ++i) twins.emplace_back(twins.size(), all, groups[twins.size() % kRules]);
    // At first all have gradients; later ever fewer of them step together.
    for (Twin<T>& twin : twins) {
      ++draw;
      const std::uint64_t kind = step < 4 ? 3 : draw * 0x9e3779b97f4a7c15 >> 60;
      twin.take_gradient(all, draw, kind);
      twin.alone.optimizer.step();
    }
    all.step();
    for (const Twin<T>& twin : twins) ASSERT_TRUE(twin.agrees(all)) << twin.name << " in step " << step;
  }
}

TEST(ManyTensors, move_each_as_if_alone) { moves_each_as_if_alone<float>(NonFinite::skip); }
TEST(ManyTensors, of_doubles_move_each_as_if_alone) { moves_each_as_if_alone<double>(NonFinite::propagate); }

}  // namespace
}  // namespace gradus::test
