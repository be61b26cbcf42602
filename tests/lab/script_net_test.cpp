#include "lab/tasks/script_net.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/script.h>

#include <cmath>

#include "gradus/registry.hpp"
#include "support/idx_files.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using gradus::test::contains;
using gradus::test::message_of;
using gradus::test::TemporaryFolder;
using gradus::test::write_plain;

Dataset data() {
  const Examples examples{at::rand({40, 6}), at::arange(40, at::kLong).remainder(3)};
  return {.name = "numbers",
          .train = examples,
          .validation = examples,
          .test = examples,
          .classes = 3,
          .prepare = [](const at::Tensor& inputs) { return inputs; }};
}

/// A module of a weight [3, 6] whose forward() is that.
std::string saved(const std::filesystem::path& file, const char* forward,
                  const at::Tensor& weight = at::ones({3, 6})) {
  torch::jit::Module module("net");
  module.register_parameter("weight",
                            weight.is_floating_point() ? weight.clone().set_requires_grad(true) : weight,
                            false);  // as PyTorch's modules have them
  module.register_attribute("training", c10::BoolType::get(), true);
  module.define(std::string("def forward(self, x):\n    ") + forward + "\n");
  module.save(file.string());
  return file.string();
}

TEST(ScriptNet, is_trained_from_the_saved_values_on_batches_of_the_seed) {
  const TemporaryFolder folder;
  const auto task = make_net_task(data(), {}, accuracy,
                                  saved(folder.path() / "net.pt", "return torch.matmul(x, self.weight.t())"));
  EXPECT_EQ(task->facts().parameters, 18);
  const auto first = task->begin(1, 10), second = task->begin(2, 10);
  EXPECT_EQ(first->parameters()[0].first, "weight");
  EXPECT_EQ(first->values("weight"), std::vector<double>(18, 1));
  std::vector<Part> parts;
  parts.push_back({{"weight"}, make_rule("adam", {{"lr", 0.1}})});
  const auto mover = first->mover(std::move(parts), {});
  const double before = first->loss_and_gradient();
  EXPECT_EQ(mover->step().status, Status::applied);
  mover->forget_gradient();
  EXPECT_NE(first->loss_and_gradient(), before);
  EXPECT_NE(first->values("weight"), second->values("weight")) << "each training has parameters of its own";
}

TEST(ScriptNet, what_dropout_drops_depends_on_the_seed_and_on_no_other_training) {
  const TemporaryFolder folder;
  const auto task =
      make_net_task(data(), {}, accuracy,
                    saved(folder.path() / "net.pt",
                          "return torch.matmul(torch.dropout(x, 0.5, self.training), self.weight.t())",
                          at::arange(18, at::kFloat).view({3, 6}) / 10));
  const auto losses = [&](std::uint64_t seed, Problem* beside) {
    const auto problem = task->begin(seed, 10);
    std::vector<double> all;
    for (int i = 0; i < 3; ++i) {
      if (beside != nullptr) beside->loss_and_gradient();
      all.push_back(problem->loss_and_gradient());
    }
    return all;
  };
  const auto other = task->begin(3, 10);
  EXPECT_EQ(losses(1, nullptr), losses(1, other.get()));
  EXPECT_NE(losses(1, nullptr), losses(2, nullptr));
}

TEST(ScriptNet, frozen_parameters_stay_and_shared_ones_are_one) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "net.pt").string();
  const at::Tensor weight = at::ones({3, 6}).set_requires_grad(true);
  torch::jit::Module module("net");
  module.register_parameter("weight", weight, false);
  module.register_parameter("tied", weight, false);
  module.register_parameter("frozen", at::ones({3}), false);
  module.define(
      "def forward(self, x):\n    return torch.matmul(x, (self.weight + self.tied).t()) + self.frozen\n");
  module.save(file);
  const auto task = make_net_task(data(), {}, accuracy, file);
  const auto problem = task->begin(1, 10);
  ASSERT_EQ(problem->parameters().size(), 1u);
  EXPECT_TRUE(std::isfinite(problem->loss_and_gradient()));
}

TEST(ScriptNet, another_model_of_the_same_name_is_told_by_its_checksum) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "net.pt";
  const auto checksum = [&](double value) {
    saved(file, "return torch.matmul(x, self.weight.t())", at::full({3, 6}, value));
    return make_net_task(data(), {}, accuracy, file)->facts().checksum;
  };
  EXPECT_NE(checksum(1).substr(16), checksum(2).substr(16)) << "beside the data's";
}

