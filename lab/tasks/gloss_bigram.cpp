#include <ATen/ATen.h>

#include "lab/tasks/kinds.hpp"
#include "lab/tasks/language_model.hpp"
#include "lab/tasks/nets.hpp"

namespace gradus::lab {
namespace {

/// The next token by the last one alone: an embedding and a linear layer, whose product is a table of logarithms of
/// bigrams' frequencies, of rank 64. The simplest model whose classes are words, few of them frequent and most rare
/// (Kunstner et al., "Heavy-tailed class imbalance and why Adam outperforms gradient descent on language models",
/// NeurIPS 2024). Embeddings are drawn from +-0.1, the layer from +-1/sqrt(width).
class Bigram final : public Net {
 public:
  static constexpr std::int64_t kWidth = 64;

  Bigram(std::int64_t tokens, at::Generator& random)
      : embedding_(
            add_parameter("embedding.weight", at::empty({tokens, kWidth}).uniform_(-0.1, 0.1, random))),
        output_(add_layer("output", {tokens, kWidth}, random)) {}

  [[nodiscard]] at::Tensor scores(const at::Tensor& tokens) const override {
    return at::linear(at::embedding(embedding_, tokens), output_.weight, output_.bias);
  }

 private:
  at::Tensor embedding_;
  Layer output_;
};

std::unique_ptr<const Task> load(const TaskSource& source) {
  return load_language_model(source, make_bigram);
}

}  // namespace

NetMaker make_bigram(std::int64_t tokens) {
  return [tokens](at::Generator& random) { return std::make_unique<Bigram>(tokens, random); };
}

const TaskKind kGlossBigram{
    .name = "gloss-bigram",
    .title = "a language model that sees one word: an embedding and a linear layer, on definitions",
    .source = "WordNet (Debian's wordnet-base), or a file of yours with a text in each line",
    .size = "about 1.4 million tokens, 1,032,000 parameters",
    .minutes = "10; quick: half a minute",
    .metric = perplexity_metric(8000),
    .budget = {.count = 500},
    .quick = {.count = 12},
    .looks = 4,
    .batch = 16,
    .schedule = "cosine",
    .target = 400,
    .rules = "sgd,momentum,adam,adamw",
    .takes_model = true,
    .load = load};

}  // namespace gradus::lab
