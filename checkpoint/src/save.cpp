#include "gradus/checkpoint/checkpoint.hpp"
#include "gradus/checkpoint/optimizer_file.hpp"
#include "gradus/checkpoint/write_tensor_file.hpp"
#include "gradus/registry.hpp"

namespace gradus::checkpoint {

namespace {

std::span<const std::byte> bytes_at(const void* data, std::size_t count) {
  return {static_cast<const std::byte*>(data), count};
}

/// What is to be written, tensor by tensor.
class Contents {
 public:
  void add(const std::string& name, Dtype dtype, const Shape& shape, const void* data, const void* beside) {
    const StoredAs as = stored_as(dtype);
    if (!as.code.empty()) codes_.emplace(name, as.code);
    add(Tensor{name, as.type, shape}, data);
    if (!as.beside) return;
    const auto size = static_cast<std::int64_t>(*bytes_of(Tensor{name, Type::u8, shape}));
    const auto block = static_cast<std::int64_t>(layout_of(dtype).block);
    const Shape of_blocks = block == 1 ? shape : Shape{(size + block - 1) / block};
    add(Tensor{name + "." + std::string(as.beside_name), *as.beside, of_blocks}, beside);
  }
  /// The number stays where it is until all is written.
  void add(const std::string& name, const std::int64_t& number) { add(Tensor{name, Type::i64, {}}, &number); }

  [[nodiscard]] const std::vector<GivenTensor>& tensors() const { return tensors_; }
  [[nodiscard]] const std::map<std::string, std::string>& codes() const { return codes_; }

 private:
  void add(const Tensor& tensor, const void* data) {
    tensors_.push_back({tensor, from_memory(bytes_at(data, *bytes_of(tensor)))});
  }

  std::vector<GivenTensor> tensors_;
  std::map<std::string, std::string> codes_;
};

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

}  // namespace

void save(Optimizer& optimizer, const std::filesystem::path& file, Disk& disk) {
  SavedOptimizer saved{
      .steps = optimizer.steps(), .seed = optimizer.seed(), .groups = groups_of(optimizer), .codes = {}};
  const std::vector<ParameterState> states = optimizer.all_state();
  Contents contents;
  for (const ParameterState& each : states) {
    const ParameterId id = optimizer.find(each.name);
    const Elements x = optimizer.elements(id);
    contents.add(each.name, x.dtype, optimizer.shape(id), x.data, nullptr);
    const std::string state = "state." + each.name + ".";
    contents.add(state + "step", each.steps);
    for (const StateView& view : each.state)
      contents.add(state + view.name, view.dtype, view.shape, view.data, view.beside);
  }
  saved.codes = contents.codes();
  write_tensor_file(file, contents.tensors(), {{kOptimizerKey, to_json(saved)}}, disk);
}

}  // namespace gradus::checkpoint
