#include "lab/data/idx.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

#include "gradus/core/error.hpp"

namespace gradus::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kImagesMagic = 0x0803;  // unsigned bytes, three dimensions
constexpr std::uint32_t kLabelsMagic = 0x0801;  // unsigned bytes, one dimension
constexpr std::uint64_t kMostImageSide = 1024;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 31;

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw Error(file.string() + ": " + why);
}

/// Reads a file, gunzipping it if it is gzipped.
class ByteReader {
 public:
  explicit ByteReader(const fs::path& file) : path_(file) {
    std::error_code error;
    if (fs::is_directory(file, error)) refuse(file, "is a folder, not a file");
    if (fs::exists(file, error) && !fs::is_regular_file(file, error)) refuse(file, "is not a regular file");
    errno = 0;
    file_.reset(gzopen(file.c_str(), "rb"));
    if (!file_) refuse(file, "cannot be opened: " + std::generic_category().message(errno ? errno : ENOMEM));
  }

  /// How many bytes there were: fewer than `size` at the end of the file.
  std::size_t read(std::uint8_t* to, std::size_t size) {
    const int got = gzread(file_.get(), to, static_cast<unsigned>(size));
    if (got < 0) fail();
    return static_cast<std::size_t>(got);
  }

  std::uint32_t read_header_word() {
    std::array<std::uint8_t, 4> b{};
    if (read(b.data(), b.size()) < b.size()) {
      check_gzip_end();
      refuse(path_, "ends within its header");
    }
    return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
  }

  /// The rest of the file, which must be `size` bytes. Memory grows with what is really there, as the header
  /// may promise anything.
  std::vector<std::uint8_t> read_rest(std::size_t size, const std::string& promise) {
    constexpr std::size_t kBlock = std::size_t{1} << 20;
    std::vector<std::uint8_t> bytes;
    // One byte more is asked for: zlib finds a gzip stream that ends early only when it looks for more.
    while (bytes.size() <= size) {
      const std::size_t before = bytes.size(), block = std::min(kBlock, size + 1 - before);
      bytes.resize(before + block);
      const std::size_t got = read(bytes.data() + before, block);
      bytes.resize(before + got);
      if (got < block) break;
    }
    if (bytes.size() > size) refuse(path_, "has more bytes than its header promises: " + promise);
    check_gzip_end();
    if (bytes.size() < size)
      refuse(path_, fmt::format("is cut short: its header promises {}, but {} of {} bytes follow", promise,
                                bytes.size(), size));
    return bytes;
  }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose_r(file); }
  };

  /// zlib tells of a gzip stream that ended early only when asked.
  void check_gzip_end() {
    int code = Z_OK;
    gzerror(file_.get(), &code);
    if (code != Z_OK) fail();
  }

  [[noreturn]] void fail() {
    int code = Z_OK;
    const char* words = gzerror(file_.get(), &code);
    if (code == Z_BUF_ERROR) refuse(path_, "is cut short: its gzip stream does not end");
    if (code == Z_ERRNO) refuse(path_, "cannot be read: " + std::generic_category().message(errno));
    refuse(path_, fmt::format("is a damaged gzip file ({})", words));
  }

  fs::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
};

void check_magic(ByteReader& reader, const fs::path& file, std::uint32_t expected, const char* kind) {
  const std::uint32_t magic = reader.read_header_word();
  if (magic != expected)
    refuse(file, fmt::format("has magic number 0x{:08x}; an IDX file of {} begins with 0x{:08x}", magic, kind,
                             expected));
}

/// Throws Error if the file cannot hold what its header promises.
void check_size(const fs::path& file, std::uint64_t bytes, const std::string& promise) {
  constexpr std::uint64_t kBestCompression = 1032;  // of deflate, by its format
  if (bytes > kMostBytes)
    refuse(file, fmt::format("promises {}, more than the 2 GiB that are read here", promise));
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  if (!error && bytes / kBestCompression > size)
    refuse(file,
           fmt::format("is cut short: its header promises {}, and {} bytes cannot hold that", promise, size));
}

}  // namespace

IdxImages read_idx_images(const fs::path& file, std::optional<std::size_t> labels) {
  ByteReader reader(file);
  check_magic(reader, file, kImagesMagic, "images");
  const std::uint64_t count = reader.read_header_word(), rows = reader.read_header_word(),
                      columns = reader.read_header_word();
  const std::string promise = fmt::format("{} images of {} x {}", count, rows, columns);
  if (count == 0) refuse(file, "holds no images");
  if (rows == 0 || columns == 0 || rows > kMostImageSide || columns > kMostImageSide)
    refuse(file, fmt::format("promises {}; a side has 1 to {} pixels", promise, kMostImageSide));
  if (labels && *labels != count)
    refuse(file, fmt::format("holds {} images, but there are {} labels", count, *labels));
  const std::uint64_t bytes = count * rows * columns;  // < 2^32 * 2^20
  check_size(file, bytes, promise);
  return {static_cast<std::int64_t>(count), static_cast<std::int64_t>(rows),
          static_cast<std::int64_t>(columns), reader.read_rest(bytes, promise)};
}

std::vector<std::uint8_t> read_idx_labels(const fs::path& file, int classes) {
  ByteReader reader(file);
  check_magic(reader, file, kLabelsMagic, "labels");
  const std::uint64_t count = reader.read_header_word();
  const std::string promise = fmt::format("{} labels", count);
  check_size(file, count, promise);
  std::vector<std::uint8_t> labels = reader.read_rest(count, promise);
  const auto wrong = std::ranges::find_if(labels, [classes](std::uint8_t label) { return label >= classes; });
  if (wrong != labels.end())
    refuse(file,
           fmt::format("label {} is {}; labels are 0 to {}", wrong - labels.begin(), *wrong, classes - 1));
  return labels;
}

}  // namespace gradus::lab
