#include "lab/tasks/net_landscape.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <stdexcept>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

using Tensors = std::vector<at::Tensor>;

constexpr std::int64_t kTargetsAtOnce = 512;  // the graph of a gradient is in memory for so many

Error no_hessian(const std::string& why) { return Error("the net's Hessian cannot be computed: " + why); }

/// Holds parameters elsewhere for as long as it lives.
class MovedTo {
 public:
  MovedTo(const Tensors& parameters, const Tensors& there) : parameters_(parameters) {
    const at::NoGradGuard no_grad;
    for (const at::Tensor& parameter : parameters) before_.push_back(parameter.clone());
    for (std::size_t i = 0; i < there.size(); ++i) parameters[i].copy_(there[i]);
  }
  ~MovedTo() {
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < before_.size(); ++i) parameters_[i].copy_(before_[i]);
  }
  MovedTo(const MovedTo&) = delete;
  MovedTo& operator=(const MovedTo&) = delete;

 private:
  const Tensors& parameters_;
  Tensors before_;
};

class NetLandscape final : public Landscape {
 public:
  NetLandscape(const Net& net, const Dataset& data, std::int64_t examples)
      : net_(net),
        data_(data),
        examples_{data.train.inputs.slice(0, 0, examples), data.train.targets.slice(0, 0, examples)} {
    for (const auto& [name, parameter] : net.parameters()) {
      names_.push_back(name);
      parameters_.push_back(parameter);
      size_ += parameter.numel();
    }
  }

  [[nodiscard]] std::size_t size() const override { return static_cast<std::size_t>(size_); }

  [[nodiscard]] std::vector<double> point() const override {
    std::vector<double> x(size());
    add(parameters_, x);
    return x;
  }

  double loss(std::span<const double> x) override {
    const at::NoGradGuard no_grad;
    const MovedTo there(parameters_, tensors(x));
    double sum = 0;
    in_chunks([&](const Examples& chunk) { sum += sum_of_losses(chunk).item<double>(); });
    return sum / targets();
  }

  void gradient(std::span<const double> x, std::span<double> g) override {
    check(g);
    const MovedTo there(parameters_, tensors(x));
    std::ranges::fill(g, 0);
    in_chunks([&](const Examples& chunk) { add(gradients(sum_of_losses(chunk), false), g); });
    for (double& number : g) number /= targets();
  }

  void hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> hv) override {
    check(hv);
    for (const std::string& name : net_.with_gradients_of_rows())
      throw no_hessian(fmt::format("the gradient of {} is of rows", name));
    const MovedTo there(parameters_, tensors(x));
    const Tensors direction = tensors(v);
    std::ranges::fill(hv, 0);
    in_chunks([&](const Examples& chunk) { add(hessian_times(chunk, direction), hv); });
    for (double& number : hv) number /= targets();
  }

 private:
  [[nodiscard]] double targets() const { return static_cast<double>(examples_.targets.numel()); }

  void check(std::span<const double> numbers) const {
    if (numbers.size() != size())
      throw Error(fmt::format("{} numbers for the {} of all parameters", numbers.size(), size()));
  }

  /// As the parameters are: their shapes, in float32.
  [[nodiscard]] Tensors tensors(std::span<const double> numbers) const {
    check(numbers);
    const at::Tensor all = at::from_blob(const_cast<double*>(numbers.data()), {size_}, at::kDouble);
    Tensors parts;
    std::int64_t from = 0;
    for (const at::Tensor& parameter : parameters_) {
      parts.push_back(all.slice(0, from, from + parameter.numel()).view(parameter.sizes()).to(at::kFloat));
      from += parameter.numel();
    }
    return parts;
  }

  /// Adds to each parameter's place in `sums`; an undefined tensor is of zeros.
  void add(const Tensors& parts, std::span<double> sums) const {
    const at::NoGradGuard no_grad;
    const at::Tensor all = at::from_blob(sums.data(), {size_}, at::kDouble);
    std::int64_t from = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::int64_t to = from + parameters_[i].numel();
      if (parts[i].defined()) all.slice(0, from, to).add_(parts[i].to_dense().flatten());
      from = to;
    }
  }

  template <class Use>
  void in_chunks(const Use& use) const {
    const std::int64_t n = examples_.size();
    const std::int64_t at_once = std::max<std::int64_t>(1, kTargetsAtOnce * n / examples_.targets.numel());
    for (std::int64_t from = 0; from < n; from += at_once) {
      const std::int64_t to = std::min(from + at_once, n);
      use({examples_.inputs.slice(0, from, to), examples_.targets.slice(0, from, to)});
    }
  }

  [[nodiscard]] at::Tensor sum_of_losses(const Examples& chunk) const {
    const at::Tensor scores = net_.scores_as_examined(data_.prepare(chunk.inputs)).flatten(0, -2);
    const at::Tensor targets = chunk.targets.flatten().to(at::kLong);
    return at::cross_entropy_loss(scores, targets, {}, at::Reduction::None).sum(at::kDouble);
  }

  [[nodiscard]] Tensors gradients(const at::Tensor& loss, bool with_graph) const {
    return torch::autograd::grad({loss}, parameters_, {}, c10::nullopt, with_graph, true);
  }

  [[nodiscard]] Tensors hessian_times(const Examples& chunk, const Tensors& direction) const {
    const at::Tensor loss = sum_of_losses(chunk);
    const Tensors all = gradients(loss, true);
    Tensors differentiable, along;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!all[i].defined()) continue;  // the loss does not depend on it
      if (!all[i].requires_grad())
        throw no_hessian(fmt::format("libtorch does not derive the gradient of {}", names_[i]));
      differentiable.push_back(all[i]);
      along.push_back(direction[i]);
    }
    try {
      return torch::autograd::grad(differentiable, parameters_, along, c10::nullopt, false, true);
    } catch (const c10::Error& error) {
      throw no_hessian(error.what_without_backtrace());
    } catch (const std::runtime_error& error) {  // of an operation that has no second derivative
      throw no_hessian(error.what());
    }
  }

  const Net& net_;
  const Dataset& data_;
  Examples examples_;
  std::vector<std::string> names_;
  Tensors parameters_;
  std::int64_t size_ = 0;
};

}  // namespace

std::unique_ptr<Landscape> make_net_landscape(const Net& net, const Dataset& data, std::int64_t examples) {
  if (examples < 1 || examples > data.train.size())
    throw Error(fmt::format("a loss over {} of {} training examples", examples, data.train.size()));
  return std::make_unique<NetLandscape>(net, data, examples);
}

}  // namespace gradus::lab
