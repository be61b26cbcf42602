// Many tensors, large ones, and how much memory is taken.

#include <gtest/gtest.h>
#include <malloc.h>

#include <chrono>

#include "samples.hpp"
#include "support/state_file.hpp"
#include "support/thoroughness.hpp"

namespace gradus::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBeyond = (std::uint64_t{1} << 31) + 7;

/// Does not write zeros, so that a file of zeros has holes.
class SparseDisk : public Disk {
  ssize_t pwrite(int file, const void* from, std::size_t bytes, off_t offset) override {
    const auto* const begin = static_cast<const char*>(from);
    if (std::all_of(begin, begin + bytes - 1, [](char c) { return c == 0; }) && begin[bytes - 1] == 0)
      return static_cast<ssize_t>(bytes);
    return Disk::pwrite(file, from, bytes, offset);
  }
};

// BUGS 12: more than INT_MAX elements.
TEST(Large, tensor_beyond_2_to_the_31_is_written_and_read) {
  if (!thorough()) GTEST_SKIP() << "two gigabytes take long here";
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  const std::string zeros(std::size_t{1} << 24, '\0'), last = "1234567";
  const auto give = [&](const Sink& sink) {
    for (std::uint64_t at = 0; at + last.size() < kBeyond; at += zeros.size()) sink(bytes_of_text(zeros));
    sink(bytes_of_text(last));
  };
  SparseDisk disk;
  const std::vector<GivenTensor> tensors{{{"x", Type::u8, {static_cast<std::int64_t>(kBeyond)}}, give},
                                         given("y", Type::u8, {1}, "y")};
  write_tensor_file(file, tensors, {}, disk);
  const TensorFile opened(file);
  EXPECT_EQ(opened.find("x")->bytes, kBeyond);
  EXPECT_EQ(opened.find("y")->begin, kBeyond);
  std::uint64_t read = 0;
  std::string end;
  opened.read("x", [&](std::span<const std::byte> piece) {
    read += piece.size();
    end.assign(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  EXPECT_EQ(read, kBeyond);
  EXPECT_EQ(end, last);
  EXPECT_EQ(read_text(opened, "y"), "y");
}

TEST(Large, numbers_of_tensors_are_written_and_read_fast) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  constexpr std::size_t kMany = 100'000;
  const std::string bytes = noise(kMany);
  std::vector<GivenTensor> tensors;
  for (std::size_t i = 0; i < kMany; ++i)
    tensors.push_back({{"state.layer." + std::to_string(i) + ".weight.exp_avg", Type::u8, {1}},
                       from_memory(bytes_of_text(bytes).subspan(i, 1))});
  const auto start = std::chrono::steady_clock::now();
  write_tensor_file(file, tensors);
  const auto written = std::chrono::steady_clock::now();
  const TensorFile opened(file);
  opened.verify();
  const auto read = std::chrono::steady_clock::now();
  EXPECT_EQ(opened.tensors().size(), kMany);
  EXPECT_EQ(read_text(opened, "state.layer.77777.weight.exp_avg"), bytes.substr(77'777, 1));
  RecordProperty("seconds_to_write", std::to_string(std::chrono::duration<double>(written - start).count()));
  RecordProperty("seconds_to_read", std::to_string(std::chrono::duration<double>(read - written).count()));
  EXPECT_LT(read - start, std::chrono::seconds(thorough() ? 10 : 100));  // the machine may have other work
}

// BUGS 34: repeated loads that append.
TEST(Large, numbers_of_loads_leave_memory_and_descriptors_as_they_were) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  write_bytes(file, noise(100'000));
  const auto load = [&] {
    const TensorFile opened(file);
    opened.verify();
    return read_text(opened, "x").size();
  };
  for (int i = 0; i < 10; ++i) load();
  const auto open = open_descriptors();
  const auto memory = ::mallinfo2().uordblks;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(load(), 100'000U);
  EXPECT_EQ(::mallinfo2().uordblks, memory);
  EXPECT_EQ(open_descriptors(), open);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/// Headers that take as much memory as they can.
std::string header_of(const std::string& kind, std::size_t bytes) {
  std::string header = kind == "metadata" ? R"({"__metadata__":{"":"")"
                                          : R"({"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  const std::string dimensions = [] {
    std::string text = "0";
    for (int i = 1; i < 64; ++i) text += ",0";
    return text;
  }();
  for (std::size_t i = 0; header.size() < bytes; ++i) {
    const std::string name = ",\"" + std::to_string(i) + "\":";
    if (kind == "metadata") header += name + "\"\"";
    if (kind == "tensors") header += name + R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    if (kind == "dimensions")
      header += name + R"({"dtype":"U8","shape":[)" + dimensions + R"(],"data_offsets":[0,0]})";
    if (kind == "names")
      header += ",\"" + std::to_string(i) + std::string(65'000, 'n') +
                R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    if (kind == "blanks") header += std::string(bytes - header.size(), ' ');
    if (kind == "digits") header += name + std::string(bytes - header.size(), '1');
    if (kind == "string") header += name + "{\"dtype\":\"" + std::string(bytes - header.size(), 'F') + "\"}";
    if (kind == "strings") header += name + "{\"dtype\":\"" + std::string(7'900'000, 'F') + "\"}";
  }
  return header + (kind == "metadata" ? "}}" : "}");
}

TEST(Large, headers_take_no_more_memory_than_the_file_and_64_MB) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  for (const char* const kind :
       {"metadata", "tensors", "dimensions", "names", "blanks", "digits", "string", "strings"})
    for (const std::size_t megabytes : {9U, 95U}) {
      write_plain(file, file_text(header_of(kind, megabytes * 1'000'000)));
      ::malloc_trim(0);
      start_of_peak();
      const std::size_t before = peak_resident();
      message_of([&] { TensorFile opened(file, Record::optional); });
      const std::size_t taken = peak_resident() - before;
      EXPECT_LE(taken, fs::file_size(file) + 64'000'000) << kind << ", " << megabytes << " MB";
      RecordProperty(std::string(kind) + "_of_" + std::to_string(megabytes), std::to_string(taken));
    }
}
#endif

}  // namespace
}  // namespace gradus::test
