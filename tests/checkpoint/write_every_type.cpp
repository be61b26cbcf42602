// Writes a file of every type, and of some shapes, to the path that it is given, for interchange_test.py.

#include <cstdio>

#include "samples.hpp"

int main(int argc, char** argv) try {
  using namespace gradus::checkpoint;
  if (argc != 2) return 2;
  constexpr int kTypes = static_cast<int>(Type::c64) + 1;
  std::string bytes(24 * 8, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>((i * 37 + 11) % 251);
  const std::string truth_values(6, '\1');
  std::vector<GivenTensor> tensors;
  for (int i = 0; i < kTypes; ++i) {
    const auto type = static_cast<Type>(i);
    const std::string& from = type == Type::boolean ? truth_values : bytes;
    tensors.push_back({{std::string(name_of(type)), type, {2, 3}},
                       from_memory(gradus::test::bytes_of_text(from).first(6 * bytes_of(type)))});
  }
  tensors.push_back(gradus::test::given("scalar", Type::f32, {}, bytes.substr(0, 4)));
  tensors.push_back(gradus::test::given("empty", Type::f32, {2, 0}, ""));
  tensors.push_back(gradus::test::given("größe \"重み\"\n🐍", Type::u8, {3}, bytes.substr(0, 3)));
  write_tensor_file(argv[1], tensors, {{"step", "7"}, {"groups", "[{\"lr\": 0.1}]"}});
  return 0;
} catch (const gradus::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
