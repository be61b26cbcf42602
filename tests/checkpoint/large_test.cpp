// Many tensors, large ones, and how much memory is taken.

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <memory>

#include "gradus/checkpoint/checkpoint.hpp"
#include "gradus/gradus.hpp"
#include "samples.hpp"
#include "support/growth.hpp"
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

TEST(Large, numbers_of_tensors_are_written_and_read_in_linear_time) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  constexpr std::size_t kMany = 100'000;
  const std::string bytes = noise(kMany);
  expect_linear_time(
      [&](std::size_t count) {
        std::vector<GivenTensor> tensors;
        for (std::size_t i = 0; i < count; ++i)
          tensors.push_back({{"state.layer." + std::to_string(i) + ".weight.exp_avg", Type::u8, {1}},
                             from_memory(bytes_of_text(bytes).subspan(i, 1))});
        write_tensor_file(file, tensors);
        const TensorFile opened(file);
        opened.verify();
        EXPECT_EQ(opened.tensors().size(), count);
        EXPECT_EQ(read_text(opened, "state.layer.777.weight.exp_avg"), bytes.substr(777, 1));
      },
      kMany);
}

/// Elements of two bytes that are zero, and take no memory until they are written.
class Zeros {
 public:
  explicit Zeros(std::size_t size)
      : size_(size), data_(static_cast<bfloat16*>(std::calloc(size, sizeof(bfloat16))), &std::free) {}
  [[nodiscard]] std::span<bfloat16> span() { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<bfloat16, decltype(&std::free)> data_;
};

double memory_of_machine() {
  return static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

// BUGS 12.
TEST(Large, parameter_beyond_2_to_the_31_is_saved_and_loaded) {
  if (!thorough()) GTEST_SKIP() << "nine gigabytes take long here";
  if (memory_of_machine() < 12e9) GTEST_SKIP() << "takes nine gigabytes of memory";
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  Zeros x(kBeyond);
  Optimizer optimizer(SGD{});
  optimizer.add("x", {static_cast<std::int64_t>(kBeyond)}, x.span(), {});
  const std::span<bfloat16> last = x.span().last(7);
  std::ranges::fill(last, bfloat16{7});
  SparseDisk disk;
  save(optimizer, file, disk);
  std::ranges::fill(last, bfloat16{0});
  load(optimizer, file);
  EXPECT_EQ(std::ranges::count(last, bfloat16{7}), 7);
  EXPECT_EQ(x.span()[kBeyond - 8], bfloat16{0});
}

// Six tensors each: their names, and the record of all, are longer than a hostile file's strings may be.
TEST(Large, numbers_of_parameters_are_saved_and_loaded) {
  if (!thorough()) GTEST_SKIP() << "takes minutes here";
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  constexpr std::size_t kMany = 100'000;
  std::vector<float> x(kMany), g(kMany, 1);
  Optimizer optimizer(Adam{});
  for (std::size_t i = 0; i < kMany; ++i)
    optimizer.add("layer." + std::to_string(i) + ".weight", {1}, std::span(x).subspan(i, 1),
                  std::span(g).subspan(i, 1));
  optimizer.step();
  const std::vector<float> before = x;
  const auto start = std::chrono::steady_clock::now();
  save(optimizer, file);
  const auto saved = std::chrono::steady_clock::now();
  std::ranges::fill(x, 7.0F);
  load(optimizer, file);
  const auto loaded = std::chrono::steady_clock::now();
  EXPECT_EQ(x, before);
  RecordProperty("seconds_to_save", std::to_string(std::chrono::duration<double>(saved - start).count()));
  RecordProperty("seconds_to_load", std::to_string(std::chrono::duration<double>(loaded - saved).count()));
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

TEST(Large, headers_take_no_more_memory_than_they_are_promised) {
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
      EXPECT_LE(taken, 4 * fs::file_size(file) + 64'000'000) << kind << ", " << megabytes << " MB";
      RecordProperty(std::string(kind) + "_of_" + std::to_string(megabytes), std::to_string(taken));
    }
}
#endif

}  // namespace
}  // namespace gradus::test
