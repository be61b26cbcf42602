// Files by Hugging Face's safetensors (golden/make_golden.py).

#include <gtest/gtest.h>

#include "samples.hpp"

namespace gradus::test {
namespace {

std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(CHECKPOINT_GOLDEN_DIR) / (name + ".safetensors");
}

/// As make_golden.py has them.
std::string golden_bytes(std::size_t count, bool are_truth_values = false) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i)
    bytes[i] = static_cast<char>((i * 37 + 11) % 251 & (are_truth_values ? 1U : 255U));
  return bytes;
}

const std::vector<std::pair<std::string, Type>> kPythonNames{{"bool", Type::boolean},
                                                             {"uint8", Type::u8},
                                                             {"int8", Type::i8},
                                                             {"float8_e4m3fn", Type::f8_e4m3},
                                                             {"float8_e4m3fnuz", Type::f8_e4m3fnuz},
                                                             {"float8_e5m2", Type::f8_e5m2},
                                                             {"float8_e5m2fnuz", Type::f8_e5m2fnuz},
                                                             {"float8_e8m0fnu", Type::f8_e8m0},
                                                             {"int16", Type::i16},
                                                             {"uint16", Type::u16},
                                                             {"float16", Type::f16},
                                                             {"bfloat16", Type::bf16},
                                                             {"int32", Type::i32},
                                                             {"uint32", Type::u32},
                                                             {"float32", Type::f32},
                                                             {"int64", Type::i64},
                                                             {"uint64", Type::u64},
                                                             {"float64", Type::f64},
                                                             {"complex64", Type::c64}};

TEST(Golden, file_of_every_type_is_read) {
  const TensorFile file(golden("every_type"), Record::optional);
  EXPECT_FALSE(file.has_record());
  EXPECT_TRUE(file.metadata().empty());
  EXPECT_EQ(file.tensors().size(), kPythonNames.size());
  for (const auto& [name, type] : kPythonNames) {
    const StoredTensor* const tensor = file.find(name);
    ASSERT_NE(tensor, nullptr) << name;
    EXPECT_EQ(tensor->type, type) << name;
    EXPECT_EQ(tensor->shape, (std::vector<std::int64_t>{2, 3})) << name;
    EXPECT_EQ(read_text(file, name), golden_bytes(6 * bytes_of(type), type == Type::boolean)) << name;
  }
}

TEST(Golden, file_of_every_shape_is_read) {
  const TensorFile file(golden("shapes"), Record::optional);
  const std::vector<std::pair<std::string, std::vector<std::int64_t>>> shapes{
      {"scalar", {}}, {"empty", {0}}, {"empty_matrix", {3, 0, 2}}, {"ones", std::vector<std::int64_t>(9, 1)},
      {"odd", {7}},   {"vector", {5}}};
  EXPECT_EQ(file.tensors().size(), shapes.size());
  for (const auto& [name, shape] : shapes) {
    ASSERT_NE(file.find(name), nullptr) << name;
    EXPECT_EQ(file.find(name)->shape, shape) << name;
    EXPECT_EQ(read_text(file, name), golden_bytes(file.find(name)->bytes)) << name;
  }
  EXPECT_EQ(file.metadata(),
            (Metadata{{"format", "pt"}, {"key with \"quotes\"", "line\nbreak, tab\t, Ωμέγα, 🐍"}}));
}

TEST(Golden, file_of_strange_names_is_read) {
  const TensorFile file(golden("names"), Record::optional);
  std::int64_t elements = 0;
  for (const char* const name :
       {"", "state.layer.0.weight.exp_avg", "with \"quotes\" and \\", "größe", "重み", "new\nline", "🐍"}) {
    ASSERT_NE(file.find(name), nullptr) << name;
    EXPECT_EQ(file.find(name)->shape, std::vector{++elements}) << name;
  }
}

TEST(Golden, files_of_no_tensors_are_read) {
  EXPECT_TRUE(TensorFile(golden("nothing"), Record::optional).tensors().empty());
  EXPECT_EQ(TensorFile(golden("metadata_alone"), Record::optional).metadata(), (Metadata{{"step", "7"}}));
}

TEST(Golden, file_is_refused_where_a_record_is_required) {
  EXPECT_EQ(message_of([] { TensorFile file(golden("shapes")); }),
            golden("shapes").string() + ": has no record of integrity; it is read where none is required");
}

TEST(Golden, file_is_written_anew_with_the_same_content) {
  const TemporaryFolder folder;
  for (const char* const name : {"every_type", "shapes", "names", "nothing", "metadata_alone"}) {
    const TensorFile theirs(golden(name), Record::optional);
    std::vector<GivenTensor> tensors;
    for (const StoredTensor& tensor : theirs.tensors())
      tensors.push_back({tensor, [&theirs, &tensor](const Sink& sink) { theirs.read(tensor.name, sink); }});
    write_tensor_file(folder.path() / name, tensors, theirs.metadata());
    const TensorFile ours(folder.path() / name);
    EXPECT_EQ(ours.metadata(), theirs.metadata());
    EXPECT_EQ(ours.tensors().size(), theirs.tensors().size());
    for (const StoredTensor& tensor : theirs.tensors())
      EXPECT_EQ(read_text(ours, tensor.name), read_text(theirs, tensor.name)) << name << ", " << tensor.name;
  }
}

}  // namespace
}  // namespace gradus::test
