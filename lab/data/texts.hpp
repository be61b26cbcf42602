#pragma once

#include <cstdint>
#include <filesystem>

#include "lab/data/examples.hpp"

/// Texts as tensors. They are WordNet's, or the user's own, a text a line: a file, or a folder of files. Validation and test split
/// each have a fixed random share of the texts; the vocabulary is that of the rest. Throws Error when there is
/// too little of anything.
namespace gradus::lab {

struct LabelledTexts {
  Dataset data;
  std::int64_t vocabulary = 0;  ///< tokens are 1 to this
};

/// To be classified: inputs are the numbers of a text's first 64 tokens [n, 64], then zeros, as are tokens that are not
/// in the vocabulary, which has all of the training split. One text in twelve is held out for either split. Files of the
/// user's, *.tsv in a folder, have a label and a tab at the head of each line.
LabelledTexts load_labelled_texts(const std::filesystem::path& source);

/// To be continued: all texts of a split, one after the other, cut into windows of 32 tokens [n, 32]; each token's
/// target is the next one, and the classes are tokens. Class 0 is any that is not among the most frequent; a token of
/// its own ends each text. One text in two hundred is held out for either split. The user's files are *.txt in a folder.
Dataset load_windows(const std::filesystem::path& source);

}  // namespace gradus::lab
