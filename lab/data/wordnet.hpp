#pragma once

#include <filesystem>
#include <vector>

#include "lab/data/text.hpp"

namespace gradus::lab {

/// Where Debian's package wordnet-base puts its files.
inline constexpr const char* kWordNet = "/usr/share/wordnet";

/// Whether it is that folder, or another that has a file data.noun.
bool is_wordnet(const std::filesystem::path& source);

/// WordNet's definitions of 117,000 concepts, each labelled with the number of its lexicographer file: what it is about
/// ("05": animals, "38": verbs of motion). Reads data.noun, data.verb, data.adj and data.adv, whose lines wndb(5WN)
/// describes, past the licence at their heads. Of a gloss the definition is kept, that is what stands before the first
/// example in quotes; glosses without one are passed by. Throws Error when a file is missing or is not what it should
/// be.
std::vector<Text> read_wordnet(const std::filesystem::path& folder);

}  // namespace gradus::lab
