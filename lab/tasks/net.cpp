#include "lab/tasks/net.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <numeric>
#include <sstream>

#include "gradus/core/error.hpp"
#include "gradus/libtorch.hpp"
#include "lab/tasks/net_landscape.hpp"
#include "lab/tasks/script_net.hpp"

namespace gradus::lab {
namespace {

/// Throws Error if a gradient of the part's parameters is of rows, and the rule takes none.
void check_takes_rows(const Net& net, const Part& part) {
  for (const std::string& name : net.with_gradients_of_rows()) {
    if (std::ranges::find(part.parameters, name) == part.parameters.end()) continue;
    std::array<float, 1> x{};
    const std::array<std::int64_t, 1> row{};
    gradus::Optimizer trial(part.rule);
    const ParameterId parameter = trial.add(name, {1, 1}, x, {});
    try {
      trial.set_gradient(parameter, {row, x});
    } catch (const Error& error) {
      throw Error(fmt::format("{} cannot be raced on this task: {}", part.rule.name(), error.what()));
    }
  }
}

class NetMover final : public Mover {
 public:
  NetMover(const Net& net, std::vector<Part> parts, OptimizerOptions options)
      : optimizer_(tensors(net, parts.front()), std::move(parts.front().rule), std::move(options)) {
    for (std::size_t i = 1; i < parts.size(); ++i)
      optimizer_.add_group(tensors(net, parts[i]), std::move(parts[i].rule));
  }

  void forget_gradient() override { optimizer_.zero_grad(); }
  StepReport step() override { return optimizer_.step(); }
  void evaluate() override { optimizer_.evaluate(); }
  void train() override { optimizer_.train(); }
  [[nodiscard]] const Optimizer& core() const override { return optimizer_.core(); }

 private:
  static libtorch::NamedTensors tensors(const Net& net, const Part& part) {
    libtorch::NamedTensors taken;
    for (const auto& parameter : net.parameters())
      if (std::ranges::find(part.parameters, parameter.first) != part.parameters.end())
        taken.push_back(parameter);
    return taken;
  }

  libtorch::Optimizer optimizer_;
};

/// Every epoch's batches are drawn in an order that the seed alone decides;
/// examples that do not fill a last batch are left out of that epoch.
class Batches {
 public:
  Batches(const Examples& examples, std::int64_t size, std::uint64_t seed)
      : examples_(examples), size_(size), random_(at::detail::createCPUGenerator(seed)) {}

  [[nodiscard]] std::int64_t size() const { return size_; }

  Examples next() {
    if (!order_.defined() || from_ + size_ > examples_.size()) {
      order_ = at::randperm(examples_.size(), random_, at::kLong);
      from_ = 0;
    }
    const at::Tensor indices = order_.slice(0, from_, from_ + size_);
    from_ += size_;
    return {examples_.inputs.index_select(0, indices), examples_.targets.index_select(0, indices)};
  }

 private:
  const Examples& examples_;
  std::int64_t size_, from_ = 0;
  at::Generator random_;
  at::Tensor order_;
};

class NetProblem final : public Problem {
 public:
  NetProblem(const Dataset& data, std::unique_ptr<Net> net, NetMetric metric, std::uint64_t seed,
             std::int64_t batch)
      : data_(data),
        net_(std::move(net)),
        metric_(metric),
        batches_(data.train, batch, ~seed) {  // another stream than the initial parameters'
    // A training's numbers must not depend on what runs beside it.
    at::set_num_threads(1);
  }

  [[nodiscard]] std::vector<std::pair<std::string, Shape>> parameters() const override {
    std::vector<std::pair<std::string, Shape>> shapes;
    for (const auto& [name, tensor] : net_->parameters()) shapes.emplace_back(name, tensor.sizes().vec());
    return shapes;
  }

  std::unique_ptr<Mover> mover(std::vector<Part> parts, OptimizerOptions options) override {
    for (const Part& part : parts) check_takes_rows(*net_, part);
    return std::make_unique<NetMover>(*net_, std::move(parts), std::move(options));
  }

  double loss_and_gradient() override {
    const Examples batch = batches_.next();
    const at::Tensor loss = cross_entropy(batch, at::Reduction::Mean).loss;
    const double value = loss.item<double>();
    if (std::isfinite(value)) net_->compute_gradients(loss);
    return value;
  }

  Exam examine(Split split) override {
    double loss = 0, right = 0;
    for_each_chunk(split, at::Reduction::Sum, [&](const Marked& marked) {
      loss += marked.loss.item<double>();
      right += marked.scores.argmax(1).eq(marked.targets).sum().item<double>();
    });
    const auto n = static_cast<double>(examples_of(split).targets.numel());
    return {loss / n, metric_(loss / n, right / n)};
  }

  std::vector<TargetLoss> losses(Split split) override {
    std::vector<TargetLoss> all;
    for_each_chunk(split, at::Reduction::None, [&](const Marked& marked) {
      const at::Tensor losses = marked.loss.contiguous(), targets = marked.targets.contiguous();
      for (std::int64_t i = 0; i < targets.numel(); ++i)
        all.push_back({targets.data_ptr<std::int64_t>()[i], losses.data_ptr<float>()[i]});
    });
    return all;
  }

