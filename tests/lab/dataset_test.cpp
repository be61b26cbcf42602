#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "gradus/core/error.hpp"
#include "lab/data/idx.hpp"
#include "lab/data/images.hpp"
#include "support/idx_files.hpp"
#include "support/text.hpp"

namespace gradus::lab {
namespace {

using namespace gradus::test;

struct BadFile {
  const char* name;
  std::string bytes;
  const char* complaint;
};

std::ostream& operator<<(std::ostream& out, const BadFile& file) { return out << file.name; }

std::string image_header(std::uint32_t magic, std::uint32_t count, std::uint32_t rows,
                         std::uint32_t columns) {
  return big_endian(magic) + big_endian(count) + big_endian(rows) + big_endian(columns);
}

std::vector<BadFile> bad_images() {
  const std::string good = idx_images(20);
  return {
      {"empty", "", "ends within its header"},
      {"half_a_header", good.substr(0, 9), "ends within its header"},
      {"labels_instead", idx_labels(20),
       "magic number 0x00000801; an IDX file of images begins with 0x00000803"},
      {"cut_short", good.substr(0, good.size() - 1),
       "promises 20 images of 12 x 12, but 2879 of 2880 bytes follow"},
      {"trailing_byte", good + "x", "more bytes than its header promises"},
      {"no_images", image_header(0x0803, 0, 28, 28), "holds no images"},
      {"no_rows", image_header(0x0803, 5, 0, 28), "a side has 1 to 1024 pixels"},
      {"absurd_side", image_header(0x0803, 1, 0xffffffff, 0xffffffff), "a side has 1 to 1024 pixels"},
      {"absurd_count", image_header(0x0803, 0xffffffff, 28, 28), "more than the 2 GiB"},
      {"large_count", image_header(0x0803, 2000000, 28, 28), "16 bytes cannot hold that"},
  };
}

class BadImages : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadImages, are_refused_with_the_file_and_the_reason) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "images";
  write_plain(file, GetParam().bytes);
  const std::string message = message_of([&] { read_idx_images(file); });
  EXPECT_TRUE(contains(message, GetParam().complaint));
  EXPECT_TRUE(contains(message, file.string()));
}

TEST_P(BadImages, are_refused_when_gzipped_too) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "images.gz";
  write_gzipped(file, GetParam().bytes);
  EXPECT_NE(message_of([&] { read_idx_images(file); }), "");
}

INSTANTIATE_TEST_SUITE_P(Idx, BadImages, ::testing::ValuesIn(bad_images()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Idx, gzipped_and_plain_files_read_alike) {
  const TemporaryFolder folder;
  write_plain(folder.path() / "plain", idx_images(20));
  write_gzipped(folder.path() / "gzipped", idx_images(20));
  const IdxImages plain = read_idx_images(folder.path() / "plain"),
                  gzipped = read_idx_images(folder.path() / "gzipped");
  EXPECT_EQ(plain.count, 20);
  EXPECT_EQ(plain.rows, kSide);
  EXPECT_EQ(plain.columns, kSide);
  EXPECT_EQ(plain.pixels, gzipped.pixels);
}

TEST(Idx, a_pipe_is_refused_before_it_is_waited_for) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "images";
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  EXPECT_TRUE(contains(message_of([&] { read_idx_images(file); }), "is not a regular file"));
}

TEST(Idx, a_gzip_stream_that_ends_early_or_is_damaged_is_refused) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "images.gz";
  std::string whole;
  for (const std::uint32_t count : {200U, 20000U}) {  // one buffer of zlib's, and many
    write_gzipped(file, idx_images(count));
    std::ifstream in(file, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(in), {});
    for (const std::size_t size : {whole.size() - 1, whole.size() - 4, whole.size() - 8, whole.size() - 9,
                                   whole.size() / 2, std::size_t{12}}) {
      write_plain(file, whole.substr(0, size));
      EXPECT_TRUE(contains(message_of([&] { read_idx_images(file); }), "cut short")) << size;
    }
  }
  std::string damaged = whole;
  damaged[damaged.size() - 6] ^= 1;  // in the checksum
  write_plain(file, damaged);
  EXPECT_TRUE(contains(message_of([&] { read_idx_images(file); }), "damaged gzip file"));
}

