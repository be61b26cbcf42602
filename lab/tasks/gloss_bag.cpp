#include <ATen/ATen.h>

#include "lab/data/texts.hpp"
#include "lab/data/wordnet.hpp"
#include "lab/tasks/kinds.hpp"
#include "lab/tasks/nets.hpp"

namespace gradus::lab {
namespace {

constexpr int kLexicographerFiles = 45;

/// fastText's classifier (Joulin et al., "Bag of tricks for efficient text classification", 2016, section 2): the mean of
/// the words' embeddings, and a linear layer. Embeddings are drawn as theirs, from +-1/dimension.
class Bag final : public Net {
 public:
  static constexpr std::int64_t kDimension = 64;

  Bag(std::int64_t vocabulary, std::int64_t classes, Gradients of_embedding, at::Generator& random)
      : of_rows_(of_embedding == Gradients::of_rows),
        embedding_(add_parameter(
            kEmbedding,
            at::empty({vocabulary, kDimension}).uniform_(-1.0 / kDimension, 1.0 / kDimension, random))),
        output_(add_layer("output", {classes, kDimension}, random)) {}

  [[nodiscard]] at::Tensor scores(const at::Tensor& tokens) const override {
    constexpr std::int64_t kMean = 1;
    const at::Tensor there = tokens.gt(0), count = there.sum(1);
    const at::Tensor mean = std::get<0>(at::embedding_bag(embedding_, tokens.masked_select(there) - 1,
                                                          count.cumsum(0) - count, false, kMean, of_rows_));
    return at::linear(mean, output_.weight, output_.bias);
  }

  [[nodiscard]] std::vector<std::string> with_gradients_of_rows() const override {
    return of_rows_ ? std::vector<std::string>{kEmbedding} : std::vector<std::string>{};
  }

 private:
  static constexpr const char* kEmbedding = "embedding.weight";

  bool of_rows_;
  at::Tensor embedding_;
  Layer output_;
};

template <Gradients of_embedding>
std::unique_ptr<const Task> load(const TaskSource& source) {
  LabelledTexts text = load_labelled_texts(source.data.empty() ? kWordNet : source.data);
  const NetMaker own = make_bag(text.vocabulary, text.data.classes, of_embedding);
  return make_net_task(std::move(text.data), own, accuracy, source.model);
}

TaskKind kind(const char* name, const char* title, const char* minutes, Budget quick, const char* rules,
              std::unique_ptr<const Task> (*load)(const TaskSource&)) {
  return {
      .name = name,
      .title = title,
      .source =
          "WordNet (Debian's wordnet-base), or a file of yours with a label, a tab and a text in each line",
      .size = "98,051 texts, 2,648,621 parameters",
      .minutes = minutes,
      .metric = accuracy_metric(kLexicographerFiles),
      .budget = {.count = 5, .in_epochs = true},
      .quick = quick,
      .looks = 2,
      .batch = 128,
      .schedule = "cosine",
      .target = 0.72,
      .rules = rules,
      .takes_model = true,
      .load = load};
}

}  // namespace

NetMaker make_bag(std::int64_t vocabulary, std::int64_t classes, Gradients of_embedding) {
  return
      [=](at::Generator& random) { return std::make_unique<Bag>(vocabulary, classes, of_embedding, random); };
}

const TaskKind kGlossBag = kind(
    "gloss-bag", "the mean of word embeddings, with gradients of rows, on definitions", "2; quick: a quarter",
    {1, true}, "sgd,adagrad,rowwise_adagrad,rmsprop,adam", load<Gradients::of_rows>);
const TaskKind kGlossBagDense =
    kind("gloss-bag-dense", "gloss-bag with dense gradients, which every rule takes", "20; quick: 1",
         {250, false}, kUsualRules, load<Gradients::dense>);

}  // namespace gradus::lab
