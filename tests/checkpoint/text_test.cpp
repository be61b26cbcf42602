#include "text.hpp"

#include <gtest/gtest.h>

namespace gradus::checkpoint {
namespace {

TEST(Shown, text_is_one_line_that_a_terminal_does_not_obey) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"plain 'text' ~", "plain 'text' ~"},
      {"größe 重み 🐍", "größe 重み 🐍"},
      {std::string("\0\x1F\x7F", 3), "\\x00\\x1f\\x7f"},
      {"\xC2\x85\xC2\x9F\xC2\xA0", "\\xc2\\x85\\xc2\\x9f\xC2\xA0"},                             // C1
      {"\u202E\u2066\u200F\u061C", "\\xe2\\x80\\xae\\xe2\\x81\\xa6\\xe2\\x80\\x8f\\xd8\\x9c"},  // direction
      {"\u2028\uFEFF", "\\xe2\\x80\\xa8\\xef\\xbb\\xbf"},
      {"\xC3(", "\\xc3("},                                    // cut short
      {"\xC0\xAF\xE0\x80\xAF", "\\xc0\\xaf\\xe0\\x80\\xaf"},  // longer than it must be
      {"\xED\xA0\x80", "\\xed\\xa0\\x80"},                    // half of a pair
      {"\xF4\x90\x80\x80\xF8", "\\xf4\\x90\\x80\\x80\\xf8"},  // beyond the last
      {std::string(1000, 'a'), std::string(1000, 'a')},
      {std::string(1001, 'a'), std::string(1000, 'a') + "…"}};
  for (const auto& [text, line] : rows) EXPECT_EQ(shown(text), line);
}

}  // namespace
}  // namespace gradus::checkpoint
