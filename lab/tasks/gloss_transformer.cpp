#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "lab/tasks/kinds.hpp"
#include "lab/tasks/language_model.hpp"
#include "lab/tasks/nets.hpp"

namespace gradus::lab {
namespace {

/// GPT-2 in small (Radford et al., "Language models are unsupervised multitask learners", 2019, section 2.3): learned
/// positions, layers of causal attention and of GELU, each normed at its entry and added to what it reads, a last norm,
/// and the embedding again as the output's weight. Weights are drawn from a normal distribution of deviation 0.02, those
/// that end a branch divided by sqrt(number of branches); biases begin at 0.
class Transformer final : public Net {
 public:
  static constexpr std::int64_t kWidth = 128, kHeads = 4, kLayers = 3, kPositions = 32;
  static constexpr double kDeviation = 0.02;

  Transformer(std::int64_t tokens, at::Generator& random)
      : embedding_(add_normal("embedding.weight", {tokens, kWidth}, kDeviation, random)),
        positions_(add_normal("positions.weight", {kPositions, kWidth}, kDeviation, random)) {
    for (std::int64_t i = 1; i <= kLayers; ++i)
      blocks_.push_back(add_block(fmt::format("block{}", i), random));
    norm_ = add_norm("norm");
  }

  [[nodiscard]] at::Tensor scores(const at::Tensor& tokens) const override {
    at::Tensor x = at::embedding(embedding_, tokens) + positions_.slice(0, 0, tokens.size(1));
    for (const Block& block : blocks_) {
      x = x + attention(block, normed(block.norm1, x));
      x = x + applied(block.narrow, at::gelu(applied(block.widen, normed(block.norm2, x))));
    }
    return at::linear(normed(norm_, x), embedding_);
  }

 private:
  struct Block {
    Layer norm1, qkv, merge, norm2, widen, narrow;
  };

  Block add_block(const std::string& name, at::Generator& random) {
    const double last = kDeviation / std::sqrt(2.0 * kLayers);
    Block block;
    block.norm1 = add_norm(name + ".norm1");
    block.qkv = add_linear(name + ".qkv", 3 * kWidth, kWidth, kDeviation, random);
    block.merge = add_linear(name + ".merge", kWidth, kWidth, last, random);
    block.norm2 = add_norm(name + ".norm2");
    block.widen = add_linear(name + ".widen", 4 * kWidth, kWidth, kDeviation, random);
    block.narrow = add_linear(name + ".narrow", kWidth, 4 * kWidth, last, random);
    return block;
  }

  at::Tensor add_normal(const std::string& name, std::vector<std::int64_t> shape, double deviation,
                        at::Generator& random) {
    return add_parameter(name, at::empty(shape).normal_(0, deviation, random));
  }

  Layer add_linear(const std::string& name, std::int64_t outputs, std::int64_t inputs, double deviation,
                   at::Generator& random) {
    const at::Tensor weight = add_normal(name + ".weight", {outputs, inputs}, deviation, random);
    return {weight, add_parameter(name + ".bias", at::zeros({outputs}))};
  }

  Layer add_norm(const std::string& name) {
    const at::Tensor weight = add_parameter(name + ".weight", at::ones({kWidth}));
    return {weight, add_parameter(name + ".bias", at::zeros({kWidth}))};
  }

  static at::Tensor normed(const Layer& norm, const at::Tensor& x) {
    return at::layer_norm(x, {kWidth}, norm.weight, norm.bias);
  }

  static at::Tensor applied(const Layer& layer, const at::Tensor& x) {
    return at::linear(x, layer.weight, layer.bias);
  }

  /// Vaswani et al., "Attention is all you need", 2017, equation 1, for each head; no token looks ahead.
  static at::Tensor attention(const Block& block, const at::Tensor& x) {
    constexpr std::int64_t kOfHead = kWidth / kHeads;
    const std::int64_t n = x.size(0), length = x.size(1);
    const at::Tensor qkv =
        applied(block.qkv, x).view({n, length, 3, kHeads, kOfHead}).permute({2, 0, 3, 1, 4});
    const at::Tensor q = qkv[0] / std::sqrt(static_cast<double>(kOfHead)), k = qkv[1], v = qkv[2];
    const at::Tensor ahead = at::full({length, length}, -std::numeric_limits<float>::infinity()).triu_(1);
    const at::Tensor heads = (q.matmul(k.transpose(-2, -1)) + ahead).softmax(-1).matmul(v);
    return applied(block.merge, heads.transpose(1, 2).reshape({n, length, kWidth}));
  }

  at::Tensor embedding_, positions_;
  std::vector<Block> blocks_;
  Layer norm_;
};

std::unique_ptr<const Task> load(const TaskSource& source) {
  return load_language_model(source, make_transformer);
}

}  // namespace

NetMaker make_transformer(std::int64_t tokens) {
  return [tokens](at::Generator& random) { return std::make_unique<Transformer>(tokens, random); };
}

const TaskKind kGlossTransformer{
    .name = "gloss-transformer",
    .title = "a language model: a Transformer of three layers on definitions",
    .source = "WordNet (Debian's wordnet-base), or a file of yours with a text in each line",
    .size = "about 1.4 million tokens, 1,623,168 parameters",
    .minutes = "30; quick: 1",
    .metric = perplexity_metric(8000),
    .budget = {.count = 500},
    .quick = {.count = 12},
    .looks = 4,
    .batch = 16,
    .schedule = "warmup-cosine",
    .target = 300,
    .rules = "sgd,momentum,adam,adamw",
    .takes_model = true,
    .load = load};

}  // namespace gradus::lab
