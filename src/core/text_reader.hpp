#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "gradus/core/error.hpp"

namespace gradus {

/// Throws Error, which tells what it should name, unless it is of letters, digits and underscores, with a letter
/// first.
void check_name(std::string_view name, std::string_view of);

/// Throws Error, which tells the place, unless the text is one that a TextReader takes: of 16,384 printable
/// characters of ASCII or fewer, with parentheses at most 64 deep.
void check_bounds(std::string_view text);

/// Reads a text word by word. Words are what spaces and separators stand between; spaces mean nothing else.
/// An Error quotes the text (what is about the place, where it is long) and counts characters from 1.
class TextReader {
 public:
  /// Throws Error as check_bounds() does.
  explicit TextReader(std::string_view text);

  /// Goes past the next word. Throws Error, which says what was expected, if there is none.
  std::string_view word(std::string_view expected);
  double number(std::string_view word) const;
  std::int64_t whole_number(std::string_view word) const;

  /// Goes past the separator if it is next.
  bool take(std::string_view separator);
  /// Throws Error if another thing is next.
  void expect(std::string_view separator);
  void expect_end();

  /// "name=value,name=value": calls read(name) at each value. Throws Error for a name that was there before.
  void fields(const std::function<void(std::string_view name)>& read);

  /// Calls f, and says of an Error that it throws where in the text it came from.
  template <class F>
  decltype(auto) at(std::string_view word, F f) const {
    try {
      return f();
    } catch (const Error& error) {
      fail(word, error.what());
    }
  }
  [[noreturn]] void fail(std::string_view word, const std::string& message) const;

 private:
  void skip_spaces();
  [[noreturn]] void fail_here(std::string_view expected);

  std::string_view text_;
  std::size_t next_ = 0;
};

}  // namespace gradus
