#include <gtest/gtest.h>

#include <random>

#include "gradus/gradus.hpp"
#include "support/growth.hpp"
#include "support/text.hpp"

namespace gradus::test {
namespace {

/// Parts of one array, as parameters and gradients, and what an optimizer is to say of them.
class Parts : public testing::Test {
 protected:
  struct Part {
    std::span<float> x, g;
  };

  static bool overlap(std::span<const float> a, std::span<const float> b) {
    return !a.empty() && !b.empty() && &a.front() <= &b.back() && &b.front() <= &a.back();
  }
  static bool clash(const Part& a, const Part& b) {
    return overlap(a.x, b.x) || overlap(a.x, b.g) || overlap(a.g, b.x);
  }

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  std::span<float> draw(std::size_t size) {
    return std::span(memory_).subspan(below(memory_.size() - size), size);
  }
  Part draw_part() {
    const std::size_t size = below(6);
    return {draw(size), below(3) == 0 ? std::span<float>{} : draw(size)};
  }

  void try_to_add() {
    const Part part = draw_part();
    bool fits = !overlap(part.x, part.g);
    for (const Part& other : parts_) fits = fits && !clash(part, other);
    const std::string name = std::to_string(parts_.size());
    const std::string message =
        message_of([&] { optimizer_.add(name, {static_cast<std::int64_t>(part.x.size())}, part.x, part.g); });
    EXPECT_EQ(message.empty(), fits) << message;
    if (fits) parts_.push_back(part);
    EXPECT_EQ(optimizer_.size(), parts_.size());
  }
  /// To where it may overlap others: which is for the next step to say.
  void move(std::size_t i) {
    const std::size_t size = parts_[i].x.size();
    parts_[i] = {draw(size), draw(size)};
    optimizer_.rebind(ParameterId{i}, parts_[i].x, std::span<const float>(parts_[i].g));
  }
  void forget_gradient(std::size_t i) {
    parts_[i].g = {};
    optimizer_.clear_gradient(ParameterId{i});
  }
  void see_whether_a_step_is_refused() {
    bool fits = true;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      fits = fits && !overlap(parts_[i].x, parts_[i].g);
      for (std::size_t k = 0; k < i; ++k) fits = fits && !clash(parts_[i], parts_[k]);
    }
    EXPECT_EQ(message_of([&] { optimizer_.step(); }).empty(), fits);
  }

  std::mt19937 random_{7};
  std::vector<float> memory_ = std::vector<float>(96);
  std::vector<Part> parts_;
  Optimizer optimizer_{SGD{}};
};

TEST_F(Parts, that_overlap_are_refused_wherever_they_lie) {
  for (int round = 0; round < 60; ++round) {
    optimizer_ = Optimizer(SGD{});
    parts_.clear();
    for (int i = 0; i < 60; ++i) {
      const std::size_t action = parts_.empty() ? 0 : below(12);
      if (action == 1)
        move(below(parts_.size()));
      else if (action == 2)
        forget_gradient(below(parts_.size()));
      else if (action == 3)
        see_whether_a_step_is_refused();
      else
        try_to_add();
    }
  }
}

TEST(Overlap, is_looked_for_where_parameters_lie_now) {
  std::vector<float> a(4), b(4), g(4);
  Optimizer optimizer(SGD{});
  const ParameterId first = optimizer.add("first", {4}, a, g);
  optimizer.rebind(first, std::span(b), {});
  EXPECT_EQ(message_of([&] { optimizer.add("second", {4}, b, {}); }),
            "parameter 'second' overlaps parameter 'first' in memory");
  EXPECT_EQ(message_of([&] { optimizer.add("second", {4}, a, {}); }), "");
  EXPECT_EQ(message_of([&] { optimizer.add("third", {4}, g, {}); }), "");
}

// Took minutes, when each was compared with all before it.
TEST(Optimizer, takes_a_hundred_thousand_parameters_at_once) {
  constexpr std::size_t kMany = 100'000, kEach = 10;
  std::vector<float> x(kMany * kEach), g(x.size());
  expect_linear_time(
      [&](std::size_t count) {
        Optimizer optimizer(SGD{});
        for (std::size_t i = 0; i < count; ++i)
          optimizer.add("p" + std::to_string(i), {kEach}, std::span(x).subspan(i * kEach, kEach),
                        std::span(g).subspan(i * kEach, kEach));
        for (std::size_t i = 0; i < count; ++i)
          ASSERT_EQ(optimizer.find("p" + std::to_string(i)), ParameterId{i});
        EXPECT_EQ(message_of([&] { optimizer.add("one more", {1}, std::span(x).subspan(1234, 1), {}); }),
                  "parameter 'one more' overlaps parameter 'p123' in memory");
      },
      kMany);
}

// Took half a minute: each add() looked at all that were there, since something had been taken away.
TEST(Optimizer, takes_parameters_and_gives_up_gradients_in_turn) {
  constexpr std::size_t kMany = 20'000;
  std::vector<float> x(2 * kMany), g(2 * kMany);
  const auto add_to = [&](Optimizer& optimizer, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const ParameterId id = optimizer.add("p" + std::to_string(i), {1}, std::span(x).subspan(2 * i, 1),
                                           std::span(g).subspan(2 * i, 1));
      if (i % 2 == 0)
        optimizer.clear_gradient(id);
      else
        optimizer.rebind(id, std::span(x).subspan(2 * i, 1), std::span<const float>(g).subspan(2 * i + 1, 1));
    }
  };
  expect_linear_time(
      [&](std::size_t count) {
        Optimizer optimizer(SGD{});
        add_to(optimizer, count);
      },
      kMany);
  Optimizer optimizer(SGD{});
  add_to(optimizer, 2);
  EXPECT_EQ(message_of([&] { optimizer.add("there", {1}, std::span(g).subspan(3, 1), {}); }),
            "the gradient of parameter 'p1' overlaps parameter 'there' in memory");
  for (const std::size_t free : {0, 2})
    optimizer.add("at " + std::to_string(free), {1}, std::span(g).subspan(free, 1), {});
}

}  // namespace
}  // namespace gradus::test
