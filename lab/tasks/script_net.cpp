#include "lab/tasks/script_net.hpp"

#include <fmt/format.h>
#include <torch/script.h>

#include <sstream>
#include <system_error>
#include <utility>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

namespace fs = std::filesystem;

/// TorchScript's messages are tracebacks, whose last line says what went wrong.
std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return "for no reason that it gives";
  const std::size_t before = text.find_last_of('\n', end);
  return text.substr(before + 1, end - before);
}

class ScriptNet final : public Net {
 public:
  ScriptNet(fs::path file, torch::jit::Module module) : file_(std::move(file)), module_(std::move(module)) {
    for (const auto& parameter : module_.named_parameters()) add_parameter(parameter.name, parameter.value);
  }

  [[nodiscard]] at::Tensor scores(const at::Tensor& inputs) const override {
    // Optimized graphs are specialized by what they happened to meet, in whatever training.
    const torch::jit::GraphOptimizerEnabledGuard as_written(false);
    torch::jit::Module module = module_;  // another handle of the same
    module.train(at::GradMode::is_enabled());
    const c10::IValue result = run(module, inputs);
    if (!result.isTensor())
      throw Error(
          fmt::format("{}: forward() returns {}, not a tensor of scores", file_.string(), result.tagKind()));
    return result.toTensor();
  }

 private:
  c10::IValue run(torch::jit::Module& module, const at::Tensor& inputs) const {
    try {
      return module.forward({inputs});
    } catch (const std::exception& error) {
      throw Error(fmt::format("{}: forward() fails: {}", file_.string(), last_line(error.what())));
    }
  }

  fs::path file_;
  torch::jit::Module module_;
};

torch::jit::Module load(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) throw Error(file.string() + ": there is no such file");
  try {
    return torch::jit::load(file.string(), at::kCPU);
  } catch (const std::exception&) {
    throw Error(file.string() + ": is no TorchScript module, as torch.jit.save() writes it");
  }
}

void check_parameters(const fs::path& file, const torch::jit::Module& module) {
  if (module.named_parameters().size() == 0)
    throw Error(file.string() + ": the module has no parameters to train");
  for (const auto& parameter : module.named_parameters())
    if (parameter.value.scalar_type() != at::kFloat)
      throw Error(fmt::format("{}: parameter {} is of {}; it must be of Float", file.string(), parameter.name,
                              toString(parameter.value.scalar_type())));
}

std::string text(at::IntArrayRef shape) {
  std::ostringstream out;
  out << shape;
  return out.str();
}

/// On two examples.
void check_scores(const fs::path& file, const Net& net, const Dataset& data) {
  const at::NoGradGuard no_grad;
  std::vector<std::int64_t> expected = data.train.targets.slice(0, 0, 2).sizes().vec();
  expected.push_back(data.classes);
  const at::Tensor inputs = data.prepare(data.train.inputs.slice(0, 0, 2)), scores = net.scores(inputs);
  if (scores.sizes() != expected || scores.scalar_type() != at::kFloat)
    throw Error(
        fmt::format("{}: forward() makes {} {} of inputs {}; it must make Float {}, a score for each class",
                    file.string(), toString(scores.scalar_type()), text(scores.sizes()), text(inputs.sizes()),
                    text(expected)));
}

}  // namespace

NetMaker load_script_net(const fs::path& file, const Dataset& data) {
  const torch::jit::Module module = load(file);
  check_parameters(file, module);
  const NetMaker make = [file, module](at::Generator& /*random*/) {
    return std::make_unique<ScriptNet>(file, module.deepcopy());
  };
  at::Generator unused;
  check_scores(file, *make(unused), data);
  return make;
}

}  // namespace gradus::lab
