#include "lab/tasks/script_net.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <torch/csrc/jit/runtime/print_handler.h>
#include <torch/script.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

namespace fs = std::filesystem;

/// TorchScript's messages are tracebacks, whose last line says what went wrong, and then libtorch's own stack may follow.
std::string last_line(const std::string& message) {
  const std::string text = message.substr(0, message.find("\nException raised from"));
  const std::size_t end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return "for no reason that it gives";
  const std::size_t before = text.find_last_of('\n', end);
  return text.substr(before + 1, end - before);
}

/// What layers that draw (dropout) draw from: libtorch lets a module have none of its own.
class SharedDraws {
 public:
  /// Until this ends nobody else draws, and what is drawn depends on the seed alone.
  explicit SharedDraws(std::uint64_t seed) : lock_(mutex()) { generator_.set_current_seed(seed); }
  [[nodiscard]] at::Tensor state() const { return generator_.get_state(); }

 private:
  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }
  std::lock_guard<std::mutex> lock_;
  at::Generator generator_ = at::detail::getDefaultCPUGenerator();  // a handle of it
};

/// Those that are not frozen; one that several layers share has the name of the first.
std::vector<std::string> trained_parameters(const torch::jit::Module& module) {
  std::vector<std::string> names;
  std::vector<at::Tensor> seen;
  for (const auto& parameter : module.named_parameters()) {
    const auto same = [&](const at::Tensor& other) { return other.is_same(parameter.value); };
    if (!parameter.value.requires_grad() || std::ranges::any_of(seen, same)) continue;
    seen.push_back(parameter.value);
    names.push_back(parameter.name);
  }
  return names;
}

at::Tensor parameter_of(const torch::jit::Module& module, const std::string& name) {
  for (const auto& parameter : module.named_parameters())
    if (parameter.name == name) return parameter.value;
  throw Error("the module has no parameter " + name);
}

std::string text(at::IntArrayRef shape) {
  std::ostringstream out;
  out << shape;
  return out.str();
}

/// The user's file, and what he should make of an example of the data.
struct Agreement {
  fs::path file;
  std::vector<std::int64_t> scores;  ///< shape, of one example
};

class ScriptNet final : public Net {
 public:
  /// Trains the parameters of these names. Without a seed the module's layers do not draw.
  ScriptNet(Agreement agreed, torch::jit::Module module, const std::vector<std::string>& trained,
            std::optional<std::uint64_t> seed)
      : agreed_(std::move(agreed)), module_(std::move(module)), seed_(seed) {
    for (const std::string& name : trained) add_parameter(name, parameter_of(module_, name));
  }

  [[nodiscard]] at::Tensor scores(const at::Tensor& inputs) const override {
    std::optional<SharedDraws> draws;
    if (seed_) draws.emplace(*seed_ + calls_++);
    return forward(inputs, at::GradMode::is_enabled());
  }

  /// What draws here too draws the same each time.
  [[nodiscard]] at::Tensor scores_as_examined(const at::Tensor& inputs) const override {
    std::optional<SharedDraws> draws;
    if (seed_) draws.emplace(*seed_);
    return forward(inputs, false);
  }

  void compute_gradients(const at::Tensor& loss) const override {
    try {
      loss.backward();
    } catch (const std::exception& error) {
      refuse("cannot be differentiated: " + last_line(error.what()));
    }
  }

 private:
  [[nodiscard]] at::Tensor forward(const at::Tensor& inputs, bool training) const {
    // Optimized graphs are specialized by what they happened to meet, in whatever training.
    const torch::jit::GraphOptimizerEnabledGuard as_written(false);
    torch::jit::Module module = module_;  // another handle of the same
    module.train(training);
    const c10::IValue result = run(module, inputs);
    if (!result.isTensor()) refuse(fmt::format("returns {}, not a tensor of scores", result.tagKind()));
    check(result.toTensor(), inputs);
    return result.toTensor();
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(fmt::format("{}: forward() {}", agreed_.file.string(), why));
  }

  c10::IValue run(torch::jit::Module& module, const at::Tensor& inputs) const {
    try {
      return module.forward({inputs});
    } catch (const std::exception& error) {
      refuse("fails: " + last_line(error.what()));
    }
  }

  void check(const at::Tensor& scores, const at::Tensor& inputs) const {
    std::vector<std::int64_t> expected = agreed_.scores;
    expected.insert(expected.begin(), inputs.size(0));
    if (scores.sizes() != expected || scores.scalar_type() != at::kFloat)
      refuse(fmt::format("makes {} {} of inputs {}; it must make Float {}, a score for each class",
                         toString(scores.scalar_type()), text(scores.sizes()), text(inputs.sizes()),
                         text(expected)));
    if (at::GradMode::is_enabled() && !scores.requires_grad())
      refuse("makes scores that do not depend on the parameters: are they detached?");
  }

  Agreement agreed_;
  torch::jit::Module module_;
  std::optional<std::uint64_t> seed_;
  mutable std::uint64_t calls_ = 0;
};

/// A copy whose parameters are its own: copied as others are, they would be results of a computation.
torch::jit::Module copy_of(const torch::jit::Module& module) {
  const at::NoGradGuard no_grad;
  return module.deepcopy();
}

torch::jit::Module load(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) throw Error(file.string() + ": there is no such file");
  // What the module prints is no result of ours.
  torch::jit::setPrintHandler([](const std::string& line) { std::fputs(line.c_str(), stderr); });
  try {
    return torch::jit::load(file.string(), at::kCPU);
  } catch (const std::exception&) {
    throw Error(file.string() + ": is no TorchScript module, as torch.jit.save() writes it");
  }
}

void check_parameters(const fs::path& file, const torch::jit::Module& module) {
  if (trained_parameters(module).empty())
    throw Error(file.string() + ": the module has no parameters to train: none has requires_grad");
  for (const auto& parameter : module.named_parameters())
    if (parameter.value.scalar_type() != at::kFloat)
      throw Error(fmt::format("{}: parameter {} is of {}; it must be of Float", file.string(), parameter.name,
                              toString(parameter.value.scalar_type())));
}

Agreement agreed(const fs::path& file, const Dataset& data) {
  std::vector<std::int64_t> scores = data.train.targets.sizes().slice(1).vec();
  scores.push_back(data.classes);
  return {file, std::move(scores)};
}

/// Throws Error if the module does not do with two examples, examined or trained.
void try_out(const Agreement& agreed, const torch::jit::Module& module, const Dataset& data) {
  const ScriptNet net(agreed, copy_of(module), trained_parameters(module), {});
  const at::Tensor inputs = data.prepare(data.train.inputs.slice(0, 0, 2));
  static_cast<void>(net.scores(inputs));
  const at::NoGradGuard examined;
  static_cast<void>(net.scores(inputs));
}

}  // namespace

NetMaker load_script_net(const fs::path& file, const Dataset& data) {
  const torch::jit::Module module = load(file);
  check_parameters(file, module);
  const SharedDraws alone(0);
  const at::Tensor before = alone.state();
  try_out(agreed(file, data), module, data);
  const bool draws = !alone.state().equal(before);
  return [agreed = agreed(file, data), module, trained = trained_parameters(module),
          draws](at::Generator& random) {
    std::optional<std::uint64_t> seed;
    if (draws) seed = at::check_generator<at::CPUGeneratorImpl>(random)->random64();
    return std::make_unique<ScriptNet>(agreed, copy_of(module), trained, seed);
  };
}

}  // namespace gradus::lab
