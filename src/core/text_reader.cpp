#include "core/text_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "gradus/core/number_text.hpp"

namespace gradus {

namespace {

constexpr std::size_t kLongest = 16'384, kLongestWord = 400, kDeepest = 64;
constexpr std::size_t kQuoted = 40;  // characters on both sides of the place
constexpr std::string_view kSeparators = " ,:=()>";

bool is_printable(char c) { return c >= ' ' && c <= '~'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// What is about the place, with dots for what is left out and for what cannot be printed.
std::string quoted(std::string_view text, std::size_t place) {
  const std::size_t begin = place > kQuoted ? place - kQuoted : 0;
  std::string part(text.substr(begin, place - begin + kQuoted));
  std::replace_if(
      part.begin(), part.end(), [](char c) { return !is_printable(c); }, '.');
  return "'" + std::string(begin > 0 ? "..." : "") + part + (begin + part.size() < text.size() ? "..." : "") +
         "'";
}

[[noreturn]] void throw_at(std::string_view text, std::size_t place, const std::string& message) {
  throw Error(quoted(text, place) + ", at " + std::to_string(place + 1) + ": " + message);
}

}  // namespace

void check_name(std::string_view name, std::string_view of) {
  const auto fits = [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  if (name.empty() || !is_letter(name.front()) || !std::all_of(name.begin(), name.end(), fits))
    throw Error("'" + std::string(name) + "' is no name of " + std::string(of) +
                " that a text can have: letters, digits and underscores, with a letter first");
}

void check_bounds(std::string_view text) {
  if (text.size() > kLongest)
    throw_at(text, kLongest, "the text is longer than " + std::to_string(kLongest) + " characters");
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_printable(text[i])) throw_at(text, i, "this is no printable character of ASCII");
    if (text[i] == '(' && ++depth > kDeepest)
      throw_at(text, i, "parentheses are more than " + std::to_string(kDeepest) + " deep");
    if (text[i] == ')' && depth-- == 0) throw_at(text, i, "this parenthesis closes none");
  }
}

TextReader::TextReader(std::string_view text) : text_(text) { check_bounds(text); }

std::string_view TextReader::word(std::string_view expected) {
  skip_spaces();
  const std::size_t begin = next_;
  next_ = std::min(text_.find_first_of(kSeparators, begin), text_.size());
  if (next_ == begin) fail_here(expected);
  if (next_ - begin > kLongestWord)
    throw_at(text_, begin, "a word is longer than " + std::to_string(kLongestWord) + " characters");
  return text_.substr(begin, next_ - begin);
}

double TextReader::number(std::string_view word) const {
  return at(word, [&] {
    const double value = parse_number(word, "a number is expected");
    if (std::isnan(value)) throw Error("a number is expected: '" + std::string(word) + "' is none");
    return value;
  });
}

std::int64_t TextReader::whole_number(std::string_view word) const {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size())
    fail(word, "a whole number is expected: '" + std::string(word) + "' is none, or is beyond 64 bits");
  return value;
}

bool TextReader::take(std::string_view separator) {
  skip_spaces();
  if (!text_.substr(next_).starts_with(separator)) return false;
  next_ += separator.size();
  return true;
}

void TextReader::expect(std::string_view separator) {
  if (!take(separator)) fail_here("'" + std::string(separator) + "'");
}

void TextReader::expect_end() {
  skip_spaces();
  if (next_ < text_.size()) fail_here("the end");
}

void TextReader::fields(const std::function<void(std::string_view name)>& read) {
  std::vector<std::string_view> names;
  do {
    const std::string_view name = word("the name of a field");
    if (std::find(names.begin(), names.end(), name) != names.end())
      fail(name, std::string(name) + " is given twice");
    names.push_back(name);
    expect("=");
    read(name);
  } while (take(","));
}

void TextReader::fail(std::string_view word, const std::string& message) const {
  throw_at(text_, static_cast<std::size_t>(word.data() - text_.data()), message);
}

void TextReader::skip_spaces() { next_ = std::min(text_.find_first_not_of(' ', next_), text_.size()); }

void TextReader::fail_here(std::string_view expected) {
  const std::string found = next_ < text_.size() ? "'" + std::string(1, text_[next_]) + "'" : "the end";
  throw_at(text_, next_, "expected " + std::string(expected) + ", found " + found);
}

}  // namespace gradus
