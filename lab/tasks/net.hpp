#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lab/data/examples.hpp"
#include "lab/tasks/task.hpp"

/// What tasks that train a net with libtorch have in common: examples go in, each
/// gets a score for every class, and the loss is the cross-entropy.
namespace gradus::lab {

/// Named parameters, and a function of them.
class Net {
 public:
  virtual ~Net() = default;

  /// Inputs [n, …] -> scores of the classes [n, classes], or [n, length, classes] for sequences.
  [[nodiscard]] virtual at::Tensor scores(const at::Tensor& inputs) const = 0;

  /// The same as where the net is examined, also if gradients are computed: what it draws or counts only while it is
  /// trained (dropout, batch normalization) is left out.
  [[nodiscard]] virtual at::Tensor scores_as_examined(const at::Tensor& inputs) const {
    return scores(inputs);
  }

  /// Of a loss of these scores, by the parameters.
  virtual void compute_gradients(const at::Tensor& loss) const { loss.backward(); }

  /// Parameters whose gradients are sparse, of some rows: not every rule takes them.
  [[nodiscard]] virtual std::vector<std::string> with_gradients_of_rows() const { return {}; }

  [[nodiscard]] const std::vector<std::pair<std::string, at::Tensor>>& parameters() const {
    return parameters_;
  }

 protected:
  /// Draws a weight and a bias uniformly from +-1/sqrt(fan in), as PyTorch's layers do.
  struct Layer {
    at::Tensor weight, bias;
  };
  Layer add_layer(const std::string& name, std::vector<std::int64_t> weight_shape, at::Generator& random);
  /// Another parameter, as it is.
  at::Tensor add_parameter(const std::string& name, at::Tensor initial);

 private:
  std::vector<std::pair<std::string, at::Tensor>> parameters_;
};

/// A net with its initial parameters.
using NetMaker = std::function<std::unique_ptr<Net>(at::Generator& random)>;
/// The metric, from the mean loss and the fraction of targets that had the highest score.
using NetMetric = double (*)(double loss, double accuracy);

inline double accuracy(double /*loss*/, double accuracy) { return accuracy; }
double perplexity(double loss, double accuracy);

/// With the user's model in the place of the task's own, if a file is named (lab/tasks/script_net.hpp).
std::unique_ptr<const Task> make_net_task(Dataset data, NetMaker own, NetMetric metric,
                                          const std::filesystem::path& model = {});

}  // namespace gradus::lab
