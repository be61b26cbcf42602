// A file of texts: a user's own, with labels or without, and WordNet's.

#include <algorithm>
#include <string>
#include <unordered_map>

#include "fuzz.hpp"
#include "lab/data/wordnet.hpp"
#include "memory_file.hpp"
#include "support/files.hpp"

namespace gradus::fuzz {

namespace {

using lab::Text;
namespace fs = std::filesystem;

/// The input is one of WordNet's files; the others are empty.
class Folder {
 public:
  explicit Folder(const fs::path& input) {
    for (const char* name : {"data.verb", "data.adj", "data.adv"})
      test::write_plain(folder_.path() / name, "");
    fs::create_symlink(input, folder_.path() / "data.noun");
  }
  [[nodiscard]] const fs::path& path() const { return folder_.path(); }

 private:
  test::TemporaryFolder folder_;
};

bool same(const std::vector<Text>& a, const std::vector<Text>& b) {
  return std::ranges::equal(a, b, [](const Text& one, const Text& other) {
    return one.label == other.label && one.words == other.words;
  });
}

/// What was read, written anew. A text may begin with a byte order mark of its own, and end in a return.
std::string file_of(const std::vector<Text>& texts) {
  std::string file = "\xEF\xBB\xBF";
  for (const Text& text : texts) file += text.label + (text.label.empty() ? "" : "\t") + text.words + "\r\n";
  return file;
}

template <class Read>
void check_reading(std::string_view input, const MemoryFile& file, Read read) {
  file.write(input);
  const auto texts = accepted([&] { return read(file.path()); });
  if (!texts) return;
  file.write(file_of(*texts));
  expect(same(read(file.path()), *texts), "the same texts");
}

void check_tokens(std::string_view input) {
  const std::vector<std::string> tokens = lab::tokens_of(input);
  std::string text;
  std::unordered_map<std::string, std::int64_t> counts;
  for (const std::string& token : tokens) {
    text += token + " ";
    ++counts[token];
  }
  expect(lab::tokens_of(text) == tokens, "the same tokens");
  const lab::Vocabulary half(counts, counts.size() / 2);
  expect(half.size() == static_cast<std::int64_t>(counts.size() / 2), "a vocabulary of half of them");
  for (const std::string& token : tokens)
    expect(half.number(token) >= 0 && half.number(token) <= half.size(), "a token of the vocabulary");
}

void check_wordnet(const Folder& folder) {
  const auto texts = accepted([&] { return lab::read_wordnet(folder.path()); });
  if (!texts) return;
  for (const Text& text : *texts) {
    expect(text.label.size() == 2, "the number of a lexicographer file");
    expect(!text.words.empty() && text.words.find('"') == std::string::npos, "a definition without examples");
  }
}

}  // namespace

void look_at(std::string_view input) {
  static const MemoryFile file;
  static const Folder folder(file.path());
  file.write(input);
  check_wordnet(folder);
  check_reading(input, file, lab::read_plain);
  check_reading(input, file, lab::read_labelled);
  check_tokens(input);
}

}  // namespace gradus::fuzz
