// Images and labels, gzipped or not.

#include <string>

#include "fuzz.hpp"
#include "lab/data/idx.hpp"
#include "memory_file.hpp"
#include "support/idx_files.hpp"

namespace gradus::fuzz {

namespace {

constexpr int kClasses = 10;

std::string text_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

std::uint32_t word(std::int64_t number) { return static_cast<std::uint32_t>(number); }

std::string file_of(const lab::IdxImages& images) {
  return test::big_endian(0x0803) + test::big_endian(word(images.count)) +
         test::big_endian(word(images.rows)) + test::big_endian(word(images.columns)) +
         text_of(images.pixels);
}

std::string file_of(const std::vector<std::uint8_t>& labels) {
  return test::big_endian(0x0801) + test::big_endian(static_cast<std::uint32_t>(labels.size())) +
         text_of(labels);
}

/// The file says no more than what was read, and gzipped it says the same; cut short it says nothing.
template <class Read>
void check(std::string_view input, const MemoryFile& file, Read read) {
  file.write(input);
  const auto found = accepted([&] { return read(file.path()); });
  if (!found) return;
  const std::string plain = file_of(*found);
  expect(input == plain || input.starts_with("\x1f\x8b"), "the file that what was read would make");
  const MemoryFile zipped;
  test::write_gzipped(zipped.path(), plain);
  expect(file_of(read(zipped.path())) == plain, "the same, gzipped");
  std::filesystem::resize_file(zipped.path(), std::filesystem::file_size(zipped.path()) - 1);
  expect(!accepts([&] { read(zipped.path()); }), "an Error for a gzip stream without an end");
}

}  // namespace

void look_at(std::string_view input) {
  static const MemoryFile file;
  check(input, file, [](const auto& path) { return lab::read_idx_images(path); });
  check(input, file, [](const auto& path) { return lab::read_idx_labels(path, kClasses); });
}

}  // namespace gradus::fuzz
