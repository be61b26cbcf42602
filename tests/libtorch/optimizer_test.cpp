#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <gradus/gradus.hpp>
#include <gradus/libtorch.hpp>
#include <mutex>
#include <set>
#include <thread>

#include "support/text.hpp"

namespace gradus::libtorch {
namespace {

using gradus::test::contains;
using gradus::test::message_of;

at::Tensor parameter(std::vector<std::int64_t> shape, at::ScalarType type = at::kFloat) {
  return torch::randn(shape, torch::TensorOptions().dtype(type)).set_requires_grad(true);
}

struct TwoModels {
  torch::nn::Linear ours{nullptr}, theirs{nullptr};
  at::Tensor x, y;

  explicit TwoModels(at::ScalarType type) {
    torch::manual_seed(3);
    ours = torch::nn::Linear(7, 5);
    theirs = torch::nn::Linear(7, 5);
    ours->to(type);
    theirs->to(type);
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < ours->parameters().size(); ++i)
      theirs->parameters()[i].copy_(ours->parameters()[i]);
    x = torch::randn({32, 7}, type);
    y = torch::randn({32, 5}, type);
  }

  template <class Optimizer>
  void train(torch::nn::Linear& model, Optimizer& optimizer, int steps) const {
    for (int i = 0; i < steps; ++i) {
      optimizer.zero_grad();
      torch::mse_loss(model->forward(x), y).backward();
      optimizer.step();
    }
  }