TEST(ScriptNet, what_goes_wrong_later_names_the_file_and_is_one_line) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "net.pt";
  const auto complaint = [&](const char* forward) {
    saved(file, forward);
    const auto task = make_net_task(data(), {}, accuracy, file);
    return message_of([&] { task->begin(1, 10)->loss_and_gradient(); });
  };
  EXPECT_TRUE(
      contains(complaint("y = torch.matmul(x, self.weight.t())\n"
                         "    return torch.cat([y, y]) if x.size(0) > 2 else y"),
               "net.pt: forward() makes Float [20, 3] of inputs [10, 6]; it must make Float [10, 3]"));
  for (const char* forward : {"y = torch.matmul(x, self.weight.t())\n"
                              "    return torch.matmul(y, x) if x.size(0) > 2 else y",
                              "y = torch.exp(torch.matmul(x, self.weight.t()))\n    return y.mul_(2)"}) {
    const std::string message = complaint(forward);
    EXPECT_TRUE(contains(message, "net.pt: forward() ")) << message;
    EXPECT_FALSE(contains(message, "frame #")) << message;
    EXPECT_FALSE(contains(message, "\n")) << message;
  }
}

TEST(ScriptNet, as_a_landscape_drops_nothing_and_draws_nothing_from_the_training) {
  const TemporaryFolder folder;
  const auto task =
      make_net_task(data(), {}, accuracy,
                    saved(folder.path() / "net.pt",
                          "return torch.matmul(torch.dropout(x, 0.5, self.training), self.weight.t()) ** 2",
                          at::arange(18, at::kFloat).view({3, 6}) / 10));
  const auto looked_at = task->begin(1, 10), other = task->begin(1, 10);
  const auto landscape = looked_at->landscape(40);
  const std::vector<double> x = landscape->point(), v(18, 1);
  EXPECT_NEAR(landscape->loss(x), task->begin(2, 10)->examine(Split::test).loss, 1e-6);
  std::vector<double> hv(18), above(18), below(18), near_x = x;
  landscape->hessian_times(x, v, hv);
  constexpr double kStep = 1e-3;
  for (double& number : near_x) number += kStep;
  landscape->gradient(near_x, above);
  for (double& number : near_x) number -= 2 * kStep;
  landscape->gradient(near_x, below);
  for (std::size_t i = 0; i < 18; ++i)
    EXPECT_NEAR(hv[i], (above[i] - below[i]) / (2 * kStep), 1e-3 + 1e-3 * std::abs(hv[i]));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(looked_at->loss_and_gradient(), other->loss_and_gradient());
}

TEST(ScriptNet, what_cannot_be_trained_on_the_task_is_refused_before_any_training) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "net.pt";
  const auto complaint = [&] { return message_of([&] { load_script_net(file, data()); }); };
  EXPECT_TRUE(contains(complaint(), "net.pt: there is no such file"));
  for (const char* bytes : {"", "text", "PK\003\004"}) {
    write_plain(file, bytes);
    EXPECT_TRUE(contains(complaint(), "net.pt: is no TorchScript module"));
  }
  saved(file, "return torch.matmul(x, self.weight)");
  EXPECT_TRUE(contains(complaint(), "net.pt: forward() fails: RuntimeError: mat1 and mat2"));
  saved(file, "return x");
  EXPECT_TRUE(
      contains(complaint(), "forward() makes Float [2, 6] of inputs [2, 6]; it must make Float [2, 3]"));
  saved(file, "return torch.matmul(x, self.weight.t()).detach()");
  EXPECT_TRUE(contains(complaint(), "scores that do not depend on the parameters"));
  saved(file, "return [x]");
  EXPECT_TRUE(contains(complaint(), "forward() returns"));
  saved(file, "return x", at::ones({3}, at::kDouble));
  EXPECT_TRUE(contains(complaint(), "parameter weight is of Double; it must be of Float"));
  torch::jit::Module empty("net");
  empty.define("def forward(self, x):\n    return x\n");
  empty.save(file.string());
  EXPECT_TRUE(contains(complaint(), "the module has no parameters to train"));
}

}  // namespace
}  // namespace gradus::lab
