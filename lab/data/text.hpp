#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Texts as files hold them, and as numbers. Every function that reads throws Error, naming the file, what was found and
/// what was expected.
namespace gradus::lab {

struct Text {
  std::string label;  ///< of its class; empty where there is none
  std::string words;
};

/// Hands over the lines of a file that have more than blanks, with their numbers from 1, without what ends them, nor the
/// byte order mark that may begin the first. Throws Error for what is no regular file of at most 256 MiB,
/// or holds a zero byte: it is no text then.
void each_line(const std::filesystem::path& file,
               const std::function<void(std::size_t number, std::string_view line)>& take);

/// `label TAB text` in each line; blanks around a label are no part of it.
std::vector<Text> read_labelled(const std::filesystem::path& file);
/// A text in each line.
std::vector<Text> read_plain(const std::filesystem::path& file);

/// Words, which are runs of letters, digits and bytes beyond ASCII, in lower case as far as ASCII goes; and
/// each mark of punctuation by itself.
std::vector<std::string> tokens_of(std::string_view text);

/// Tokens by number: 1 is the most frequent; those that are as frequent have the order of their names.
class Vocabulary {
 public:
  /// Of the `most` most frequent tokens, however they are counted.
  Vocabulary(const std::unordered_map<std::string, std::int64_t>& counts, std::size_t most);

  /// 0 for a token that it has not.
  [[nodiscard]] std::int32_t number(const std::string& token) const;
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(numbers_.size()); }

 private:
  std::unordered_map<std::string, std::int32_t> numbers_;
};

}  // namespace gradus::lab
