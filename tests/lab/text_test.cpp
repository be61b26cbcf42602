#include "lab/data/text.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "lab/data/texts.hpp"
#include "lab/data/wordnet.hpp"
#include "support/idx_files.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using gradus::test::contains;
using gradus::test::message_of;
using gradus::test::TemporaryFolder;
using gradus::test::write_plain;
using Strings = std::vector<std::string>;

TEST(Text, tokens_are_words_in_lower_case_and_marks) {
  EXPECT_EQ(tokens_of("A.D. 0,  \"x-ray\"\tCaf\xc3\xa9"),
            (Strings{"a", ".", "d", ".", "0", ",", "\"", "x", "-", "ray", "\"", "caf\xc3\xa9"}));
  EXPECT_EQ(tokens_of(" \t "), Strings{});
  EXPECT_EQ(tokens_of(""), Strings{});
}

TEST(Text, tokens_are_numbered_by_how_frequent_they_are_and_then_by_name) {
  const Vocabulary vocabulary({{"b", 2}, {"a", 2}, {"c", 3}, {"d", 1}}, 3);
  EXPECT_EQ(vocabulary.size(), 3);
  EXPECT_EQ(vocabulary.number("c"), 1);
  EXPECT_EQ(vocabulary.number("a"), 2);
  EXPECT_EQ(vocabulary.number("b"), 3);
  EXPECT_EQ(vocabulary.number("d"), 0);
}

TEST(Text, lines_end_with_or_without_carriage_returns_and_the_last_need_not) {
  const TemporaryFolder folder;
  write_plain(folder.path() / "t",
              "\xEF\xBB\xBF"
              " a \tone\r\n\n  \nb\ttwo\tmore");
  const std::vector<Text> texts = read_labelled(folder.path() / "t");
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[0].label + "=" + texts[0].words, "a=one");
  EXPECT_EQ(texts[1].label + "=" + texts[1].words, "b=two\tmore");
}

TEST(Text, what_is_no_text_is_refused) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "t";
  const auto complaint = [&] { return message_of([&] { read_labelled(file); }); };
  EXPECT_TRUE(contains(complaint(), "t: cannot be opened: No such file"));
  write_plain(file, std::string("a\tb\n\0", 5));
  EXPECT_TRUE(contains(complaint(), "t: is no text: byte 4 is zero"));
  write_plain(file, "a\tb\nwithout");
  EXPECT_TRUE(contains(complaint(), "t: line 2 has no label; a line is a label, a tab and a text"));
  write_plain(file, "\tb\n");
  EXPECT_TRUE(contains(complaint(), "line 1 has no label"));
  EXPECT_TRUE(contains(message_of([&] { read_plain(folder.path()); }), "is a folder, not a file"));
  ASSERT_EQ(mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(contains(message_of([&] { read_plain(folder.path() / "pipe"); }), "is not a regular file"));
  write_plain(folder.path() / "large", "");
  std::filesystem::resize_file(folder.path() / "large",
                               std::uintmax_t{1} << 40);  // of zeros that no disk holds
  EXPECT_TRUE(contains(message_of([&] { read_plain(folder.path() / "large"); }), "larger than the 256 MiB"));
}

constexpr const char* kNouns =
    "  1 This software\n"
    "00001740 03 n 01 entity 0 003 ~ 00001930 n 0000 | that which exists; \"a | b\"\n"
    "00001930 05 n 01 thing 0 000 | \"only an example\"\n"
    "00001940 05 n 01 thing 0 000 | an animal (or `none'); \n";

void write_wordnet(const std::filesystem::path& folder) {
  write_plain(folder / "data.noun", kNouns);
  for (const char* name : {"data.verb", "data.adj", "data.adv"}) write_plain(folder / name, "");
}

TEST(WordNet, has_a_definition_and_the_number_of_its_file_in_each_line_past_the_licence) {
  const TemporaryFolder folder;
  write_wordnet(folder.path());
  const std::vector<Text> texts = read_wordnet(folder.path());
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[0].label + "=" + texts[0].words, "03=that which exists");
  EXPECT_EQ(texts[1].label + "=" + texts[1].words, "05=an animal (or `none')");
}

