// The metadata of a checkpoint up to the end of the line, then the first of its data: loaded into an optimizer.

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "gradus/checkpoint/checkpoint.hpp"
#include "gradus/checkpoint/optimizer_file.hpp"
#include "gradus/checkpoint/tensor_file.hpp"
#include "gradus/gradus.hpp"
#include "memory_disk.hpp"
#include "record.hpp"
#include "support/files.hpp"

namespace gradus::fuzz {

namespace {

using namespace checkpoint;
using Json = nlohmann::ordered_json;

/// A group of arrays in bytes, and one of rows that count their own steps, with numbers besides.
struct Training {
  std::vector<float> a{1, 2, 3}, of_a{1, 1, 1}, b{1, 2, 3, 4}, of_b{1, 1, 1, 1};
  Optimizer optimizer{Adam{}, {.state = {.dtype = State::dynamic8, .from_size = 0}}};

  Training() {
    const GroupId rows = optimizer.add_group(AdaGrad{}, {.row_steps = RowSteps::own});
    optimizer.add("a", {3}, a, of_a);
    optimizer.add("b", {2, 2}, b, of_b, rows);
  }
};

std::string bytes_at(const void* data, std::size_t bytes) {
  return bytes == 0 ? "" : std::string(static_cast<const char*>(data), bytes);
}

std::string bytes_of(const StateView& view) {
  const Layout layout = layout_of(view.dtype);
  return bytes_at(view.data, view.size * layout.element_bytes) +
         bytes_at(view.beside, (view.size + layout.block - 1) / layout.block * layout.beside_bytes);
}

/// All that load() may change.
std::string contents(Training& training) {
  std::string all = std::to_string(training.optimizer.steps());
  for (std::size_t group = 0; group < training.optimizer.groups(); ++group)
    all += "\n" + rule_text(training.optimizer.rule(GroupId{group}));
  for (const std::vector<float>* x : {&training.a, &training.b})
    all += "\n" + bytes_at(x->data(), x->size() * sizeof(float));
  for (const ParameterState& state : training.optimizer.all_state()) {
    all += "\n" + std::to_string(state.steps);
    for (const StateView& view : state.state) all += "\n" + bytes_of(view);
  }
  return all;
}

/// A file as save() writes it, of a training that has taken a step: the tensors' places, and their bytes.
struct Saved {
  std::vector<StoredTensor> tensors;
  std::string data;

  Saved() {
    const test::TemporaryFolder folder;
    const std::filesystem::path path = folder.path() / "training.safetensors";
    Training training;
    training.optimizer.step();
    save(training.optimizer, path);
    const TensorFile file(path);
    tensors = file.tensors();
    data = test::text_of(path);
    data.erase(0, data.size() - (tensors.back().begin + tensors.back().bytes));
  }
};

/// The same with that metadata and, from the first byte on, these data. Nothing where JSON has no such text.
std::optional<std::string> file_of(const std::string& metadata, std::string_view data) {
  static const Saved saved;
  Json header{{"__metadata__", {{kOptimizerKey, metadata}}}};
  for (const StoredTensor& tensor : saved.tensors)
    header[tensor.name] = {{"dtype", name_of(tensor.type)},
                           {"shape", tensor.shape},
                           {"data_offsets", {tensor.begin, tensor.begin + tensor.bytes}}};
  std::string text, bytes = saved.data;
  try {
    text = header.dump();
  } catch (const Json::exception&) {
    return {};
  }
  data = data.substr(0, bytes.size());
  bytes.replace(0, data.size(), data);
  const auto length = little_endian(text.size());
  return bytes_at(length.data(), length.size()) + text + bytes;
}

/// What is read of the metadata is written and read as the same.
void check_metadata(const std::string& text) {
  const auto saved = accepted([&] { return parse_optimizer(text); });
  if (!saved) return;
  const std::string written = to_json(*saved);
  expect(to_json(parse_optimizer(written)) == written, "the same metadata");
}

/// All or nothing. What has been loaded can take a step, or says why not.
void check_load(const std::string& file) {
  MemoryDisk disk(file);
  Training training;
  const std::string before = contents(training);
  const bool loaded =
      accepts([&] { load(training.optimizer, "input", {.record = Record::optional}, disk); }, expect_line);
  if (!loaded) return expect(contents(training) == before, "an optimizer as it was");
  accepts([&] { training.optimizer.step(); });
}

}  // namespace

void look_at(std::string_view input) {
  const std::string metadata(input.substr(0, input.find('\n')));
  check_metadata(metadata);
  const auto file = file_of(metadata, input.substr(std::min(metadata.size() + 1, input.size())));
  if (file) check_load(*file);
}

}  // namespace gradus::fuzz
