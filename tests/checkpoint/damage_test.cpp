// Every change of a byte and every truncation is noticed.

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "samples.hpp"
#include "support/thoroughness.hpp"

namespace gradus::test {
namespace {

/// A small checkpoint of all that a header may have; its bytes are
/// blanks, so that a header that is said to be longer still is JSON.
std::string small_file(const std::filesystem::path& file) {
  const std::string blanks(32, ' ');
  const std::vector tensors{given("weight", Type::f32, {2, 3}, blanks.substr(0, 24)),
                            given("step", Type::f32, {}, blanks.substr(0, 4)),
                            given("none", Type::f64, {0}, ""),
                            given("codes", Type::u8, {3}, blanks.substr(0, 3))};
  write_tensor_file(file, tensors, {{"step", "7"}, {"groups", "[{\"lr\":0.1}]"}});
  return text_of(file);
}

/// "": all of it is read, and nothing is found.
std::string complaint(const std::filesystem::path& file, Record record) {
  return message_of([&] { TensorFile(file, record).verify(); });
}

class Damage : public testing::TestWithParam<Record> {
 protected:
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "a.safetensors";
};

TEST_P(Damage, of_any_byte_to_any_other_is_noticed) {
  const std::string whole = small_file(file_);
  ASSERT_EQ(complaint(file_, GetParam()), "");
  std::fstream bytes(file_, std::ios::in | std::ios::out | std::ios::binary);
  const auto put = [&](std::size_t at, char c) {
    bytes.seekp(static_cast<std::streamoff>(at)).put(c).flush();
  };
  const int stride = thorough() ? 1 : 31;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int other = 1; other < 256; other += stride) {
      put(at, static_cast<char>(whole[at] ^ other));
      EXPECT_NE(complaint(file_, GetParam()), "") << "byte " << at << " xor " << other;
    }
    put(at, whole[at]);
  }
  EXPECT_EQ(complaint(file_, GetParam()), "");
}

TEST_P(Damage, by_every_truncation_and_by_more_bytes_is_noticed) {
  const std::string whole = small_file(file_);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_plain(file_, whole.substr(0, size));
    EXPECT_NE(complaint(file_, GetParam()), "") << size;
  }
  for (const char more : {'\0', ' ', '}'}) {
    write_plain(file_, whole + more);
    EXPECT_NE(complaint(file_, GetParam()), "") << static_cast<int>(more);
  }
}

INSTANTIATE_TEST_SUITE_P(Records, Damage, testing::Values(Record::required, Record::optional),
                         [](const auto& record) {
                           return record.param == Record::required ? "required" : "optional";
                         });

constexpr std::size_t kChunk = std::size_t{16} << 20;

TEST(DamageOfChunks, is_told_by_the_bytes_that_have_it) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "a";
  const std::string bytes = noise(2 * kChunk + 5);
  write_bytes(file, bytes);
  const std::size_t data = text_of(file).size() - bytes.size();
  const std::vector<std::pair<std::size_t, std::string>> rows{{0, "bytes 0 to 16777216"},
                                                              {kChunk - 1, "bytes 0 to 16777216"},
                                                              {kChunk, "bytes 16777216 to 33554432"},
                                                              {2 * kChunk, "bytes 33554432 to 33554437"},
                                                              {2 * kChunk + 4, "bytes 33554432 to 33554437"}};
  for (const auto& [at, where] : rows) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(data + at)).put(static_cast<char>(bytes[at] ^ 1)).flush();
    const TensorFile damaged(file);
    EXPECT_TRUE(contains(message_of([&] { damaged.verify(); }), "tensor 'x': " + where + " are damaged"));
    EXPECT_TRUE(
        contains(message_of([&] { read_text(damaged, "x"); }), "tensor 'x': " + where + " are damaged"));
    std::size_t handed_on = 0;
    EXPECT_NE(message_of([&] { damaged.read("x", [&](auto piece) { handed_on += piece.size(); }); }), "");
    EXPECT_EQ(handed_on, at / kChunk * kChunk);
    stream.seekp(static_cast<std::streamoff>(data + at)).put(bytes[at]).flush();
  }
  EXPECT_EQ(read_bytes(file), bytes);
}

TEST(Shrinking, of_a_file_that_is_read_is_an_error) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "a";
  write_bytes(file, noise(100'000));
  const std::size_t size = text_of(file).size();
  const TensorFile opened(file);
  std::filesystem::resize_file(file, size - 1000);
  EXPECT_EQ(message_of([&] { read_text(opened, "x"); }),
            file.string() + ": ends at byte " + std::to_string(size - 1000) + "; it had " +
                std::to_string(size) + " bytes when it was opened");
}

TEST(Reading, of_what_is_not_there_is_refused) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "a";
  write_bytes(file, "abc");
  const TensorFile opened(file);
  std::array<std::byte, 2> room{};
  EXPECT_EQ(message_of([&] { opened.read("x", room); }),
            file.string() + ": tensor 'x' has 3 bytes; there is room for 2");
  EXPECT_EQ(message_of([&] { opened.read("y", room); }), file.string() + ": has no tensor 'y'");
}

}  // namespace
}  // namespace gradus::test
