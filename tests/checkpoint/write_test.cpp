// What is written, to where, with which permissions, and who may.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "samples.hpp"

namespace gradus::test {
namespace {

namespace fs = std::filesystem;

class Write : public testing::Test {
 protected:
  TemporaryFolder folder_;
  fs::path file_ = folder_.path() / "a.safetensors";
};

mode_t mode_of(const fs::path& file) {
  struct stat found {};
  EXPECT_EQ(::stat(file.c_str(), &found), 0);
  return found.st_mode & mode_t{07777};
}

TEST_F(Write, and_read_give_the_same) {
  const std::string x = noise(24), codes = noise(7);
  const std::vector tensors{given("codes", Type::u8, {7}, codes), given("x", Type::f64, {1, 3}, x),
                            given("step", Type::f32, {}, "1234"), given("none", Type::i64, {2, 0}, "")};
  const Metadata metadata{{"groups", "[{\"lr\": 0.1}]"}, {"", "\xF0\x9F\x90\x8D\n\x01"}};
  write_tensor_file(file_, tensors, metadata);
  const TensorFile file(file_);
  file.verify();
  EXPECT_TRUE(file.has_record());
  EXPECT_EQ(file.metadata(), metadata);
  EXPECT_EQ(read_text(file, "x"), x);
  EXPECT_EQ(read_text(file, "codes"), codes);
  EXPECT_EQ(read_text(file, "step"), "1234");
  EXPECT_EQ(read_text(file, "none"), "");
  EXPECT_EQ(file.find("none")->shape, (std::vector<std::int64_t>{2, 0}));
  EXPECT_EQ(file.find("other"), nullptr);
}

TEST_F(Write, puts_each_tensor_where_its_type_may_lie) {
  const std::vector tensors{given("a", Type::u8, {3}, "123"), given("b", Type::f64, {}, "12345678"),
                            given("c", Type::bf16, {1}, "12"), given("d", Type::f32, {1}, "1234"),
                            given("e", Type::u8, {1}, "1")};
  write_tensor_file(file_, tensors);
  const TensorFile file(file_);
  const std::uint64_t data = text_of(file_).size() - 18;
  std::string order;
  for (const StoredTensor& tensor : file.tensors()) {
    order += tensor.name;
    EXPECT_EQ((data + tensor.begin) % bytes_of(tensor.type), 0U) << tensor.name;
  }
  EXPECT_EQ(order, "bdcae");
}

TEST_F(Write, writes_the_same_bytes_however_they_are_given) {
  const std::string bytes = noise((std::size_t{33} << 20) + 77);
  write_bytes(file_, bytes);
  const std::string whole = text_of(file_);
  for (const std::size_t piece : {std::size_t{999'983}, (std::size_t{1} << 20) + 1, std::size_t{20} << 20}) {
    const auto give = [&](const Sink& sink) {
      for (std::size_t at = 0; at < bytes.size(); at += piece)
        sink(bytes_of_text(bytes).subspan(at, std::min(piece, bytes.size() - at)));
    };
    const std::vector<GivenTensor> tensors{
        {{"x", Type::u8, {static_cast<std::int64_t>(bytes.size())}}, give}};
    write_tensor_file(file_, tensors, {{"step", "7"}});
    EXPECT_TRUE(text_of(file_) == whole) << piece;
  }
}

struct Wrong {
  std::string name;
  std::vector<GivenTensor> tensors;
  Metadata metadata;
  std::string message;
};

class WrongContent : public testing::TestWithParam<Wrong> {};

TEST_P(WrongContent, is_refused_and_the_old_file_stays) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "a";
  write_bytes(file, "old");
  const auto& [name, tensors, metadata, message] = GetParam();
  EXPECT_EQ(message_of([&] { write_tensor_file(file, tensors, metadata); }), file.string() + ": " + message);
  EXPECT_EQ(read_bytes(file), "old");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"a"});
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongContent,
    testing::Values(
        Wrong{"name_twice",
              {given("x", Type::u8, {1}, "1"), given("x", Type::u8, {1}, "2")},
              {},
              "tensor 'x' stands there twice"},
        Wrong{"name_of_metadata",
              {given("__metadata__", Type::u8, {1}, "1")},
              {},
              "__metadata__ stands there twice"},
        Wrong{"name_no_utf8", {given("\xFF", Type::u8, {1}, "1")}, {}, "'\\xff' is not UTF-8"},
        Wrong{"value_no_utf8", {}, {{"a", "\xC3"}}, "'\\xc3' is not UTF-8"},
        Wrong{"key_of_the_record",
              {},
              {{"gradus.integrity", "mine"}},
              "__metadata__, 'gradus.integrity' stands there twice"},
        Wrong{"negative_dimension", {given("x", Type::u8, {-1}, "")}, {}, "tensor 'x': its shape is none"},
        Wrong{"too_many_elements",
              {given("x", Type::u8, {1LL << 62, 8}, "")},
              {},
              "tensor 'x': its shape is none"},
        Wrong{"too_many_in_all",
              {given("x", Type::u8, {1LL << 62}, ""), given("y", Type::u8, {1LL << 62}, "")},
              {},
              "tensor 'y': its shape is none"},
        Wrong{"too_few_bytes",
              {given("x", Type::f32, {2}, "1234567")},
              {},
              "tensor 'x' was given 7 bytes; expected 8"},
        Wrong{"too_many_bytes",
              {given("x", Type::f32, {2}, "123456789")},
              {},
              "tensor 'x' was given at least 9 bytes; expected 8"}),
    [](const auto& row) { return row.param.name; });

TEST_F(Write, passes_on_what_a_tensor_throws_and_the_old_file_stays) {
  write_bytes(file_, "old");
  const std::vector<GivenTensor> tensors{{{"x", Type::u8, {2}}, [](const Sink& sink) {
                                            sink(bytes_of_text("1"));
                                            throw std::domain_error("mine");
                                          }}};
  EXPECT_THROW(write_tensor_file(file_, tensors), std::domain_error);
  EXPECT_EQ(read_bytes(file_), "old");
  EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{"a.safetensors"});
}

