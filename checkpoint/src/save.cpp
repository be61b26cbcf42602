#include <algorithm>
#include <memory>
#include <utility>

#include "gradus/checkpoint/checkpoint.hpp"
#include "gradus/checkpoint/optimizer_file.hpp"
#include "gradus/checkpoint/write_tensor_file.hpp"
#include "gradus/registry.hpp"

namespace gradus::checkpoint {

namespace {

std::span<const std::byte> bytes_at(const void* data, std::size_t count) {
  return {static_cast<const std::byte*>(data), count};
}

std::vector<SavedGroup> groups_of(const Optimizer& optimizer) {
  std::vector<SavedGroup> groups;
  for (std::size_t i = 0; i < optimizer.groups(); ++i) {
    const StateOptions& state = optimizer.state_options(GroupId{i});
    groups.push_back({.rule = rule_text(optimizer.rule(GroupId{i})),
                      .rounding = std::string(name_of(state.rounding)),
                      .parameter_rounding = std::string(name_of(state.parameter_rounding)),
                      .row_steps = std::string(name_of(state.row_steps)),
                      .parameters = {}});
  }
  for (std::size_t i = 0; i < optimizer.size(); ++i)
    groups[static_cast<std::size_t>(optimizer.group(ParameterId{i}))].parameters.push_back(
        optimizer.name(ParameterId{i}));
  return groups;
}

/// All of a file but its bytes, which stay where they are until the optimizer is called again.
class Contents {
 public:
  explicit Contents(Optimizer& optimizer)
      : saved_{.steps = optimizer.steps(),
               .seed = optimizer.seed(),
               .groups = groups_of(optimizer),
               .codes = {}},
        states_(optimizer.all_state()) {
    for (const ParameterState& each : states_) {
      const ParameterId id = optimizer.find(each.name);
      const Elements x = optimizer.elements(id);
      add(each.name, x.dtype, optimizer.shape(id), x.data, nullptr);
      const std::string state = "state." + each.name + ".";
      add(Tensor{state + "step", Type::i64, {}}, &each.steps);
      for (const StateView& view : each.state)
        add(state + view.name, view.dtype, view.shape, view.data, view.beside);
    }
  }

  /// Takes bytes of its own.
  void copy() {
    std::uint64_t bytes = 0;
    for (const GivenTensor& tensor : tensors_) bytes += *bytes_of(tensor);
    copy_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
    std::byte* end = copy_.get();
    for (GivenTensor& tensor : tensors_) {
      std::byte* const begin = end;
      tensor.give([&](std::span<const std::byte> piece) { end = std::ranges::copy(piece, end).out; });
      tensor.give = from_memory({begin, end});
    }
  }

  void write(const std::filesystem::path& file, Disk& disk) const {
    write_tensor_file(file, tensors_, {{kOptimizerKey, to_json(saved_)}}, disk);
  }

 private:
  void add(const std::string& name, Dtype dtype, const Shape& shape, const void* data, const void* beside) {
    const StoredAs as = stored_as(dtype);
    if (!as.code.empty()) saved_.codes.emplace(name, as.code);
    add(Tensor{name, as.type, shape}, data);
    if (!as.beside) return;
    const auto size = static_cast<std::int64_t>(*bytes_of(Tensor{name, Type::u8, shape}));
    const auto block = static_cast<std::int64_t>(layout_of(dtype).block);
    const Shape of_blocks = block == 1 ? shape : Shape{(size + block - 1) / block};
    add(Tensor{name + "." + std::string(as.beside_name), *as.beside, of_blocks}, beside);
  }
  void add(const Tensor& tensor, const void* data) {
    tensors_.push_back({tensor, from_memory(bytes_at(data, *bytes_of(tensor)))});
  }

  SavedOptimizer saved_;
  std::vector<ParameterState> states_;
  std::vector<GivenTensor> tensors_;
  std::unique_ptr<std::byte[]> copy_;
};

}  // namespace

void save(Optimizer& optimizer, const std::filesystem::path& file, Disk& disk) {
  Contents(optimizer).write(file, disk);
}

std::future<void> save_async(Optimizer& optimizer, std::filesystem::path file, Disk& disk) {
  Contents contents(optimizer);
  contents.copy();
  return std::async(std::launch::async, [contents = std::move(contents), file = std::move(file), &disk] {
    contents.write(file, disk);
  });
}

}  // namespace gradus::checkpoint
