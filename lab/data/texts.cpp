#include "lab/data/texts.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "gradus/core/error.hpp"
#include "lab/data/text.hpp"
#include "lab/data/wordnet.hpp"

namespace gradus::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSplitSeed = 1;  // part of what "validation split" means; it never changes
constexpr std::int64_t kLongestText = 64, kWindow = 32;
constexpr std::size_t kMostWords = 8000;     // of a language model, whose cost they are
constexpr std::size_t kMostLabels = 10'000;  // more are no classes
constexpr const char* kEnd = "\n";           // of a text: what no token is

struct Splits {
  std::vector<Text> train, validation, test;
};

std::string name_of(const fs::path& source) {
  return fmt::format("{} ({})", is_wordnet(source) ? "WordNet's definitions" : "texts", source.string());
}

/// In the order of their names. Throws Error if there are none.
std::vector<fs::path> files_in(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == extension) files.push_back(entry.path());
  if (files.empty())
    throw Error(fmt::format("{} has neither WordNet's data.noun, .verb, .adj and .adv, nor a file *{}",
                            folder.string(), extension));
  std::ranges::sort(files);
  return files;
}

/// How the user's own texts are kept.
struct Form {
  std::string extension;  ///< of files in a folder
  std::vector<Text> (*read)(const fs::path& file);
};

std::vector<Text> read(const fs::path& source, const Form& form) {
  if (is_wordnet(source)) return read_wordnet(source);
  std::error_code error;
  if (!fs::is_directory(source, error)) return form.read(source);
  std::vector<Text> texts;
  for (const fs::path& file : files_in(source, form.extension))
    std::ranges::move(form.read(file), std::back_inserter(texts));
  return texts;
}

/// Throws Error if there is not a text for each split.
Splits split(std::vector<Text> texts, std::size_t hold_out_one_in, const fs::path& source) {
  const std::size_t held_out = texts.size() / hold_out_one_in;
  if (held_out == 0)
    throw Error(fmt::format(
        "{}: {} texts are too few; one in {} is held out for validation, and as many to test with",
        source.string(), texts.size(), hold_out_one_in));
  const at::Tensor order = at::randperm(static_cast<std::int64_t>(texts.size()),
                                        at::detail::createCPUGenerator(kSplitSeed), at::kLong);
  const auto* at = order.data_ptr<std::int64_t>();
  Splits parts;
  for (std::size_t i = 0; i < texts.size(); ++i)
    (i < held_out       ? parts.validation
     : i < 2 * held_out ? parts.test
                        : parts.train)
        .push_back(std::move(texts[static_cast<std::size_t>(at[i])]));
  return parts;
}

std::unordered_map<std::string, std::int64_t> count_tokens(const std::vector<Text>& texts) {
  std::unordered_map<std::string, std::int64_t> counts;
  for (const Text& text : texts)
    for (std::string& token : tokens_of(text.words)) ++counts[std::move(token)];
  return counts;
}

using Labels = std::map<std::string, std::int16_t>;

/// Classes have the order of their names.
Labels number_labels(const std::vector<Text>& texts, const fs::path& source) {
  Labels labels;
  for (const Text& text : texts) labels[text.label] = 0;
  if (labels.size() < 2 || labels.size() > kMostLabels)
    throw Error(fmt::format("{}: there are 2 to {} labels to tell apart, and not {}", source.string(),
                            kMostLabels, labels.size()));
  std::int16_t number = 0;
  for (auto& [name, label] : labels) label = number++;
  return labels;
}

Examples labelled(const std::vector<Text>& texts, const Vocabulary& vocabulary, const Labels& labels) {
  const auto n = static_cast<std::int64_t>(texts.size());
  Examples examples{at::zeros({n, kLongestText}, at::kInt), at::empty({n}, at::kShort)};
  auto* row = examples.inputs.data_ptr<std::int32_t>();
  auto* target = examples.targets.data_ptr<std::int16_t>();
  for (const Text& text : texts) {
    std::vector<std::string> tokens = tokens_of(text.words);
    tokens.resize(std::min<std::size_t>(tokens.size(), kLongestText));
    std::ranges::transform(tokens, row, [&](const std::string& token) { return vocabulary.number(token); });
    row += kLongestText;
    *target++ = labels.at(text.label);
  }
  return examples;
}

Examples windows(const std::vector<Text>& texts, const Vocabulary& vocabulary, const fs::path& source) {
  std::vector<std::int32_t> stream;
  for (const Text& text : texts) {
    for (const std::string& token : tokens_of(text.words)) stream.push_back(vocabulary.number(token));
    stream.push_back(vocabulary.number(kEnd));
  }
  const std::int64_t n = (static_cast<std::int64_t>(stream.size()) - 1) / kWindow;
  if (n < 1)
    throw Error(fmt::format("{}: {} tokens in {} held-out texts do not fill a window of {}", source.string(),
                            stream.size(), texts.size(), kWindow));
  const auto cut = [&](std::int32_t* from) { return at::from_blob(from, {n, kWindow}, at::kInt).clone(); };
  return {cut(stream.data()), cut(stream.data() + 1)};
}

at::Tensor as_indices(const at::Tensor& inputs) { return inputs.to(at::kLong); }

}  // namespace

LabelledTexts load_labelled_texts(const fs::path& source) {
  std::vector<Text> texts = read(source, {".tsv", read_labelled});
  const Labels labels = number_labels(texts, source);
  const Splits parts = split(std::move(texts), 12, source);
  const Vocabulary vocabulary(count_tokens(parts.train), std::size_t{1} << 30);
  if (vocabulary.size() == 0) throw Error(source.string() + ": there is no word in any text");
  return {.data = {.name = name_of(source),
                   .train = labelled(parts.train, vocabulary, labels),
                   .validation = labelled(parts.validation, vocabulary, labels),
                   .test = labelled(parts.test, vocabulary, labels),
                   .classes = static_cast<std::int64_t>(labels.size()),
                   .prepare = as_indices},
          .vocabulary = vocabulary.size()};
}

Dataset load_windows(const fs::path& source) {
  const Splits parts = split(read(source, {".txt", read_plain}), 200, source);
  std::unordered_map<std::string, std::int64_t> counts = count_tokens(parts.train);
  counts[kEnd] = static_cast<std::int64_t>(parts.train.size());
  const Vocabulary vocabulary(counts, kMostWords - 1);
  return {.name = name_of(source),
          .train = windows(parts.train, vocabulary, source),
          .validation = windows(parts.validation, vocabulary, source),
          .test = windows(parts.test, vocabulary, source),
          .classes = vocabulary.size() + 1,
          .prepare = as_indices};
}

}  // namespace gradus::lab
