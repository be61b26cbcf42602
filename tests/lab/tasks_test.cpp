#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "gradus/registry.hpp"
#include "lab/tasks/task.hpp"
#include "support/idx_files.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using gradus::test::contains;
using gradus::test::message_of;

/// Small data for every task that has any.
class SmallData {
 public:
  SmallData() {
    gradus::test::write_small_dataset(folder_.path());
    std::string labelled, plain;
    for (int i = 0; i < 1200; ++i) {
      const std::string words =
          "word" + std::to_string(i % 3) + " of a kind, " + std::to_string(i % 11) + "\n";
      labelled += std::to_string(i % 3) + '\t' + words;
      plain += words;
    }
    gradus::test::write_plain(folder_.path() / "labelled", labelled);
    gradus::test::write_plain(folder_.path() / "plain", plain);
  }

  [[nodiscard]] TaskSource of(const TaskKind& kind) const {
    const std::string name = kind.name;
    if (name.starts_with("fashion")) return {.data = folder_.path(), .model = {}};
    if (name.starts_with("gloss-bag")) return {.data = folder_.path() / "labelled", .model = {}};
    if (name.starts_with("gloss")) return {.data = folder_.path() / "plain", .model = {}};
    return {};
  }

 private:
  gradus::test::TemporaryFolder folder_;
};

class Tasks : public ::testing::TestWithParam<const TaskKind*> {
 protected:
  void SetUp() override { task_ = GetParam()->load(data_.of(*GetParam())); }

  [[nodiscard]] std::unique_ptr<Problem> begin(std::uint64_t seed) const { return task_->begin(seed, 8); }

  static std::unique_ptr<Mover> mover(Problem& problem, const char* rule, double lr) {
    std::vector<Part> parts(1, {{}, make_rule(rule, {{"lr", lr}})});
    for (const auto& [name, shape] : problem.parameters()) parts[0].parameters.push_back(name);
    return problem.mover(std::move(parts), {});
  }

  static std::vector<double> losses(Problem& problem, const char* rule, double lr, int steps) {
    const auto by_rule = mover(problem, rule, lr);
    std::vector<double> losses;
    for (int i = 0; i < steps; ++i) {
      by_rule->forget_gradient();
      losses.push_back(problem.loss_and_gradient());
      EXPECT_EQ(by_rule->step().status, Status::applied);
      problem.project();
    }
    return losses;
  }