  [[nodiscard]] double difference() const {
    double most = 0;
    for (std::size_t i = 0; i < ours->parameters().size(); ++i)
      most = std::max(most, (ours->parameters()[i] - theirs->parameters()[i]).abs().max().item<double>());
    return most;
  }
};

TEST(LibtorchOptimizer, takes_the_place_of_torch_optim_adam) {
  TwoModels models(at::kDouble);
  Optimizer ours(models.ours->named_parameters(), Adam{.lr = 1e-2});
  torch::optim::Adam theirs(models.theirs->parameters(), torch::optim::AdamOptions(1e-2));
  models.train(models.ours, ours, 60);
  models.train(models.theirs, theirs, 60);
  EXPECT_LT(models.difference(), 1e-12);
}

TEST(LibtorchOptimizer, takes_parameters_with_and_without_names) {
  TwoModels models(at::kFloat);
  Optimizer named(models.ours->named_parameters(), AdamW{});
  Optimizer numbered(models.theirs->parameters(), AdamW{});
  EXPECT_EQ(named.core().name(ParameterId{0}), "weight");
  EXPECT_EQ(numbered.core().name(ParameterId{1}), "1");
  models.train(models.ours, named, 5);
  models.train(models.theirs, numbered, 5);
  EXPECT_EQ(models.difference(), 0);
}

TEST(LibtorchOptimizer, groups_have_hyperparameters_of_their_own) {
  const at::Tensor a = parameter({3}), b = parameter({3}), c = parameter({3});
  const at::Tensor before = torch::stack({a, b, c}).detach().clone();
  Optimizer optimizer(NamedTensors{{"a", a}}, SGD{.lr = 1});
  optimizer.add_group({{"b", b}}, {{"lr", 0.5}});
  optimizer.add_group({{"c", c}}, SGD{.lr = 0.25});
  for (const at::Tensor& x : {a, b, c}) x.mutable_grad() = torch::ones({3});
  optimizer.step();
  const at::Tensor moved = before - torch::stack({a, b, c}).detach();
  EXPECT_TRUE(moved.allclose(torch::tensor({1.0, 0.5, 0.25}).unsqueeze(1).expand({3, 3}).to(at::kFloat)));
}

TEST(LibtorchOptimizer, a_parameter_without_gradient_is_passed_by) {
  const at::Tensor with = parameter({3}), without = parameter({3});
  Optimizer optimizer(NamedTensors{{"with", with}, {"without", without}}, Adam{});
  with.mutable_grad() = torch::ones({3});
  const at::Tensor before = without.detach().clone();
  EXPECT_EQ(optimizer.step().status, Status::applied);
  EXPECT_TRUE(without.equal(before));
  EXPECT_EQ(optimizer.core().steps(ParameterId{0}), 1);
  EXPECT_EQ(optimizer.core().steps(ParameterId{1}), 0);
  optimizer.zero_grad();
  EXPECT_FALSE(with.grad().defined());
  EXPECT_EQ(optimizer.step().status, Status::skipped);
}

TEST(LibtorchOptimizer, zero_grad_can_keep_the_memory) {
  const at::Tensor x = parameter({3});
  Optimizer optimizer(std::vector<at::Tensor>{x}, Adam{});
  x.mutable_grad() = torch::ones({3});
  const void* place = x.grad().data_ptr();
  optimizer.zero_grad(false);
  EXPECT_EQ(x.grad().data_ptr(), place);
  EXPECT_EQ(x.grad().sum().item<double>(), 0);
}

TEST(LibtorchOptimizer, follows_a_parameter_whose_memory_moved) {
  at::Tensor x = parameter({3});
  Optimizer optimizer(std::vector<at::Tensor>{x}, SGD{.lr = 1});
  x.set_data(torch::full({3}, 5.0f));
  x.mutable_grad() = torch::ones({3});
  optimizer.step();
  EXPECT_TRUE(x.detach().equal(torch::full({3}, 4.0f)));
}

TEST(LibtorchOptimizer, autograd_sees_that_a_parameter_was_modified) {
  const at::Tensor x = parameter({3});
  Optimizer optimizer(std::vector<at::Tensor>{x}, SGD{.lr = 1});
  const at::Tensor loss = (x * x).sum();
  x.mutable_grad() = torch::ones({3});
  optimizer.step();
  EXPECT_THROW(loss.backward(), c10::Error);
}

TEST(LibtorchOptimizer, a_gradient_that_is_not_contiguous_is_read_right) {
  const at::Tensor x = torch::zeros({2, 3}).set_requires_grad(true);
  Optimizer optimizer(std::vector<at::Tensor>{x}, SGD{.lr = 1});
  const at::Tensor gradient = torch::arange(6, at::kFloat).view({3, 2}).t();
  ASSERT_FALSE(gradient.is_contiguous());
  x.mutable_grad() = gradient;
  optimizer.step();
  EXPECT_TRUE(x.detach().equal(-gradient));
}

TEST(LibtorchOptimizer, a_gradient_that_is_not_finite_changes_nothing) {
  const at::Tensor x = parameter({3});
  const at::Tensor before = x.detach().clone();
  Optimizer optimizer(NamedTensors{{"x", x}}, Adam{});
  x.mutable_grad() = torch::full({3}, std::nanf(""));
  const StepReport report = optimizer.step();
  EXPECT_EQ(report.status, Status::skipped);
  EXPECT_EQ(report.non_finite, (std::vector<std::string>{"x"}));
  EXPECT_TRUE(x.detach().equal(before));
}

TEST(LibtorchOptimizer, refuses_what_cannot_be_a_parameter) {
  const auto refusal = [](const at::Tensor& x) {
    return message_of([&] { Optimizer(NamedTensors{{"x", x}}, Adam{}); });
  };
  EXPECT_TRUE(contains(refusal({}), "'x' is an undefined tensor"));
  EXPECT_TRUE(contains(refusal(torch::zeros({3}, at::kLong)), "Float, Double, BFloat16 or Half"));
  EXPECT_TRUE(contains(refusal(torch::zeros({3}, at::TensorOptions(at::kMeta))), "must be on the CPU"));
  EXPECT_TRUE(contains(refusal(torch::zeros({3, 2}).t()), "not contiguous"));
  EXPECT_TRUE(contains(refusal(torch::eye(3).to_sparse()), "must be dense"));
  EXPECT_TRUE(contains(refusal(parameter({3}) * 2), "leaves"));
}

TEST(LibtorchOptimizer, refuses_a_parameter_given_twice_or_overlapping_another) {
  const at::Tensor x = parameter({4});
  EXPECT_TRUE(contains(message_of([&] {
                         Optimizer(NamedTensors{{"a", x}, {"b", x}}, Adam{});
                       }),
                       "same tensor"));
  EXPECT_TRUE(contains(message_of([&] {
                         Optimizer(NamedTensors{{"a", x}, {"b", x.detach().slice(0, 2)}}, Adam{});
                       }),
                       "overlaps"));
  EXPECT_TRUE(contains(message_of([&] {
                         Optimizer(NamedTensors{{"a", x}, {"a", parameter({2})}}, Adam{});
                       }),
                       "'a'"));
}

TEST(LibtorchOptimizer, takes_a_tensor_that_was_refused_under_another_name) {
  const at::Tensor x = parameter({3}), y = parameter({3});
  Optimizer optimizer(NamedTensors{{"x", x}}, SGD{.lr = 1});
  const auto add = [&](const char* name) {
    return message_of([&] { optimizer.add_group(NamedTensors{{name, y}}, SGD{.lr = 1}); });
  };
  EXPECT_EQ(add("x"), "there is already a parameter named 'x'");
  EXPECT_EQ(add("y"), "");
  EXPECT_EQ(add("z"), "parameter 'z' is the same tensor as parameter 'y'");
  y.mutable_grad() = y.detach().clone();
  optimizer.step();
  EXPECT_TRUE(y.detach().equal(torch::zeros({3})));
}

// The step within the step made a copy of its own of the gradient, and the one that was being read was gone.
TEST(LibtorchOptimizer, keeps_the_gradient_of_a_step_under_way) {
  const at::Tensor x = parameter({3, 5}), before = x.detach().clone();
  x.mutable_grad() = torch::ones({5, 3}).t();
  std::function<void()> action = [] {};
  Optimizer optimizer(NamedTensors{{"x", x}}, SGD{.lr = [&](std::int64_t) {
                        action();
                        return 1.0;
                      }});
  at::Tensor in_its_place;
  action = [&] {
    EXPECT_TRUE(contains(message_of([&] { optimizer.step(); }), "from within a step"));
    in_its_place = torch::full({3, 5}, 100.0f);
  };
  EXPECT_EQ(optimizer.step().status, Status::applied);
  EXPECT_TRUE(x.detach().equal(before - 1));
}

TEST(LibtorchOptimizer, refuses_a_gradient_unlike_its_parameter_and_changes_nothing) {
  const at::Tensor first = parameter({3}), x = parameter({3, 2});
  const at::Tensor before = first.detach().clone();
  Optimizer optimizer(NamedTensors{{"first", first}, {"x", x}}, SGD{.lr = 1});
  first.mutable_grad() = torch::ones({3});
  const auto refusal = [&](const at::Tensor& gradient) {
    x.mutable_grad() = gradient;
    return message_of([&] { optimizer.step(); });
  };
  EXPECT_TRUE(contains(refusal(torch::zeros({3, 2}, at::kLong)), "'x' is Long; it must be Float"));
  EXPECT_TRUE(contains(refusal(torch::zeros({2, 3})), "has shape [2, 3], the parameter [3, 2]"));
  EXPECT_TRUE(contains(refusal(torch::ones({3, 2}).to_sparse()), "is sparse in 2 dimensions"));
  EXPECT_TRUE(contains(refusal(torch::zeros({3, 2}).to_sparse_csr()), "must be dense, or sparse rows"));
  EXPECT_TRUE(first.detach().equal(before));
}

/// Where a zero gradient leaves an element as it is, a sparse gradient and a dense one do the same.
TEST(LibtorchOptimizer, takes_sparse_gradients_of_embeddings) {
  const auto trained = [](bool sparse) {
    torch::manual_seed(5);
    torch::nn::Embedding table(torch::nn::EmbeddingOptions(20, 3).sparse(sparse));
    Optimizer optimizer(table->named_parameters(), AdaGrad{.lr = 0.1});
    for (int i = 0; i < 4; ++i) {
      optimizer.zero_grad(i % 2 == 0);
      const at::Tensor words = torch::tensor({{7, 2, 7}, {19, 7, 0}});
      table->forward(words).pow(2).sum().backward();
      EXPECT_EQ(table->weight.grad().is_sparse(), sparse);
      if (i == 2 && sparse) table->weight.mutable_grad() = table->weight.grad().coalesce();
      EXPECT_EQ(optimizer.step().status, Status::applied);
    }
    return table->weight.detach().clone();
  };
  EXPECT_TRUE(torch::allclose(trained(true), trained(false), 1e-6, 1e-7));
}

/// torch's zero_() leaves a sparse gradient of all dimensions, with no element in it.
TEST(LibtorchOptimizer, takes_a_sparse_gradient_that_was_set_to_zero_for_one_of_no_rows) {
  const auto options = torch::nn::EmbeddingOptions(20, 3).sparse(true);
  torch::nn::Embedding table(options), resting(options);
  const at::Tensor before = resting->weight.detach().clone();
  Optimizer optimizer(NamedTensors{{"table", table->weight}, {"resting", resting->weight}}, SGD{.lr = 1});
  const at::Tensor words = torch::tensor({7, 2});
  resting->forward(words).sum().backward();
  for (int i = 0; i < 3; ++i) {
    optimizer.zero_grad(false);
    table->forward(words).sum().backward();
    EXPECT_EQ(optimizer.step().status, Status::applied);
    EXPECT_EQ(optimizer.core().steps(ParameterId{1}), i + 1);
  }
  EXPECT_TRUE(resting->weight.detach().equal(before));
}

TEST(LibtorchOptimizer, catches_up_rows_of_whole_numbers_alone) {
  const at::Tensor table = parameter({10, 4});
  Optimizer optimizer(NamedTensors{{"table", table}}, AdamW{}, {.state = {.row_steps = RowSteps::caught_up}});
  const auto refusal = [&](const at::Tensor& rows) {
    return message_of([&] { optimizer.catch_up(table, rows); });
  };
  const std::string what = "the rows of parameter 'table' to catch up are ",
                    expected = "; they must be a dense Long or Int tensor on the CPU";
  EXPECT_EQ(refusal(torch::ones({10}, at::kBool)), what + "Bool" + expected);
  EXPECT_EQ(refusal(torch::full({2}, 1.9)), what + "Float" + expected);
  EXPECT_EQ(refusal(at::Tensor()), what + "an undefined tensor" + expected);
  EXPECT_EQ(refusal(torch::ones({2}, at::kLong).to_sparse()), what + "Sparse" + expected);
  EXPECT_EQ(refusal(torch::ones({2, 2}, at::kLong)), "");
  EXPECT_EQ(refusal(torch::ones({2}, at::kInt)), "");
}

TEST(LibtorchOptimizer, catches_up_rows_to_where_dense_gradients_would_have_led) {
  const auto trained = [](bool sparse) {
    torch::manual_seed(5);
    torch::nn::Embedding table(torch::nn::EmbeddingOptions(20, 3).sparse(sparse));
    const RowSteps row_steps = sparse ? RowSteps::caught_up : RowSteps::shared;
    Optimizer optimizer(table->named_parameters(), AdamW{.lr = 0.1}, {.state = {.row_steps = row_steps}});
    for (std::int64_t i = 0; i < 9; ++i) {
      optimizer.zero_grad();
      const at::Tensor words = torch::tensor({i, i + 7});
      optimizer.catch_up(table->weight, words);
      table->forward(words).pow(2).sum().backward();
      EXPECT_EQ(optimizer.step().status, Status::applied);
    }
    const auto version = table->weight._version();
    optimizer.catch_up();
    EXPECT_EQ(table->weight._version() > version, sparse);
    return table->weight.detach().clone();
  };
  EXPECT_TRUE(trained(true).equal(trained(false)));
}

// As torch::load(), to() and set_data() do: new memory for all, some of it another one's old memory.
TEST(LibtorchOptimizer, follows_parameters_that_change_places) {
  at::Tensor a = parameter({3}), b = parameter({3});
  Optimizer optimizer(NamedTensors{{"a", a}, {"b", b}}, SGD{.lr = 1});
  for (int i = 0; i < 3; ++i) {
    a.mutable_grad() = torch::ones({3});
    b.mutable_grad() = torch::ones({3});
    const at::Tensor data_of_a = a.detach(), data_of_b = b.detach();
    a.set_data(data_of_b);
    b.set_data(data_of_a);
    const at::Tensor before = a.detach().clone();
    EXPECT_EQ(optimizer.step().status, Status::applied);
    EXPECT_TRUE((before - a.detach()).allclose(torch::ones({3})));
  }
}

TEST(LibtorchOptimizer, takes_a_lazily_negated_gradient_for_what_it_is) {
  const at::Tensor x = parameter({3});
  Optimizer optimizer(NamedTensors{{"x", x}}, SGD{.lr = 1});
  const at::Tensor before = x.detach().clone();
  x.mutable_grad() = torch::_neg_view(torch::ones({3}));
  optimizer.step();
  EXPECT_TRUE((x.detach() - before).allclose(torch::ones({3})));
}

// Parameters and state in small types

/// The bits of a tensor of a 16-bit type.
std::vector<std::uint16_t> bits_of(const at::Tensor& tensor) {
  const auto* bits = static_cast<const std::uint16_t*>(tensor.data_ptr());
  return {bits, bits + tensor.numel()};
}

template <class T>
std::vector<T> elements_of(const at::Tensor& tensor) {
  std::vector<T> elements;
  for (const std::uint16_t bits : bits_of(tensor)) elements.push_back({bits});
  return elements;
}

/// Trains a model of a 16-bit type, and an optimizer of the core with the same gradients.
template <class T>
void expect_the_core_s_bits(at::ScalarType type, const OptimizerOptions& options) {
  TwoModels models(type);
  const at::Tensor& weight = models.ours->weight;
  std::vector<T> x = elements_of<T>(weight), g(x.size());
  const std::vector<T> before = x;
  Optimizer ours(models.ours->named_parameters(), AdamW{.lr = 1e-2}, options);
  gradus::Optimizer core(AdamW{.lr = 1e-2}, options);
  core.add("weight", {5, 7}, x, g);
  for (int i = 0; i < 5; ++i) {
    ours.zero_grad();
    // libtorch 1.13 multiplies no halves on the CPU: the gradient of 10 * mean(w^4) will do.
    (weight.pow(4).mean() + models.ours->bias.pow(2).mean()).mul(10).backward();
    const std::vector<T> gradient = elements_of<T>(weight.grad());
    std::copy(gradient.begin(), gradient.end(), g.begin());
    ASSERT_EQ(ours.step().status, Status::applied);
    core.step();
  }
  EXPECT_EQ(elements_of<T>(weight), x);
  EXPECT_NE(x, before);
}

TEST(LibtorchOptimizer, a_model_in_bfloat16_or_half_gets_the_bits_of_the_core) {
  StateOptions drawn{.dtype = State::bf16, .parameter_rounding = Rounding::stochastic, .from_size = 0};
  for (const StateOptions& state : {StateOptions{}, drawn}) {
    expect_the_core_s_bits<bfloat16>(at::kBFloat16, {.state = state, .seed = 5});
    expect_the_core_s_bits<float16>(at::kHalf, {.state = state, .seed = 5});
  }
}

TEST(LibtorchOptimizer, a_model_in_bfloat16_learns) {
  TwoModels models(at::kBFloat16);
  const auto loss = [&] {  // of floats: libtorch 1.13 has none of bfloat16
    return torch::mse_loss(models.ours->forward(models.x).to(at::kFloat), models.y.to(at::kFloat));
  };
  Optimizer optimizer(models.ours->named_parameters(), Adam{.lr = 1e-2}, {.state = {.keep_low_half = true}});
  const double before = loss().item<double>();
  for (int i = 0; i < 40; ++i) {
    optimizer.zero_grad();
    loss().backward();
    optimizer.step();
  }
  EXPECT_LT(loss().item<double>(), 0.95 * before);
  EXPECT_EQ(optimizer.core().state(ParameterId{0}, "float32_parameter").size, 35u);
}

TEST(LibtorchOptimizer, keeps_state_as_the_options_say_in_each_group) {
  const at::Tensor a = parameter({64, 64}), b = parameter({64, 64}), c = parameter({64, 64});
  Optimizer optimizer(NamedTensors{{"a", a}}, Adam{}, {.state = {.dtype = State::block8}});
  optimizer.add_group({{"b", b}}, Adam{});
  optimizer.add_group({{"c", c}}, Adam{}, {.dtype = State::bf16});
  const auto kept_as = [&](const char* name) {
    const gradus::Optimizer& core = optimizer.core();
    return core.state(core.find(name), "exp_avg_sq").dtype;
  };
  EXPECT_EQ(kept_as("a"), Dtype::ue5m3);
  EXPECT_EQ(kept_as("b"), Dtype::ue5m3);
  EXPECT_EQ(kept_as("c"), Dtype::bf16);
}

TEST(LibtorchOptimizer, a_gradient_may_be_of_another_type_than_its_parameter) {
  const at::Tensor start = torch::linspace(-2, 2, 12).view({3, 4});
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kBFloat16}) {
    for (const at::ScalarType gradient_type : {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf}) {
      const at::Tensor x = start.to(type, false, true).set_requires_grad(true);
      Optimizer optimizer(NamedTensors{{"x", x}}, SGD{.lr = 1});
      const at::Tensor gradient = torch::arange(12).view({3, 4}).to(gradient_type);  // exact in all
      x.mutable_grad() = gradient;
      ASSERT_EQ(optimizer.step().status, Status::applied);
      const at::Tensor expected = (start.to(type).to(at::kDouble) - gradient.to(at::kDouble)).to(type);
      EXPECT_TRUE(x.detach().equal(expected)) << type << ' ' << gradient_type;
    }
  }
}

