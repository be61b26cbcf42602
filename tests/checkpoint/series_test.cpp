// Checkpoints of a training: the newest that is whole, and no more of them than are wanted.

#include "gradus/checkpoint/series.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"

namespace gradus::test {
namespace {

namespace fs = std::filesystem;

class SeriesOfFiles : public testing::Test {
 protected:
  void write(std::uint64_t step) { write_bytes(series_.path_of(step), std::to_string(step)); }
  /// Its data, which its header does not tell.
  void damage(std::uint64_t step) {
    const fs::path file = series_.path_of(step);
    std::string text = text_of(file);
    text.back() = static_cast<char>(text.back() ^ 1);
    write_plain(file, text);
  }
  /// Of those that are there.
  std::string steps() {
    std::string text;
    for (const std::string& name : names_in(folder_.path())) text += name.substr(5, 6).substr(3) + " ";
    return text;
  }

  TemporaryFolder folder_;
  Series series_{folder_.path()};
};

TEST_F(SeriesOfFiles, are_named_by_their_step) {
  EXPECT_EQ(series_.path_of(0), folder_.path() / "step-000000.safetensors");
  EXPECT_EQ(series_.path_of(123), folder_.path() / "step-000123.safetensors");
  EXPECT_EQ(series_.path_of(12'345'678), folder_.path() / "step-12345678.safetensors");
  EXPECT_EQ(series_.path_of(~std::uint64_t{0}), folder_.path() / "step-18446744073709551615.safetensors");
  EXPECT_EQ(Series(folder_.path(), "*").path_of(7), folder_.path() / "000007");
}

TEST_F(SeriesOfFiles, have_a_pattern_with_one_star) {
  for (const char* const pattern : {"", "step", "a*b*", "a/*", "*/a"})
    EXPECT_EQ(message_of([&] { Series(folder_.path(), pattern); }),
              std::string(pattern) +
                  ": is no pattern: a file's name with one star was expected, as \"step-*.safetensors\"");
}

TEST_F(SeriesOfFiles, have_no_latest_where_there_are_none) {
  EXPECT_FALSE(series_.latest().whole);
  EXPECT_EQ(message_of([&] { static_cast<void>(Series(folder_.path() / "none").latest()); }),
            (folder_.path() / "none").string() + ": cannot be listed: No such file or directory");
}

TEST_F(SeriesOfFiles, have_the_largest_step_as_the_latest) {
  for (const std::uint64_t step : {5U, 1'000'000U, 999'999U}) write(step);
  for (const char* const other :
       {"step-9999999.safetensors.old", "step-.safetensors", "step-9999999x.safetensors",
        "step--9999999.safetensors", "step-99999999999999999999.safetensors", "other"})
    write_plain(folder_.path() / other, "");
  const Series::Latest latest = series_.latest();
  ASSERT_TRUE(latest.whole);
  EXPECT_EQ(latest.whole->step, 1'000'000U);
  EXPECT_EQ(latest.whole->file, series_.path_of(1'000'000));
  EXPECT_TRUE(latest.passed_by.empty());
}

TEST_F(SeriesOfFiles, have_the_latest_that_is_whole_and_tell_which_are_not) {
  for (std::uint64_t step = 1; step <= 5; ++step) write(step);
  damage(3);
  fs::resize_file(series_.path_of(4), 20);
  fs::remove(series_.path_of(5));
  fs::create_directory(series_.path_of(5));
  const Series::Latest latest = series_.latest();
  ASSERT_TRUE(latest.whole);
  EXPECT_EQ(latest.whole->step, 2U);
  ASSERT_EQ(latest.passed_by.size(), 3U);
  EXPECT_TRUE(contains(latest.passed_by[0], "step-000005.safetensors: is a folder, not a file"));
  EXPECT_TRUE(contains(latest.passed_by[1], "step-000004.safetensors: its header is "));
  EXPECT_TRUE(contains(latest.passed_by[2], "step-000003.safetensors: tensor 'x': bytes 0 to 1 are damaged"));
}

TEST_F(SeriesOfFiles, are_removed_but_for_the_last) {
  for (std::uint64_t step = 1; step <= 5; ++step) write(step);
  EXPECT_TRUE(series_.keep_last(5).empty());
  EXPECT_EQ(series_.keep_last(3), (std::vector{series_.path_of(2), series_.path_of(1)}));
  EXPECT_EQ(steps(), "003 004 005 ");
  EXPECT_TRUE(contains(message_of([&] { series_.keep_last(0); }), "keep_last(0) would keep nothing"));
  EXPECT_EQ(steps(), "003 004 005 ");
}

TEST_F(SeriesOfFiles, that_are_not_whole_do_not_count_and_stay) {
  for (std::uint64_t step = 1; step <= 6; ++step) write(step);
  damage(6);
  damage(4);
  fs::resize_file(series_.path_of(2), 20);
  EXPECT_EQ(series_.keep_last(2), (std::vector{series_.path_of(1)}));
  EXPECT_EQ(steps(), "002 003 004 005 006 ");
  for (const std::uint64_t step : {5U, 3U}) damage(step);
  EXPECT_TRUE(series_.keep_last(1).empty());
}

TEST_F(SeriesOfFiles, lose_what_dead_writers_left_and_keep_what_the_living_write) {
  write(1);
  const std::string dead = ".step-000002.safetensors.0123456789abcdef.tmp";
  for (const std::string& name :
       {dead, std::string(".step-000002.safetensors.lock"), std::string(".other.lock")})
    write_plain(folder_.path() / name, "dead");
  std::vector<std::string> during;
  const std::vector<GivenTensor> tensors{{{"x", Type::u8, {1}}, [&](const Sink& sink) {
                                            series_.keep_last(1);
                                            during = names_in(folder_.path());
                                            sink(bytes_of_text("3"));
                                          }}};
  write_tensor_file(series_.path_of(3), tensors);
  ASSERT_EQ(during.size(), 4U);  // step 1, the lock and the temporary file of step 3, .other.lock
  EXPECT_TRUE(contains(during[1], ".step-000003.safetensors."));
  EXPECT_TRUE(contains(during[2], ".step-000003.safetensors."));
  EXPECT_EQ(names_in(folder_.path()),
            (std::vector<std::string>{".other.lock", "step-000001.safetensors", "step-000003.safetensors"}));
}

}  // namespace
}  // namespace gradus::test
