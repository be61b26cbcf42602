#include "lab/tasks/nets.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "lab/waves.hpp"

namespace gradus::lab {
namespace {

using test::fill;
using test::images;
using test::tokens;
using test::wave;

struct Golden {
  const char* name;
  NetMaker make;
  at::Tensor inputs;
  std::int64_t classes;
};

class Nets : public ::testing::TestWithParam<Golden> {};

TEST_P(Nets, have_the_losses_and_the_gradients_that_pytorch_computes) {
  const nlohmann::json oracle =
      nlohmann::json::parse(std::ifstream(LAB_GOLDEN_DIR "/nets.json")).at(GetParam().name);
  at::Generator random = at::detail::createCPUGenerator(1);
  const auto net = GetParam().make(random);
  fill(*net);
  const at::Tensor scores = net->scores(GetParam().inputs).flatten(0, -2);
  const at::Tensor targets = (at::arange(scores.size(0), at::kLong) * 3).remainder(GetParam().classes);
  const at::Tensor loss = at::cross_entropy_loss(scores, targets);
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), oracle["loss"], 1e-5);
  ASSERT_EQ(net->parameters().size(), oracle["gradients"].size());
  for (const auto& [name, parameter] : net->parameters()) {
    const at::Tensor gradient = parameter.grad().to_dense().to(at::kDouble).flatten();
    const double norm = oracle["gradients"].at(name)["norm"], along = oracle["gradients"].at(name)["along"];
    EXPECT_NEAR(gradient.norm().item<double>(), norm, 2e-5 * norm) << name;
    const double length = wave(parameter.numel(), 2).norm().item<double>();
    EXPECT_NEAR(gradient.dot(wave(parameter.numel(), 2)).item<double>(), along, 2e-5 * norm * length) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Tasks, Nets,
    ::testing::Values(Golden{"mlp", make_mlp(64), images(4, 8), 10},
                      Golden{"cnn", make_cnn(9, 9), images(4, 9), 10},
                      Golden{"bag", make_bag(30, 5, Gradients::of_rows), tokens(4, 6, 31), 5},
                      Golden{"bag", make_bag(30, 5, Gradients::dense), tokens(4, 6, 31), 5},
                      Golden{"bigram", make_bigram(20), tokens(3, 8, 20), 20},
                      Golden{"lstm", make_lstm(20), tokens(3, 8, 20), 20},
                      Golden{"transformer", make_transformer(20), tokens(3, 8, 20), 20}),
    [](const auto& each) { return std::to_string(each.index) + "_" + each.param.name; });

TEST(Nets, a_text_without_a_known_word_has_the_scores_of_the_bias) {
  at::Generator random = at::detail::createCPUGenerator(1);
  const auto net = make_bag(3, 2, Gradients::of_rows)(random);
  const at::Tensor scores = net->scores(at::zeros({1, 4}, at::kLong));
  EXPECT_TRUE(scores[0].equal(net->parameters().back().second));
}

TEST(Nets, no_token_of_a_language_model_looks_ahead) {
  for (const NetMaker& make : {make_bigram(20), make_lstm(20), make_transformer(20)}) {
    at::Generator random = at::detail::createCPUGenerator(1);
    const auto net = make(random);
    at::Tensor text = tokens(1, 8, 20);
    const at::Tensor before = net->scores(text).clone();
    text[0][5] = (text[0][5] + 1).remainder(20);
    const at::Tensor after = net->scores(text);
    EXPECT_TRUE(before.slice(1, 0, 5).allclose(after.slice(1, 0, 5)));
    EXPECT_FALSE(before.slice(1, 5).allclose(after.slice(1, 5)));
  }
}

}  // namespace
}  // namespace gradus::lab