  static std::vector<double> values(const Problem& problem) {
    std::vector<double> all;
    for (const auto& [name, shape] : problem.parameters()) {
      const std::vector<double> some = problem.values(name);
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }

  SmallData data_;
  std::unique_ptr<const Task> task_;
};

TEST_P(Tasks, say_how_large_they_are) {
  EXPECT_EQ(task_->facts().parameters, static_cast<std::int64_t>(values(*begin(1)).size()));
  EXPECT_FALSE(task_->facts().data.empty());
  const Budget &usual = GetParam()->budget, &quick = GetParam()->quick;
  // An epoch is hundreds of steps: one in steps beside one in epochs is the shorter.
  EXPECT_TRUE(usual.in_epochs == quick.in_epochs ? usual.count > quick.count : usual.in_epochs);
  EXPECT_TRUE(GetParam()->looks > 0 || GetParam()->budget.in_epochs);
}

TEST_P(Tasks, begin_where_the_seed_says) { EXPECT_EQ(values(*begin(1)), values(*begin(1))); }

TEST_P(Tasks, have_the_same_losses_for_the_same_seed_and_others_for_another) {
  const auto of = [&](std::uint64_t seed) { return losses(*begin(seed), "adam", 1e-3, 5); };
  EXPECT_EQ(of(1), of(1));
  EXPECT_NE(of(1), of(2));
}

TEST_P(Tasks, show_every_rule_the_same_batches) {
  EXPECT_EQ(losses(*begin(1), "sgd", 0, 5), losses(*begin(1), "adam", 0, 5));
}

TEST_P(Tasks, are_learned_by_adam) {
  if (std::string(GetParam()->name) == "reddi") GTEST_SKIP() << "made so that adam does not";
  const auto problem = begin(1);
  const std::vector<double> all = losses(*problem, "adam", 0.01, 40);
  EXPECT_LT(all[37] + all[38] + all[39], all[0] + all[1] + all[2]);
}

TEST_P(Tasks, can_be_examined_at_any_time) {
  const auto problem = begin(1);
  for (int round = 0; round < 2; ++round) {
    for (const Split split : {Split::validation, Split::test}) {
      const Exam exam = problem->examine(split);
      EXPECT_TRUE(std::isfinite(exam.loss) && std::isfinite(exam.metric));
      EXPECT_EQ(problem->examine(split).metric, exam.metric) << "examining changes nothing";
    }
    losses(*problem, "adam", 0.01, 3);
  }
}

TEST_P(Tasks, tell_the_loss_of_each_target_unless_they_are_functions) {
  const auto problem = begin(1);
  const std::vector<TargetLoss> each = problem->losses(Split::test);
  ASSERT_EQ(each.empty(), task_->facts().data == "none");
  if (each.empty()) return;
  double sum = 0;
  for (const TargetLoss& one : each) sum += one.loss;
  const double loss = problem->examine(Split::test).loss;
  EXPECT_NEAR(sum / static_cast<double>(each.size()), loss, 1e-5 * loss);
}

TEST_P(Tasks, have_a_landscape_that_is_the_same_for_every_seed_unless_they_are_functions) {
  const auto first = begin(1), second = begin(2);
  const auto landscape = first->landscape(20), other = second->landscape(20);
  ASSERT_EQ(landscape == nullptr, task_->facts().data == "none");
  if (!landscape) return;
  const std::vector<double> x = landscape->point();
  EXPECT_EQ(x, values(*first));
  EXPECT_TRUE(std::isfinite(landscape->loss(x)));
  EXPECT_EQ(landscape->loss(x), other->loss(x));
  EXPECT_EQ(values(*first), x);
}

INSTANTIATE_TEST_SUITE_P(All, Tasks, ::testing::ValuesIn(task_kinds()), [](const auto& each) {
  std::string name = each.param->name;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(TaskNames, of_an_unknown_name_are_refused_with_a_guess) {
  EXPECT_TRUE(contains(message_of([] { find_task("gloss-bat"); }), "did you mean gloss-bag"));
}

TEST(GlossBag, with_gradients_of_rows_is_refused_to_rules_that_take_none) {
  const SmallData data;
  const TaskKind& kind = find_task("gloss-bag");
  const auto task = kind.load(data.of(kind));
  const auto problem = task->begin(1, 8);
  const auto complaint = [&](const char* rule) {
    return message_of([&] {
      std::vector<Part> parts(1, {{"embedding.weight"}, make_rule(rule)});
      problem->mover(std::move(parts), {});
    });
  };
  EXPECT_TRUE(contains(complaint("muon"),
                       "muon cannot be raced on this task: parameter 'embedding.weight': "
                       "a gradient of rows is for rules that act on elements or rows"));
  EXPECT_EQ(complaint("rowwise_adagrad"), "");
}

TEST(GlossBag, moves_as_with_dense_gradients_by_a_rule_that_keeps_nothing) {
  const SmallData data;
  std::vector<std::vector<double>> found;
  for (const char* name : {"gloss-bag", "gloss-bag-dense"}) {
    const TaskKind& kind = find_task(name);
    const auto task = kind.load(data.of(kind));
    const auto problem = task->begin(1, 8);
    std::vector<Part> parts(
        1, {{"embedding.weight", "output.weight", "output.bias"}, make_rule("sgd", {{"lr", 1.0}})});
    const auto mover = problem->mover(std::move(parts), {});
    for (int i = 0; i < 5; ++i) {
      mover->forget_gradient();
      problem->loss_and_gradient();
      mover->step();
    }
    found.push_back(problem->values("embedding.weight"));
  }
  ASSERT_EQ(found[0].size(), found[1].size());
  for (std::size_t i = 0; i < found[0].size(); ++i) EXPECT_NEAR(found[0][i], found[1][i], 1e-6);
}

}  // namespace
}  // namespace gradus::lab