// Two points

Optimizer schedule_free(const NamedTensors& parameters, OptimizerOptions options = {}) {
  return {parameters, ScheduleFreeAdamW{.lr = 0.1}, std::move(options)};
}

void take_steps(Optimizer& optimizer, const at::Tensor& x, int steps) {
  for (int i = 0; i < steps; ++i) {
    x.mutable_grad() = torch::sin(x.detach().to(at::kFloat) * 3 + i);
    ASSERT_EQ(optimizer.step().status, Status::applied);
  }
}

TEST(LibtorchOptimizer, train_puts_back_the_very_bits_that_evaluate_has_moved) {
  for (const bool low_half : {false, true})
    for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kBFloat16}) {
      if (low_half && type != at::kBFloat16) continue;
      const at::Tensor x = parameter({50, 3}, type);
      Optimizer optimizer = schedule_free({{"x", x}}, {.state = {.keep_low_half = low_half}});
      take_steps(optimizer, x, 4);
      const at::Tensor at_training = x.detach().clone();
      optimizer.evaluate();
      EXPECT_TRUE(optimizer.evaluating());
      EXPECT_FALSE(x.detach().equal(at_training)) << type;
      optimizer.evaluate();  // once more changes nothing
      optimizer.train();
      EXPECT_FALSE(optimizer.evaluating());
      EXPECT_TRUE(x.detach().equal(at_training)) << type;
    }
}

