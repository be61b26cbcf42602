// Each allocation fails in turn while files are written and read.

#include "support/short_of_memory.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "gradus/checkpoint/checkpoint.hpp"
#include "gradus/checkpoint/series.hpp"
#include "gradus/checkpoint/write_tensor_file.hpp"
#include "no_waiting.hpp"
#include "rules/all_types.hpp"
#include "support/files.hpp"
#include "support/typed_bench.hpp"

namespace gradus::test {
namespace {

namespace fs = std::filesystem;

using checkpoint::load;
using checkpoint::save;
using checkpoint::Series;
using checkpoint::TensorFile;

/// Two groups, a schedule, and slots of 8 bits beside plain ones.
TypedBench training(double lr) {
  TypedBench bench(Adam{.lr = Cosine{.from = lr, .to = 0, .steps = 30}},
                   types_of(Dtype::f32, Dtype::f32, gradus::State::block8), {{5}, {2, 3}});
  const GroupId group = bench.optimizer.add_group(SGD{.lr = lr});
  bench.x.push_back(kept_noise(Dtype::f32, 7, 4));
  bench.g.emplace_back(Dtype::f32, 4);
  bench.ids.push_back(bench.optimizer.add("p2", {4}, bench.elements(2), bench.gradient(2), group));
  return bench;
}

/// All that there is of a training.
struct Whole {
  std::vector<Contents> contents;
  std::vector<std::string> rules;
  std::vector<FieldInfo> fields;
  std::int64_t steps;

  explicit Whole(const TypedBench& bench)
      : contents(bench.contents()), fields(bench.optimizer.rule().fields()), steps(bench.optimizer.steps()) {
    for (std::size_t i = 0; i < bench.optimizer.groups(); ++i)
      rules.push_back(rule_text(bench.optimizer.rule(GroupId{i})));
  }
  bool operator==(const Whole&) const = default;
};

class ShortOfMemory : public testing::Test {
 protected:
  ShortOfMemory() {
    one_.step(0);
    save(one_.optimizer, file_, disk_);
    fs::create_symlink("step-1", link_);
  }

  /// Lets f fail: the file is the old one then, nothing lies beside it or is open, and whatever else is checked.
  template <class F, class Check>
  void expect_no_trace(F f, Check check) {
    const std::string old = text_of(file_);
    const std::ptrdiff_t descriptors = open_descriptors();
    const std::size_t failures = fail_in_turn(f, [&] {
      EXPECT_EQ(open_descriptors(), descriptors);
      EXPECT_EQ(names_in(folder_.path()), (std::vector<std::string>{"link", "step-1"}));
      EXPECT_TRUE(text_of(file_) == old);
      check();
    });
    EXPECT_GT(failures, 20U);
    EXPECT_EQ(open_descriptors(), descriptors);
    EXPECT_EQ(names_in(folder_.path()), (std::vector<std::string>{"link", "step-1"}));
  }

  NoWaiting disk_;
  TemporaryFolder folder_;
  const fs::path file_ = folder_.path() / "step-1", link_ = folder_.path() / "link";
  TypedBench one_ = training(0.1);
};

TEST_F(ShortOfMemory, write_tensor_file_leaves_the_old_file) {
  const std::vector<std::byte> bytes(3'000'000, std::byte{7});
  const std::vector<checkpoint::GivenTensor> tensors{
      {{"x", checkpoint::Type::u8, {3'000'000}}, checkpoint::from_memory(bytes)},
      {{"step", checkpoint::Type::u8, {2, 1}}, checkpoint::from_memory(std::span(bytes).first(2))}};
  expect_no_trace([&] { write_tensor_file(link_, tensors, {{"a", "b"}, {"c", "d"}}, disk_); }, [] {});
  TensorFile(file_).verify();
}

TEST_F(ShortOfMemory, save_leaves_the_old_file_and_the_optimizer) {
  one_.step(1);
  const Whole before(one_);
  expect_no_trace([&] { save(one_.optimizer, link_, disk_); }, [&] { EXPECT_EQ(Whole(one_), before); });
  TypedBench other = training(0.5);
  load(other.optimizer, file_);
  EXPECT_EQ(Whole(other), before);
}

TEST_F(ShortOfMemory, load_leaves_the_optimizer_and_its_parameters) {
  TypedBench other = training(0.5);
  for (std::uint64_t i = 7; i < 10; ++i) other.step(i);
  const Whole before(other);
  expect_no_trace([&] { load(other.optimizer, link_); }, [&] { EXPECT_EQ(Whole(other), before); });
  EXPECT_EQ(Whole(other), Whole(one_));
  for (TypedBench* bench : {&one_, &other}) bench->step(1);
  EXPECT_EQ(Whole(other), Whole(one_));
}

TEST_F(ShortOfMemory, reading_leaves_nothing_open) {
  expect_no_trace([&] { TensorFile(link_).verify(); }, [] {});
}

TEST_F(ShortOfMemory, latest_takes_no_file_for_damaged) {
  std::optional<Series::Latest> latest;
  expect_no_trace([&] { latest = Series(folder_.path(), "step-*").latest(); }, [] {});
  EXPECT_EQ(latest->passed_by, std::vector<std::string>());
}

}  // namespace
}  // namespace gradus::test
