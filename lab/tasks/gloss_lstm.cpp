#include <ATen/ATen.h>

#include "lab/tasks/kinds.hpp"
#include "lab/tasks/language_model.hpp"
#include "lab/tasks/nets.hpp"

namespace gradus::lab {
namespace {

/// Two layers of LSTM between an embedding and the same embedding as the output's weight (Press & Wolf, "Using the output
/// embedding to improve language models", 2017). Each window begins with a state of zeros. Embeddings are drawn from
/// +-0.1, the layers from +-1/sqrt(width), as Merity, Keskar & Socher, "Regularizing and optimizing LSTM language
/// models", 2018, do.
class Lstm final : public Net {
 public:
  static constexpr std::int64_t kWidth = 128, kLayers = 2;

  Lstm(std::int64_t tokens, at::Generator& random)
      : embedding_(
            add_parameter("embedding.weight", at::empty({tokens, kWidth}).uniform_(-0.1, 0.1, random))) {
    for (std::int64_t layer = 0; layer < kLayers; ++layer)
      for (const char* from : {"input", "state"}) {
        const Layer gates =
            add_layer("lstm" + std::to_string(layer + 1) + "." + from, {4 * kWidth, kWidth}, random);
        weights_.push_back(gates.weight);
        biases_.push_back(gates.bias);
      }
    bias_ = add_parameter("output.bias", at::zeros({tokens}));
  }

  [[nodiscard]] at::Tensor scores(const at::Tensor& tokens) const override {
    const at::Tensor zero = at::zeros({kLayers, tokens.size(0), kWidth});
    const at::Tensor outputs = std::get<0>(at::lstm(at::embedding(embedding_, tokens), {zero, zero}, cells(),
                                                    true, kLayers, 0, true, false, true));
    return at::linear(outputs, embedding_, bias_);
  }

 private:
  /// In at::lstm's order: for each layer both weights, then both biases.
  [[nodiscard]] std::vector<at::Tensor> cells() const {
    std::vector<at::Tensor> all;
    for (std::size_t i = 0; i < weights_.size(); i += 2)
      all.insert(all.end(), {weights_[i], weights_[i + 1], biases_[i], biases_[i + 1]});
    return all;
  }

  at::Tensor embedding_, bias_;
  std::vector<at::Tensor> weights_, biases_;
};

std::unique_ptr<const Task> load(const TaskSource& source) { return load_language_model(source, make_lstm); }

}  // namespace

NetMaker make_lstm(std::int64_t tokens) {
  return [tokens](at::Generator& random) { return std::make_unique<Lstm>(tokens, random); };
}

const TaskKind kGlossLstm{
    .name = "gloss-lstm",
    .title = "a language model: two layers of LSTM on definitions",
    .source = "WordNet (Debian's wordnet-base), or a file of yours with a text in each line",
    .size = "about 1.4 million tokens, 1,296,192 parameters",
    .minutes = "30; quick: 1",
    .metric = perplexity_metric(8000),
    .budget = {.count = 500},
    .quick = {.count = 12},
    .looks = 4,
    .batch = 16,
    .schedule = "cosine",
    .target = 300,
    .rules = "sgd,momentum,adam,adamw",
    .takes_model = true,
    .load = load};

}  // namespace gradus::lab