  [[nodiscard]] std::vector<double> values(const std::string& parameter) const override {
    for (const auto& [name, tensor] : net_->parameters())
      if (name == parameter) {
        const at::Tensor numbers = tensor.detach().to(at::kDouble).contiguous();
        return {numbers.data_ptr<double>(), numbers.data_ptr<double>() + numbers.numel()};
      }
    throw Error("the net has no parameter " + parameter);
  }

  std::unique_ptr<Landscape> landscape(std::int64_t examples) override {
    return make_net_landscape(*net_, data_, examples);
  }

 private:
  struct Marked {
    at::Tensor loss, scores, targets;
  };

  [[nodiscard]] const Examples& examples_of(Split split) const {
    return split == Split::test ? data_.test : data_.validation;
  }

  template <class Use>
  void for_each_chunk(Split split, std::int64_t reduction, const Use& use) const {
    const at::NoGradGuard no_grad;
    const Examples& all = examples_of(split);
    const std::int64_t at_once = std::max<std::int64_t>(batches_.size(), 64);  // what training has memory for
    for (std::int64_t from = 0; from < all.size(); from += at_once) {
      const std::int64_t to = std::min(from + at_once, all.size());
      use(cross_entropy({all.inputs.slice(0, from, to), all.targets.slice(0, from, to)}, reduction));
    }
  }

  Marked cross_entropy(const Examples& examples, std::int64_t reduction) const {
    const at::Tensor scores = net_->scores(data_.prepare(examples.inputs)).flatten(0, -2);
    const at::Tensor targets = examples.targets.flatten().to(at::kLong);
    return {at::cross_entropy_loss(scores, targets, {}, reduction), scores, targets};
  }

  const Dataset& data_;
  std::unique_ptr<Net> net_;
  NetMetric metric_;
  Batches batches_;
};

std::int64_t count_of(const Net& net) {
  std::int64_t count = 0;
  for (const auto& [name, parameter] : net.parameters()) count += parameter.numel();
  return count;
}

/// CRC-32 of all examples' bytes, in hexadecimal.
std::string checksum(const Dataset& data) {
  uLong crc = crc32(0, nullptr, 0);
  for (const Examples* examples : {&data.train, &data.validation, &data.test})
    for (const at::Tensor* tensor : {&examples->inputs, &examples->targets}) {
      const at::Tensor bytes = tensor->contiguous();
      crc = crc32_z(crc, static_cast<const Bytef*>(bytes.data_ptr()), bytes.nbytes());
    }
  return fmt::format("crc32:{:08x}", crc);
}

/// The same of a file, so that a race is not gone on with by another model of that name.
std::string checksum(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  const std::string bytes = text.str();
  return fmt::format("crc32:{:08x}", crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

class NetTask final : public Task {
 public:
  NetTask(Dataset data, NetMaker make, NetMetric metric, const std::filesystem::path& model)
      : data_(std::move(data)), make_(std::move(make)), metric_(metric) {
    facts_ = {.data = data_.name,
              .checksum = checksum(data_),
              .train_size = data_.train.size(),
              .validation_size = data_.validation.size(),
              .test_size = data_.test.size(),
              .epoch_examples = data_.train.size(),
              .parameters = count_of(*net(0))};
    if (!model.empty()) facts_.checksum += ", model " + checksum(model);
  }

  [[nodiscard]] const TaskFacts& facts() const override { return facts_; }

  [[nodiscard]] std::unique_ptr<Problem> begin(std::uint64_t seed, std::int64_t batch) const override {
    if (batch > data_.train.size())
      throw Error(
          fmt::format("a batch of {} is more than the {} training examples", batch, data_.train.size()));
    return std::make_unique<NetProblem>(data_, net(seed), metric_, seed, batch);
  }

 private:
  [[nodiscard]] std::unique_ptr<Net> net(std::uint64_t seed) const {
    at::Generator random = at::detail::createCPUGenerator(seed);
    return make_(random);
  }

  Dataset data_;
  NetMaker make_;
  NetMetric metric_;
  TaskFacts facts_;
};

}  // namespace

Net::Layer Net::add_layer(const std::string& name, std::vector<std::int64_t> weight_shape,
                          at::Generator& random) {
  const std::int64_t fan_in =
      std::accumulate(weight_shape.begin() + 1, weight_shape.end(), std::int64_t{1}, std::multiplies<>());
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  const std::int64_t fan_out = weight_shape.front();
  return {add_parameter(name + ".weight", at::empty(weight_shape).uniform_(-bound, bound, random)),
          add_parameter(name + ".bias", at::empty({fan_out}).uniform_(-bound, bound, random))};
}

at::Tensor Net::add_parameter(const std::string& name, at::Tensor initial) {
  initial.set_requires_grad(true);
  parameters_.emplace_back(name, initial);
  return initial;
}

double perplexity(double loss, double /*accuracy*/) { return std::exp(loss); }

std::unique_ptr<const Task> make_net_task(Dataset data, NetMaker own, NetMetric metric,
                                          const std::filesystem::path& model) {
  NetMaker make = model.empty() ? std::move(own) : load_script_net(model, data);
  return std::make_unique<NetTask>(std::move(data), std::move(make), metric, model);
}

}  // namespace gradus::lab
