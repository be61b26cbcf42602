// Trainings that began in PyTorch go on here, and end where PyTorch's own unbroken runs end.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "checkpoint/pytorch_training.hpp"
#include "gradus/checkpoint/checkpoint.hpp"
#include "gradus/checkpoint/optimizer_file.hpp"

namespace gradus::test {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(CHECKPOINT_GOLDEN_DIR) / "pytorch";

nlohmann::json ends() { return nlohmann::json::parse(std::ifstream(kFolder / "ends.json")); }

class Pytorch : public testing::TestWithParam<std::string> {};

TEST_P(Pytorch, a_training_that_began_there_ends_as_its_unbroken_run) {
  const fs::path file = kFolder / (GetParam() + ".safetensors");
  const checkpoint::TensorFile opened(file, checkpoint::Record::optional);
  const auto saved = checkpoint::parse_optimizer(opened.metadata().at(checkpoint::kOptimizerKey));
  PytorchTraining training(parse_rule(saved.groups.at(0).rule));
  checkpoint::load(training.optimizer, file, {.record = checkpoint::Record::optional});
  training.train(10, 20);
  const nlohmann::json end = ends().at(GetParam());
  for (const auto& [name, x] : {std::pair{"w", &training.w}, {"b", &training.b}})
    for (std::size_t i = 0; i < x->size(); ++i)
      EXPECT_NEAR((*x)[i], end[name][i].get<double>(), end["within"].get<double>())
          << name << '[' << i << ']';
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  const nlohmann::json all = ends();
  for (const auto& [name, end] : all.items()) names.push_back(name);
  return names;
}
INSTANTIATE_TEST_SUITE_P(case, Pytorch, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace gradus::test