// Where

TEST_F(Write, over_the_file_that_is_being_read_works) {
  const std::string old = noise(100'000, 3);
  write_bytes(file_, old);
  const TensorFile source(file_);
  const std::vector<GivenTensor> tensors{
      {*source.find("x"), [&](const Sink& sink) { source.read("x", sink); }}};
  write_tensor_file(file_, tensors, {{"step", "8"}});
  EXPECT_EQ(read_bytes(file_), old);
  EXPECT_EQ(TensorFile(file_).metadata().at("step"), "8");
  EXPECT_EQ(read_text(source, "x"), old);
}

// BUGS: safetensors 762, burn 5479.
TEST_F(Write, over_the_file_that_is_mapped_works) {
  const std::string old = noise(100'000, 3);
  write_bytes(file_, old);
  const std::size_t size = fs::file_size(file_);
  const int descriptor = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
  void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  const auto data = std::span(static_cast<const std::byte*>(mapped), size).last(old.size());
  const std::vector<GivenTensor> tensors{{{"x", Type::u8, {100'000}}, from_memory(data)}};
  write_tensor_file(file_, tensors);
  EXPECT_EQ(read_bytes(file_), old);
  EXPECT_EQ(std::memcmp(data.data(), old.data(), old.size()), 0);
  ::munmap(mapped, size);
  ::close(descriptor);
}

TEST_F(Write, to_a_symbolic_link_replaces_the_file_that_it_leads_to) {
  fs::create_directory(folder_.path() / "elsewhere");
  const fs::path real = folder_.path() / "elsewhere" / "real";
  write_bytes(real, "old");
  fs::create_symlink("elsewhere/real", file_);
  write_bytes(file_, "new");
  EXPECT_TRUE(fs::is_symlink(file_));
  EXPECT_EQ(read_bytes(real), "new");
  EXPECT_EQ(names_in(real.parent_path()), std::vector<std::string>{"real"});
}

TEST_F(Write, to_a_symbolic_link_that_leads_nowhere_is_refused) {
  fs::create_symlink("nowhere", file_);
  EXPECT_EQ(message_of([&] { write_bytes(file_, "new"); }),
            file_.string() + ": is a symbolic link that leads to no file: No such file or directory");
  fs::create_symlink("circle", folder_.path() / "circle");
  EXPECT_TRUE(
      contains(message_of([&] { write_bytes(folder_.path() / "circle", "new"); }), "leads to no file"));
}

TEST_F(Write, to_no_folder_or_no_name_is_refused) {
  EXPECT_TRUE(contains(message_of([&] { write_bytes(folder_.path() / "none" / "a", "new"); }),
                       "cannot be made: No such file or directory"));
  EXPECT_TRUE(
      contains(message_of([&] { write_bytes(folder_.path().string() + "/", "new"); }), "names no file"));
  EXPECT_EQ(message_of([] { write_bytes(std::string("a\0b", 3), "new"); }),
            "a\\x00b: has a zero in its name");
}

TEST_F(Write, to_a_name_without_a_folder_is_to_the_current_one) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path());
  write_bytes("plain", "new");
  EXPECT_EQ(read_bytes("plain"), "new");
  fs::current_path(before);
}

TEST_F(Write, does_not_exceed_the_limit_of_a_file) {
  write_bytes(file_, "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit limit{5000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  const std::string message = message_of([&] { write_bytes(file_, noise(10'000)); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(contains(message, "files of this process have at most 5000"));
  EXPECT_EQ(read_bytes(file_), "old");
}

// Permissions

TEST_F(Write, gives_a_new_file_what_the_umask_leaves) {
  for (const mode_t mask : {022U, 077U, 027U}) {
    const mode_t before = ::umask(mask);
    write_bytes(file_, "new");
    ::umask(before);
    EXPECT_EQ(mode_of(file_), 0666 & ~mask);
    fs::remove(file_);
  }
}

TEST_F(Write, keeps_the_permissions_of_the_file_that_is_replaced) {
  write_bytes(file_, "old");
  for (const mode_t mode : {0600U, 0640U, 0666U, 0755U, 0444U}) {
    ASSERT_EQ(::chmod(file_.c_str(), mode), 0);
    write_bytes(file_, "new");
    EXPECT_EQ(mode_of(file_), mode);
  }
}

// Who

TEST_F(Write, excludes_another_writer_until_it_ends) {
  write_bytes(file_, "old");
  std::string message, through_a_link;
  fs::create_symlink(file_, folder_.path() / "link");
  const std::vector<GivenTensor> tensors{{{"x", Type::u8, {3}}, [&](const Sink& sink) {
                                            message = message_of([&] { write_bytes(file_, "second"); });
                                            through_a_link = message_of(
                                                [&] { write_bytes(folder_.path() / "link", "third"); });
                                            write_bytes(folder_.path() / "b", "another");
                                            sink(bytes_of_text("new"));
                                          }}};
  write_tensor_file(file_, tensors);
  EXPECT_EQ(message, file_.string() + ": is being written by somebody else, who has its lock");
  EXPECT_EQ(through_a_link, message);
  EXPECT_EQ(read_bytes(file_), "new");
  EXPECT_EQ(read_bytes(folder_.path() / "b"), "another");
  EXPECT_EQ(names_in(folder_.path()), (std::vector<std::string>{"a.safetensors", "b", "link"}));
  write_bytes(file_, "second");
  EXPECT_EQ(read_bytes(file_), "second");
}

/// In a child that is killed in the middle of its data.
void die_writing(const fs::path& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string half = noise(std::size_t{3} << 20);
    const std::vector<GivenTensor> tensors{{{"x", Type::u8, {6 << 20}}, [&](const Sink& sink) {
                                              sink(bytes_of_text(half));
                                              ::kill(::getpid(), SIGKILL);
                                            }}};
    write_tensor_file(file, tensors);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
}

TEST_F(Write, follows_a_writer_that_was_killed) {
  write_bytes(file_, "old");
  die_writing(file_);
  EXPECT_EQ(read_bytes(file_), "old");
  EXPECT_EQ(names_in(folder_.path()).size(), 3U);  // with its lock and its temporary file
  write_bytes(file_, "new");
  EXPECT_EQ(read_bytes(file_), "new");
  EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{"a.safetensors"});
}

TEST_F(Write, by_many_processes_at_once_leaves_a_whole_file) {
  write_bytes(file_, noise(5'000, 0));
  constexpr int kWriters = 4;
  for (int i = 1; i <= kWriters; ++i)
    if (::fork() == 0) {
      for (int n = 0; n < 20; ++n)
        message_of([&] { write_bytes(file_, noise(5'000, static_cast<std::uint64_t>(i))); });
      std::_Exit(0);
    }
  for (int i = 0; i < kWriters; ++i) {
    for (int n = 0; n < 50; ++n) EXPECT_EQ(read_bytes(file_).size(), 5'000U);
    ::wait(nullptr);
  }
  EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{"a.safetensors"});
}

}  // namespace
}  // namespace gradus::test