TEST(WordNet, what_is_missing_or_not_its_own_is_named) {
  const TemporaryFolder folder;
  const auto complaint = [&] { return message_of([&] { read_wordnet(folder.path()); }); };
  EXPECT_TRUE(contains(complaint(), "data.noun is not there: a folder that --data names has WordNet's"));
  write_wordnet(folder.path());
  for (const char* line :
       {"hello", "00001740 03 n 01 entity", "0000174x 03 n | x", "00001740", "00001740 3 n | x"}) {
    write_plain(folder.path() / "data.adv", std::string("  1 licence\n") + line + "\n");
    EXPECT_TRUE(contains(complaint(), "data.adv: line 2 is none of WordNet's")) << line;
  }
}

/// Of so many texts, labelled in turn with one of the classes.
std::string labelled(int texts, int classes) {
  std::string lines;
  for (int i = 0; i < texts; ++i)
    lines += "class" + std::to_string(i % classes) + "\tword" + std::to_string(i % 7) + " word\n";
  return lines;
}

TEST(Texts, are_split_once_and_for_all) {
  const TemporaryFolder folder;
  write_plain(folder.path() / "t", labelled(240, 3));
  const LabelledTexts first = load_labelled_texts(folder.path() / "t");
  EXPECT_EQ(first.data.train.size(), 200);
  EXPECT_EQ(first.data.validation.size(), 20);
  EXPECT_EQ(first.data.test.size(), 20);
  EXPECT_EQ(first.data.classes, 3);
  EXPECT_EQ(first.vocabulary, 8);
  const LabelledTexts second = load_labelled_texts(folder.path() / "t");
  EXPECT_TRUE(first.data.train.inputs.equal(second.data.train.inputs));
  EXPECT_TRUE(first.data.test.targets.equal(second.data.test.targets));
}

TEST(Texts, of_a_folder_are_those_of_its_files_in_order) {
  const TemporaryFolder folder;
  EXPECT_TRUE(contains(message_of([&] { load_windows(folder.path()); }),
                       "has neither WordNet's data.noun, .verb, .adj and .adv, nor a file *.txt"));
  write_plain(folder.path() / "b.tsv", labelled(120, 3));
  write_plain(folder.path() / "a.tsv", labelled(120, 3));
  write_plain(folder.path() / "readme.txt", "no text of these");
  write_plain(folder.path() / "together", labelled(120, 3) + labelled(120, 3));
  const LabelledTexts parts = load_labelled_texts(folder.path());
  EXPECT_TRUE(
      parts.data.train.inputs.equal(load_labelled_texts(folder.path() / "together").data.train.inputs));
}

TEST(Texts, a_window_s_targets_are_the_tokens_that_follow) {
  const TemporaryFolder folder;
  write_plain(folder.path() / "t", labelled(4000, 3));
  const Dataset data = load_windows(folder.path() / "t");
  const Examples& train = data.train;
  EXPECT_TRUE(train.inputs.slice(1, 1).equal(train.targets.slice(1, 0, 31)));
  EXPECT_TRUE(train.inputs.slice(0, 1).select(1, 0).equal(train.targets.slice(0, 0, -1).select(1, 31)));
  EXPECT_LT(train.targets.max().item<std::int64_t>(), data.classes);
}

TEST(Texts, too_little_of_anything_is_said) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "t";
  const auto complaint = [&](const std::string& bytes, auto load) {
    write_plain(file, bytes);
    return message_of([&] { load(file); });
  };
  EXPECT_TRUE(
      contains(complaint("", load_labelled_texts), "there are 2 to 10000 labels to tell apart, and not 0"));
  EXPECT_TRUE(contains(complaint(labelled(30, 1), load_labelled_texts), "and not 1"));
  EXPECT_TRUE(contains(complaint(labelled(11, 2), load_labelled_texts), "11 texts are too few; one in 12"));
  EXPECT_TRUE(
      contains(complaint("a\t\nb\t\na\t\nb\t\na\t\nb\t\na\t\nb\t\na\t\nb\t\na\t\nb\t\n", load_labelled_texts),
               "there is no word in any text"));
  EXPECT_TRUE(contains(complaint(labelled(199, 2), load_windows), "199 texts are too few; one in 200"));
  EXPECT_TRUE(contains(complaint(labelled(200, 2), load_windows), "do not fill a window of 32"));
}

}  // namespace
}  // namespace gradus::lab
