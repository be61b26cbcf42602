#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gradus::lab {

/// A classifier: named parameters, and a function of them.
class Model {
 public:
  virtual ~Model() = default;

  /// Images [n, 1, rows, columns] -> the classes' scores [n, classes].
  [[nodiscard]] virtual at::Tensor scores(const at::Tensor& images) const = 0;

  [[nodiscard]] const std::vector<std::pair<std::string, at::Tensor>>& parameters() const {
    return parameters_;
  }
  [[nodiscard]] std::int64_t parameter_count() const;

 protected:
  /// Draws a weight and a bias uniformly from +-1/sqrt(fan in), as PyTorch's layers do.
  struct Layer {
    at::Tensor weight, bias;
  };
  Layer add_layer(const std::string& name, std::vector<std::int64_t> weight_shape, at::Generator& random);

 private:
  std::vector<std::pair<std::string, at::Tensor>> parameters_;
};

struct ImageSize {
  std::int64_t rows, columns;
};

/// "mlp", "cnn"
std::vector<std::string> model_names();

/// What it is made of, in one line.
std::string_view model_title(std::string_view name);

/// The initial parameters depend on the seed alone. Throws Error for an unknown name, which lists all, and
/// for images too small for the model.
std::unique_ptr<Model> make_model(std::string_view name, ImageSize images, std::uint64_t seed);

}  // namespace gradus::lab
