#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "gradus/registry.hpp"
#include "lab/sharpness/lanczos.hpp"
#include "lab/sharpness/trace.hpp"
#include "lab/tasks/nets.hpp"
#include "lab/waves.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using gradus::test::contains;
using gradus::test::message_of;
using test::images;
using test::tokens;

struct Case {
  const char* name;
  NetMaker make;
  at::Tensor inputs;  ///< tokens have a target each if they are of sequences
  std::int64_t classes;
  bool is_of_sequences = false;
};

std::unique_ptr<const Task> task_of(const Case& its) {
  const std::int64_t targets = its.is_of_sequences ? its.inputs.numel() : its.inputs.size(0);
  at::Tensor classes = (at::arange(targets, at::kLong) * 3).remainder(its.classes);
  if (its.is_of_sequences) classes = classes.view(its.inputs.sizes());
  const Examples examples{its.inputs, classes};
  const NetMaker filled = [make = its.make](at::Generator& random) {
    auto net = make(random);
    test::fill(*net);
    return net;
  };
  return make_net_task({.name = "waves",
                        .train = examples,
                        .validation = examples,
                        .test = examples,
                        .classes = its.classes,
                        .prepare = [](const at::Tensor& inputs) { return inputs; }},
                       filled, accuracy);
}

std::vector<double> wave(std::size_t n, double phase) {
  std::vector<double> numbers(n);
  for (std::size_t i = 0; i < n; ++i) numbers[i] = std::sin(static_cast<double>(i) * 0.7 + phase);
  return numbers;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double norm(const std::vector<double>& a) { return std::sqrt(dot(a, a)); }

const Case kMlp{"mlp", make_mlp(64), images(4, 8), 10};
const Case kCnn{"cnn", make_cnn(9, 9), images(4, 9), 10};
const Case kLstm{"lstm", make_lstm(20), tokens(3, 8, 20), 20, true};
const Case kTransformer{"transformer", make_transformer(20), tokens(3, 8, 20), 20, true};
const Case kBagOfRows{"bag", make_bag(30, 5, Gradients::of_rows), tokens(4, 6, 31), 5};
const Case kBag{"bag", make_bag(30, 5, Gradients::dense), tokens(4, 6, 31), 5};

nlohmann::json golden(const char* file, const char* name) {
  return nlohmann::json::parse(std::ifstream(std::string(LAB_GOLDEN_DIR "/") + file)).at(name);
}

class Landscapes : public ::testing::TestWithParam<Case> {
 protected:
  std::unique_ptr<const Task> task_ = task_of(GetParam());
  std::unique_ptr<Problem> problem_ = task_->begin(1, 2);
  std::unique_ptr<Landscape> landscape_ = problem_->landscape(GetParam().inputs.size(0));
  std::vector<double> x_ = landscape_->point();
};

TEST_P(Landscapes, have_the_losses_and_the_gradients_that_pytorch_computes) {
  const nlohmann::json oracle = golden("nets.json", GetParam().name);
  EXPECT_NEAR(landscape_->loss(x_), oracle["loss"], 1e-6);
  std::vector<double> g(x_.size());
  landscape_->gradient(x_, g);
  double squares = 0;
  for (const auto& [name, its] : oracle["gradients"].items())
    squares += std::pow(its["norm"].get<double>(), 2);
  EXPECT_NEAR(norm(g), std::sqrt(squares), 1e-5 * std::sqrt(squares));
}

TEST_P(Landscapes, have_the_hessians_of_pytorch) {
  const nlohmann::json oracle = golden("sharpness.json", GetParam().name);
  std::vector<double> hv(x_.size());
  landscape_->hessian_times(x_, wave(x_.size(), 2), hv);
  const double length = oracle["norm"];
  EXPECT_NEAR(norm(hv), length, 1e-5 * length);
  EXPECT_NEAR(dot(hv, wave(x_.size(), 5)), oracle["along"], 1e-5 * length * norm(wave(x_.size(), 5)));

  const Operator matrix = hessian(*landscape_, x_);
  const Spectrum spectrum = largest_eigenpairs(matrix, x_.size(), {.tolerance = 1e-4});
  EXPECT_TRUE(spectrum.converged);
  const double largest = oracle["largest"];
  EXPECT_NEAR(spectrum.pairs[0].value, largest, 1e-5 * largest);
  const Sampled trace = estimate_trace(matrix, x_.size(), 4, 1);
  EXPECT_NEAR(trace.mean, oracle["trace"], 1e-4 * std::max(trace.standard_error, largest));
}

TEST_P(Landscapes, leave_the_parameters_and_the_gradients_for_the_mover_alone) {
  const auto step = [&](Problem& problem, bool looks_between) {
    std::vector<Part> parts(1, {{}, make_rule("sgd", {{"lr", 0.1}})});
    for (const auto& [name, shape] : problem.parameters()) parts[0].parameters.push_back(name);
    const auto mover = problem.mover(std::move(parts), {});
    mover->forget_gradient();
    problem.loss_and_gradient();
    const auto landscape = problem.landscape(2);
    if (looks_between) {
      const std::vector<double> there = wave(x_.size(), 7);
      std::vector<double> g(x_.size());
      landscape->loss(there);
      landscape->gradient(there, g);
      landscape->hessian_times(there, g, g);
      EXPECT_EQ(landscape->point(), x_);
    }
    mover->step();
    return landscape->point();
  };
  EXPECT_EQ(step(*task_->begin(1, 2), true), step(*task_->begin(1, 2), false));
}

const auto kName = [](const auto& each) { return std::to_string(each.index) + "_" + each.param.name; };
INSTANTIATE_TEST_SUITE_P(Tasks, Landscapes, ::testing::Values(kMlp, kCnn, kLstm, kTransformer), kName);

TEST(NetLandscape, of_many_examples_is_their_mean_over_chunks_and_of_the_first) {
  const Case many{"mlp", make_mlp(64), images(1100, 8), 10};
  const auto task = task_of(many);
  const auto problem = task->begin(1, 2), other = task->begin(2, 5);
  const auto landscape = problem->landscape(1100);
  const std::vector<double> x = landscape->point();
  EXPECT_NEAR(landscape->loss(x), problem->examine(Split::validation).loss, 1e-6);
  EXPECT_EQ(landscape->loss(x), other->landscape(1100)->loss(x)) << "the same for every seed";
  const auto first = problem->landscape(4);
  EXPECT_NEAR(first->loss(x), golden("nets.json", "mlp")["loss"], 1e-6);
  EXPECT_NE(first->loss(x), landscape->loss(x));
}

TEST(NetLandscape, says_why_there_is_no_hessian) {
  for (const auto& [its, why] : {std::pair(kBagOfRows, "the gradient of embedding.weight is of rows"),
                                 std::pair(kBag, "_embedding_bag")}) {
    const auto task = task_of(its);
    const auto problem = task->begin(1, 2);
    const auto landscape = problem->landscape(4);
    const std::vector<double> x = landscape->point();
    std::vector<double> hv(x.size());
    const std::string message = message_of([&] { landscape->hessian_times(x, x, hv); });
    EXPECT_TRUE(contains(message, "the net's Hessian cannot be computed: "));
    EXPECT_TRUE(contains(message, why));
    EXPECT_EQ(landscape->point(), x);
    EXPECT_NEAR(landscape->loss(x), golden("nets.json", "bag")["loss"], 1e-6);
  }
}

TEST(NetLandscape, refuses_other_counts_than_there_are) {
  const auto task = task_of(kMlp);
  const auto problem = task->begin(1, 2);
  EXPECT_TRUE(contains(message_of([&] { problem->landscape(5); }), "a loss over 5 of 4 training examples"));
  EXPECT_TRUE(contains(message_of([&] { problem->landscape(0); }), "a loss over 0 of 4"));
  const auto landscape = problem->landscape(4);
  EXPECT_TRUE(
      contains(message_of([&] { landscape->loss(std::vector<double>(3)); }), "3 numbers for the 9610"));
}

}  // namespace
}  // namespace gradus::lab