TEST(LibtorchOptimizer, the_point_to_evaluate_at_is_that_of_the_core) {
  const at::Tensor x = parameter({50, 3});
  std::vector<float> core_x(x.data_ptr<float>(), x.data_ptr<float>() + x.numel()), core_g(core_x.size());
  gradus::Optimizer core(ScheduleFreeAdamW{.lr = 0.1});
  core.add("x", {50, 3}, core_x, core_g);
  Optimizer optimizer = schedule_free({{"x", x}});
  for (int i = 0; i < 3; ++i) {
    take_steps(optimizer, x, 1);
    std::copy_n(x.grad().data_ptr<float>(), core_g.size(), core_g.begin());
    core.step();
  }
  optimizer.evaluate();
  core.evaluate();
  EXPECT_TRUE(std::equal(core_x.begin(), core_x.end(), x.data_ptr<float>()));
}

TEST(LibtorchOptimizer, autograd_sees_that_evaluate_and_train_modify_parameters_with_two_points) {
  const auto refused = [](AnyRule rule, bool back) {
    const at::Tensor x = parameter({3});
    Optimizer optimizer(NamedTensors{{"x", x}}, std::move(rule));
    if (back) optimizer.evaluate();
    const at::Tensor loss = (x * x).sum();
    back ? optimizer.train() : optimizer.evaluate();
    try {
      loss.backward();
      return false;
    } catch (const c10::Error&) {
      return true;
    }
  };
  for (const bool back : {false, true}) {
    EXPECT_TRUE(refused(ScheduleFreeAdamW{}, back));
    EXPECT_FALSE(refused(Adam{}, back));
  }
}

