// Files that are not as they must be, and what is said of each.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "samples.hpp"

namespace gradus::test {
namespace {

/// Of one tensor: its dtype, shape and offsets as they would stand there.
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"x":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}
std::string entry(const std::string& name, std::size_t begin, std::size_t end) {
  return "\"" + name + R"(":{"dtype":"U8","shape":[)" + std::to_string(end - begin) +
         R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}
std::string two(const std::string& first, const std::string& second) {
  return "{" + first + "," + second + "}";
}

struct Hostile {
  std::string name;
  std::string text;
  std::string message;  // after the file's name
};

const std::string kNumbers = "two whole numbers of 0 to 2^63 - 1",
                  kDimensions = "up to 64 whole numbers of 0 to 2^63 - 1",
                  kType = "the name of a type of whole bytes, as \"F32\"";

const std::vector<Hostile> kHostile{
    // Lengths
    {"empty_file", "", "has 0 bytes; a safetensors file has 10 at least"},
    {"seven_bytes", "1234567", "has 7 bytes; a safetensors file has 10 at least"},
    {"length_alone", length_text(0), "its header is 0 bytes long; 2 to 100000000 were expected"},
    {"length_1", length_text(1) + "{", "its header is 1 bytes long; 2 to 100000000 were expected"},
    {"header_beyond_the_end", length_text(3) + "{}",
     "its header is 3 bytes long; the file has 2 after the length"},
    {"largest_length", length_text(~std::uint64_t{0}) + "{}",
     "its header is 18446744073709551615 bytes long; the file has 2 after the length"},
    // JSON
    {"not_an_object", file_text("[]"), "its header does not begin with '{'"},
    {"blank_before", file_text(" {}"), "its header does not begin with '{'"},
    {"byte_order_mark", file_text("\xEF\xBB\xBF{}"), "its header does not begin with '{'"},
    {"cut_off", file_text(R"({"x":)"), "its header is no JSON: found '\"x\":' at byte 6"},
    {"more_after_the_object", file_text("{}{}"), "its header is no JSON: found '{}{' at byte 3"},
    {"zero_after_the_object", file_text(std::string("{}\0 ", 4)), "its header has a zero at byte 2"},
    {"comment", file_text("{/**/}"), "its header is no JSON: found '{/' at byte 2"},
    {"trailing_comma", file_text("{" + entry("x", 0, 1) + ",}", "1"), "its header is no JSON: found "},
    {"bad_utf8", file_text("{\"\xC3(\":{}}"), "its header is no JSON: found '\"\\xc3(' at byte 4"},
    {"overlong_utf8", file_text("{\"\xC0\xAF\":{}}"), "its header is no JSON: found '\"\\xc0' at byte 3"},
    {"lone_surrogate", file_text(R"({"\uD800":{}})"), "its header is no JSON: found '\"\\uD800\"' at byte 9"},
    {"control_in_a_name", file_text("{\"\x1B[2J\":{}}"),
     "its header is no JSON: found '\"<U+001B>' at byte 3"},
    {"deep", file_text("{\"x\":" + std::string(100'000, '[')),
     "tensor 'x': found an array; expected an object"},
    {"deep_in_metadata", file_text(R"({"__metadata__":{"a":{"b":{}}}})"),
     "__metadata__, 'a': found an object; expected a string"},
    {"deep_in_a_shape", file_text(one(R"("U8")", "[[1]]", "[0,1]"), "1"),
     "tensor 'x', 'shape': found an array; expected " + kDimensions},
    // Entries
    {"tensor_is_a_number", file_text(R"({"x":1})"), "tensor 'x': found the number 1; expected an object"},
    {"tensor_is_null", file_text(R"({"x":null})"), "tensor 'x': found null; expected an object"},
    {"metadata_is_null", file_text(R"({"__metadata__":null})"),
     "tensor '__metadata__': found null; expected an object"},
    {"metadata_has_a_number", file_text(R"({"__metadata__":{"a":1}})"),
     "__metadata__, 'a': found the number 1; expected a string"},
    {"metadata_has_a_truth_value", file_text(R"({"__metadata__":{"a":true}})"),
     "__metadata__, 'a': found a truth value; expected a string"},
    {"metadata_has_an_array", file_text(R"({"__metadata__":{"a":["b"]}})"),
     "__metadata__, 'a': found an array; expected a string"},
    {"metadata_twice", file_text(R"({"__metadata__":{},"__metadata__":{}})"),
     "__metadata__ stands there twice"},
    {"metadata_key_twice", file_text(R"({"__metadata__":{"a":"b","a":"c"}})"),
     "__metadata__, 'a' stands there twice"},
    {"tensor_twice", file_text(two(entry("x", 0, 1), entry("x", 1, 2)), "12"),
     "tensor 'x' stands there twice"},
    {"tensor_twice_in_other_letters", file_text(two(entry("x", 0, 1), entry("\\u0078", 1, 2)), "12"),
     "tensor 'x' stands there twice"},
    {"dtype_twice", file_text(R"({"x":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "1"),
     "tensor 'x', 'dtype' stands there twice"},
    {"unknown_key", file_text(R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"y":1}})", "1"),
     "tensor 'x': found 'y'; expected 'dtype', 'shape' and 'data_offsets' alone"},
    {"no_dtype", file_text(R"({"x":{"shape":[1],"data_offsets":[0,1]}})", "1"),
     "tensor 'x': lacks one of 'dtype', 'shape' and 'data_offsets'"},
    {"no_shape", file_text(R"({"x":{"dtype":"U8","data_offsets":[0,1]}})", "1"),
     "tensor 'x': lacks one of 'dtype', 'shape' and 'data_offsets'"},
    {"no_offsets", file_text(R"({"x":{"dtype":"U8","shape":[1]}})", "1"),
     "tensor 'x': lacks one of 'dtype', 'shape' and 'data_offsets'"},
    {"nothing_in_it", file_text(R"({"x":{}})"),
     "tensor 'x': lacks one of 'dtype', 'shape' and 'data_offsets'"},
    {"long_name", file_text("{" + entry(std::string(65'536, 'n'), 0, 1) + "}", "1"),
     "tensor '" + std::string(1000, 'n') + "…': its name has 65536 bytes; expected at most 65535"},
    // Types
    {"unknown_dtype", file_text(one(R"("F31")", "[1]", "[0,1]"), "1"),
     "tensor 'x', 'dtype': found the dtype 'F31'; expected " + kType},
    {"dtype_of_half_bytes", file_text(one(R"("F4")", "[2]", "[0,1]"), "1"),
     "tensor 'x', 'dtype': found the dtype 'F4'; expected " + kType},
    {"dtype_in_small_letters", file_text(one(R"("f32")", "[1]", "[0,4]"), "1234"),
     "tensor 'x', 'dtype': found the dtype 'f32'; expected " + kType},
    {"dtype_is_a_number", file_text(one("1", "[1]", "[0,1]"), "1"),
     "tensor 'x', 'dtype': found the number 1; expected " + kType},
    {"dtype_is_an_array", file_text(one(R"(["U8"])", "[1]", "[0,1]"), "1"),
     "tensor 'x', 'dtype': found an array; expected " + kType},
    // Shapes
    {"shape_is_a_number", file_text(one(R"("U8")", "1", "[0,1]"), "1"),
     "tensor 'x', 'shape': found the number 1; expected " + kDimensions},
    {"shape_is_a_string", file_text(one(R"("U8")", R"("1")", "[0,1]"), "1"),
     "tensor 'x', 'shape': found the string '1'; expected " + kDimensions},
    {"negative_dimension", file_text(one(R"("U8")", "[-1]", "[0,1]"), "1"),
     "tensor 'x', 'shape': found the number -1; expected " + kDimensions},
    {"minus_zero", file_text(one(R"("U8")", "[-0]", "[0,0]")),
     "tensor 'x', 'shape': found the number 0; expected " + kDimensions},
    {"dimension_with_a_point", file_text(one(R"("U8")", "[1.0]", "[0,1]"), "1"),
     "tensor 'x', 'shape': found the number 1.0; expected " + kDimensions},
    {"dimension_with_an_exponent", file_text(one(R"("U8")", "[1e0]", "[0,1]"), "1"),
     "tensor 'x', 'shape': found the number 1e0; expected " + kDimensions},
    {"dimension_of_2_to_the_63", file_text(one(R"("U8")", "[9223372036854775808]", "[0,1]"), "1"),
     "tensor 'x', 'shape': found the number 9223372036854775808; expected " + kDimensions},
    {"dimension_of_2_to_the_64", file_text(one(R"("U8")", "[18446744073709551616]", "[0,1]"), "1"),
     "tensor 'x', 'shape': found the number 18446744073709551616; expected " + kDimensions},
    {"product_that_wraps_to_1", file_text(one(R"("U8")", "[274177,67280421310721]", "[0,1]"), "1"),
     "tensor 'x': its shape has more bytes than 64 bits count"},
    {"product_that_wraps_to_0", file_text(one(R"("U8")", "[4294967296,4294967296]", "[0,0]")),
     "tensor 'x': its shape has more bytes than 64 bits count"},
    {"bytes_that_wrap_to_0", file_text(one(R"("F64")", "[2305843009213693952]", "[0,0]")),
     "tensor 'x': its shape has more bytes than 64 bits count"},
    {"overflow_behind_a_zero", file_text(one(R"("U8")", "[0,4294967296,4294967296]", "[0,0]")),
     "tensor 'x': its shape has more bytes than 64 bits count"},
    {"nothing_between_commas", file_text(one(R"("U8")", "[1,,1]", "[0,1]"), "1"),
     "its header is no JSON: found "},
    {"sixty_five_dimensions",
     file_text(one(R"("U8")",
                   [] {
                     std::string shape = "[1";
                     for (int i = 0; i < 64; ++i) shape += ",1";
                     return shape + "]";
                   }(),
                   "[0,1]"),
               "1"),
     "tensor 'x', 'shape': found more; expected " + kDimensions},
    // Offsets
    {"offsets_of_one", file_text(one(R"("U8")", "[1]", "[0]"), "1"),
     "tensor 'x', 'data_offsets': found fewer than two numbers; expected " + kNumbers},
    {"offsets_of_three", file_text(one(R"("U8")", "[1]", "[0,1,2]"), "1"),
     "tensor 'x', 'data_offsets': found a third number; expected " + kNumbers},
    {"offsets_of_none", file_text(one(R"("U8")", "[1]", "[]"), "1"),
     "tensor 'x', 'data_offsets': found fewer than two numbers; expected " + kNumbers},
    {"negative_offset", file_text(one(R"("U8")", "[1]", "[-1,0]"), "1"),
     "tensor 'x', 'data_offsets': found the number -1; expected " + kNumbers},
    {"offsets_backwards", file_text(one(R"("U8")", "[1]", "[1,0]"), "1"),
     "tensor 'x': its data_offsets are [1, 0]; its dtype and shape make 1 bytes"},
    {"fewer_bytes_than_elements", file_text(one(R"("F32")", "[2]", "[0,4]"), "1234"),
     "tensor 'x': its data_offsets are [0, 4]; its dtype and shape make 8 bytes"},
    {"more_bytes_than_elements", file_text(one(R"("F32")", "[]", "[0,8]"), "12345678"),
     "tensor 'x': its data_offsets are [0, 8]; its dtype and shape make 4 bytes"},
    {"data_beyond_the_end", file_text("{" + entry("x", 0, 2) + "}", "1"),
     "has 1 bytes of data; its header tells of 2"},
    {"bytes_after_the_data", file_text("{" + entry("x", 0, 1) + "}", "12"),
     "has 2 bytes of data; its header tells of 1"},
    {"data_without_tensors", file_text("{}", "1"), "has 1 bytes of data; its header tells of 0"},
    {"hole_before", file_text("{" + entry("x", 1, 2) + "}", "12"),
     "tensor 'x': its data begins at byte 1, after a hole; expected 0"},
    {"hole_between", file_text(two(entry("x", 0, 1), entry("y", 2, 3)), "123"),
     "tensor 'y': its data begins at byte 2, after a hole; expected 1"},
    {"overlap", file_text(two(entry("x", 0, 2), entry("y", 1, 3)), "123"),
     "tensor 'y': its data begins at byte 1, within another's; expected 2"},
    {"same_bytes_twice", file_text(two(entry("x", 0, 1), entry("y", 0, 1)), "1"),
     "tensor 'y': its data begins at byte 0, within another's; expected 1"},
    {"empty_tensor_within_another", file_text(two(entry("x", 0, 2), entry("y", 1, 1)), "12"),
     "tensor 'y': its data begins at byte 1, within another's; expected 2"},
    // Names that a terminal would obey
    {"escape_sequence", file_text(R"({"\u001b[2J\u0007\r":1})"),
     "tensor '\\x1b[2J\\x07\\x0d': found the number 1; expected an object"},
    {"line_break", file_text(R"({"a\nb":1})"), "tensor 'a\\x0ab': found the number 1; expected an object"},
    {"bidi_override", file_text(R"({"\u202etxt":1})"),
     "tensor '\\xe2\\x80\\xaetxt': found the number 1; expected an object"},
    {"c1_control", file_text(R"({"\u009b31m":1})"),
     "tensor '\\xc2\\x9b31m': found the number 1; expected an object"},
    // The record
    {"record_in_another_place",
     file_text(R"({"__metadata__":{"a":"b","gradus.integrity":"xxh3-64 of 16 MiB: 0"}})"),
     "its record of integrity, 'gradus.integrity', is damaged, or another program has written the file anew"},
    {"record_of_another_name", file_text(R"({"__metadata__":{"gradus":"xxh3-64 of 16 MiB: 0"}})"),
     "its record of integrity, 'gradus', is damaged, or another program has written the file anew"},
    {"record_without_a_hash", file_text(R"({"__metadata__":{"gradus.integrity":"xxh3-64 of 16 MiB: "}})"),
     "its record of integrity, 'gradus.integrity', is damaged, or another program has written the file anew"},
    {"record_of_half_a_hash",
     file_text(R"({"__metadata__":{"gradus.integrity":"xxh3-64 of 16 MiB: 01234567"}}        )"),
     "its header is damaged: its hash is "},
    {"record_of_a_wrong_hash",
     file_text(R"({"__metadata__":{"gradus.integrity":"xxh3-64 of 16 MiB: 0123456789abcdef"}})"),
     "its header is damaged: its hash is "},
};

class HostileFile : public testing::TestWithParam<Hostile> {};

TEST_P(HostileFile, is_refused_in_one_line) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "a.safetensors").string();
  write_plain(file, GetParam().text);
  for (const Record record : {Record::optional, Record::required}) {
    const std::string message = message_of([&] { TensorFile opened(file, record); });
    EXPECT_EQ(message.substr(0, file.size() + 2 + GetParam().message.size()),
              file + ": " + GetParam().message);
    EXPECT_TRUE(std::ranges::none_of(
        message, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }));
  }
}

INSTANTIATE_TEST_SUITE_P(Table, HostileFile, testing::ValuesIn(kHostile),
                         [](const auto& row) { return row.param.name; });

// Headers of a size that only a machine writes

TEST(HostileFile, of_a_header_above_the_limit_is_refused_before_it_is_read) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "a";
  write_plain(file, length_text(100'000'001) + "{}");
  std::filesystem::resize_file(file, 100'000'009);
  EXPECT_EQ(message_of([&] { TensorFile opened(file, Record::optional); }),
            file.string() + ": its header is 100000001 bytes long; 2 to 100000000 were expected");
}

// What is no file

TEST(NoFile, is_refused_without_waiting) {
  const TemporaryFolder folder;
  const std::string pipe = folder.path() / "pipe", socket = folder.path() / "socket";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::vector<std::pair<std::string, std::string>> rows{
      {pipe, "is not a regular file"},
      {socket, "is not a regular file"},
      {"/dev/zero", "is not a regular file"},
      {folder.path(), "is a folder, not a file"},
      {folder.path() / "none", "cannot be opened: No such file or directory"},
      {folder.path() / "pipe" / "none", "cannot be opened: Not a directory"}};
  for (const auto& [path, why] : rows)
    EXPECT_EQ(message_of([&path = path] { TensorFile opened(path, Record::optional); }), path + ": " + why);
  EXPECT_EQ(message_of([] { TensorFile opened(std::string("a\0b", 3)); }), "a\\x00b: has a zero in its name");
  for (const auto& [path, why] : std::vector(rows.begin(), rows.begin() + 4))
    EXPECT_EQ(message_of([&path = path] { write_bytes(path, "x"); }), path + ": " + why);
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"pipe", "socket"}));
  ::close(listener);
}

TEST(NoFile, is_shown_in_letters_that_a_terminal_does_not_obey) {
  EXPECT_EQ(message_of([] { TensorFile opened("/no/\x1B[2J\xFFné"); }),
            "/no/\\x1b[2J\\xffné: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace gradus::test