TEST(Idx, a_label_out_of_range_is_named) {
  const TemporaryFolder folder;
  std::string labels = idx_labels(20);
  labels.back() = 10;
  write_plain(folder.path() / "labels", labels);
  EXPECT_TRUE(contains(message_of([&] { read_idx_labels(folder.path() / "labels", 10); }),
                       "label 19 is 10; labels are 0 to 9"));
}

TEST(Idx, a_folder_and_a_file_that_cannot_be_opened_are_refused) {
  const TemporaryFolder folder;
  EXPECT_TRUE(contains(message_of([&] { read_idx_images(folder.path()); }), "is a folder"));
  EXPECT_TRUE(contains(message_of([&] { read_idx_images(folder.path() / "none"); }), "No such file"));
}

TEST(Dataset, holds_out_one_in_twelve_and_normalizes_by_the_rest) {
  const TemporaryFolder folder;
  write_small_dataset(folder.path());
  const Dataset data = load_images(folder.path());
  EXPECT_EQ(data.train.size(), 330);
  EXPECT_EQ(data.validation.size(), 30);
  EXPECT_EQ(data.test.size(), 60);
  EXPECT_EQ(data.train.inputs.scalar_type(), at::kByte) << "memory holds no more than the files";
  const at::Tensor prepared = data.prepare(data.train.inputs);
  EXPECT_NEAR(prepared.mean().item<double>(), 0, 1e-5);
  EXPECT_NEAR(prepared.std().item<double>(), 1, 1e-3);
}

TEST(Dataset, the_split_is_always_the_same) {
  const TemporaryFolder folder;
  write_small_dataset(folder.path());
  const Dataset first = load_images(folder.path()), second = load_images(folder.path());
  EXPECT_TRUE(first.validation.inputs.equal(second.validation.inputs));
  EXPECT_TRUE(first.train.targets.equal(second.train.targets));
}

TEST(Dataset, images_stay_with_their_labels) {
  const TemporaryFolder folder;
  write_small_dataset(folder.path());
  for (const auto& [images, labels] : {load_images(folder.path()).train, load_images(folder.path()).test}) {
    const at::Tensor brightest_row = images.sum({1, 3}).argmax(1);
    EXPECT_TRUE(brightest_row.equal(labels.to(at::kLong)));
  }
}

TEST(Dataset, what_is_missing_or_does_not_fit_together_is_said) {
  const TemporaryFolder folder;
  const auto load = [&] { return message_of([&] { load_images(folder.path()); }); };
  EXPECT_TRUE(contains(load(), "--data names a folder with the four IDX files"));
  write_small_dataset(folder.path());
  write_plain(folder.path() / "t10k-labels-idx1-ubyte", idx_labels(59));
  EXPECT_TRUE(contains(load(), "t10k-images-idx3-ubyte: holds 60 images, but there are 59 labels"));
  write_plain(folder.path() / "t10k-labels-idx1-ubyte", idx_labels(60));
  write_plain(folder.path() / "t10k-images-idx3-ubyte", idx_images(60, 13));
  EXPECT_TRUE(contains(load(), "training images are 12 x 12, test images 13 x 13"));
  write_gzipped(folder.path() / "train-images-idx3-ubyte.gz", idx_images(11));
  write_gzipped(folder.path() / "train-labels-idx1-ubyte.gz", idx_labels(11));
  write_plain(folder.path() / "t10k-images-idx3-ubyte", idx_images(60));
  EXPECT_TRUE(contains(load(), "11 training images are too few"));
}

}  // namespace
}  // namespace gradus::lab