TEST(LibtorchOptimizer, evaluate_finds_a_parameter_whose_memory_moved_and_train_refuses_one) {
  at::Tensor x = parameter({3});
  Optimizer optimizer = schedule_free({{"x", x}});
  take_steps(optimizer, x, 2);
  const at::Tensor elsewhere = x.detach().clone(), before = elsewhere.clone();
  x.set_data(elsewhere);
  optimizer.evaluate();
  EXPECT_FALSE(x.detach().equal(before));
  x.set_data(before.clone());
  EXPECT_TRUE(contains(message_of([&] { optimizer.train(); }), "'x' has moved in memory since evaluate()"));
  EXPECT_TRUE(contains(message_of([&] { optimizer.step(); }), "call train() first"));
  x.set_data(elsewhere);
  optimizer.train();
  EXPECT_TRUE(x.detach().equal(before));
}

TEST(AtenExecutor, runs_each_task_once_on_as_many_threads_as_libtorch_has) {
  const int threads = at::get_num_threads();
  at::set_num_threads(3);
  AtenExecutor executor;
  EXPECT_EQ(executor.threads(), 3u);
  std::mutex mutex;
  std::multiset<std::size_t> seen;
  std::set<std::thread::id> on;
  executor.run(1000, [&](std::size_t task) {
    const std::lock_guard lock(mutex);
    seen.insert(task);
    on.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(std::set<std::size_t>(seen.begin(), seen.end()).size(), 1000u);
  EXPECT_EQ(on.size(), 3u);
  at::set_num_threads(threads);
}

TEST(AtenExecutor, the_bits_do_not_depend_on_its_threads) {
  const int threads = at::get_num_threads();
  const auto train = [](int count) {
    at::set_num_threads(count);
    torch::manual_seed(5);
    const at::Tensor x = parameter({300, 400});
    Optimizer optimizer(std::vector<at::Tensor>{x}, ClipNorm{1.0} >> Adam{});
    for (int i = 0; i < 3; ++i) {
      x.mutable_grad() = torch::randn({300, 400});
      optimizer.step();
    }
    return x.detach().clone();
  };
  const at::Tensor one = train(1);
  for (const int count : {2, 3, 8}) EXPECT_TRUE(one.equal(train(count))) << count;
  at::set_num_threads(threads);
}

}  // namespace
}  // namespace gradus::libtorch
