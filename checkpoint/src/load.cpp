#include <algorithm>
#include <cstring>
#include <deque>
#include <set>

#include "gradus/checkpoint/checkpoint.hpp"
#include "gradus/checkpoint/optimizer_file.hpp"
#include "gradus/core/differences.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/shape_text.hpp"
#include "gradus/engine/fields.hpp"
#include "gradus/registry.hpp"
#include "text.hpp"

namespace gradus::checkpoint {

namespace {

std::string text_of(const Tensor& tensor) {
  return std::string(name_of(tensor.type)) + " " + shape_text(tensor.shape);
}

/// Where a tensor of the file goes.
struct Place {
  Tensor expected;
  std::string_view code;  // that the file must say it has
  std::vector<std::byte> bytes = {};
};

/// All that the optimizer wants of the file, in memory of its own until all is there.
class Wanted {
 public:
  Place& add(const Tensor& tensor, std::string_view code = "") {
    return places_.emplace_back(Place{tensor, code, {}});
  }

  /// May be there, and stays in the file.
  void pass_by(const std::string& name) { passed_by_.insert(name); }

  void compare(const TensorFile& file, const SavedOptimizer& saved, Differences& differences) const {
    std::set<std::string_view> names(passed_by_.begin(), passed_by_.end());
    for (const Place& place : places_) {
      names.insert(place.expected.name);
      compare(place, file, saved, differences);
    }
    for (const StoredTensor& tensor : file.tensors())
      if (!names.contains(tensor.name)) differences.add(tensor_text(tensor.name) + " is too much");
  }

  void read(const TensorFile& file) {
    for (Place& place : places_) {
      place.bytes.resize(*bytes_of(place.expected));
      file.read(place.expected.name, place.bytes);
    }
  }

 private:
  static void compare(const Place& place, const TensorFile& file, const SavedOptimizer& saved,
                      Differences& differences) {
    const std::string whose = tensor_text(place.expected.name);
    const StoredTensor* const found = file.find(place.expected.name);
    if (found == nullptr) return differences.add(whose + " is missing");
    if (found->type != place.expected.type || found->shape != place.expected.shape)
      return differences.add(whose + " is " + text_of(*found) + ", expected " + text_of(place.expected));
    const auto code = saved.codes.find(place.expected.name);
    const std::string_view has = code == saved.codes.end() ? "" : std::string_view(code->second);
    if (has != place.code)
      differences.add(whose + " is kept as " + (has.empty() ? "numbers" : shown(has)) + ", expected " +
                      std::string(place.code.empty() ? "numbers" : place.code));
  }

  std::deque<Place> places_;  // they stay where they are
  std::set<std::string> passed_by_;
};

/// A parameter, and views of it that are filled when the file has been read.
struct Target {
  Elements x;
  Place* parameter;  // null: it stays as it is
  ParameterState state;
  Place* steps;
  std::vector<std::pair<Place*, Place*>> slots;  // with what lies beside, if anything
};

Target target_of(Optimizer& optimizer, ParameterState state, bool with_parameter, Wanted& wanted) {
  const ParameterId id = optimizer.find(state.name);
  Target target{optimizer.elements(id), nullptr, std::move(state), nullptr, {}};
  const std::string& name = target.state.name;
  if (with_parameter)
    target.parameter = &wanted.add({name, stored_as(target.x.dtype).type, optimizer.shape(id)});
  else
    wanted.pass_by(name);
  const std::string prefix = "state." + name + ".";
  target.steps = &wanted.add({prefix + "step", Type::i64, {}});
  for (const StateView& view : target.state.state) {
    const StoredAs as = stored_as(view.dtype);
    Place& elements = wanted.add({prefix + view.name, as.type, view.shape}, as.code);
    Place* beside = nullptr;
    if (as.beside) {
      const auto block = layout_of(view.dtype).block;
      const Shape of_blocks =
          block == 1 ? view.shape : Shape{static_cast<std::int64_t>((view.size + block - 1) / block)};
      beside = &wanted.add({prefix + view.name + "." + std::string(as.beside_name), *as.beside, of_blocks});
    }
    target.slots.emplace_back(&elements, beside);
  }
  return target;
}

void show(Target& target) {
  std::memcpy(&target.state.steps, target.steps->bytes.data(), sizeof target.state.steps);
  for (std::size_t i = 0; i < target.slots.size(); ++i) {
    const auto& [elements, beside] = target.slots[i];
    target.state.state[i].data = elements->bytes.data();
    target.state.state[i].beside = beside == nullptr ? nullptr : beside->bytes.data();
  }
}

/// Throws Error where the file does not say it.
SavedOptimizer saved_in(const TensorFile& file, const std::string& name) {
  const auto found = file.metadata().find(kOptimizerKey);
  if (found == file.metadata().end())
    fail(name, std::string("holds no optimizer: its metadata lack ") + kOptimizerKey);
  try {
    return parse_optimizer(found->second);
  } catch (const Error& error) {
    fail(name, error.what());
  }
}

void compare(const std::string& group, const char* what, std::string_view has, std::string_view expected,
             Differences& differences) {
  if (has != expected)
    differences.add(group + " has " + what + " " + shown(has) + ", expected " + std::string(expected));
}

/// Which group each parameter is in, and how groups keep state.
void compare_groups(const Optimizer& optimizer, const SavedOptimizer& saved, Differences& differences) {
  if (saved.groups.size() != optimizer.groups())
    return differences.add(std::to_string(saved.groups.size()) + " groups, expected " +
                           std::to_string(optimizer.groups()));
  std::map<std::string_view, std::size_t> group_of;
  for (std::size_t i = 0; i < saved.groups.size(); ++i) {
    const SavedGroup& group = saved.groups[i];
    const StateOptions& state = optimizer.state_options(GroupId{i});
    const std::string name = "group " + std::to_string(i);
    compare(name, "rounding", group.rounding, name_of(state.rounding), differences);
    compare(name, "parameter_rounding", group.parameter_rounding, name_of(state.parameter_rounding),
            differences);
    compare(name, "row_steps", group.row_steps, name_of(state.row_steps), differences);
    for (const std::string& parameter : group.parameters) group_of.emplace(parameter, i);
  }
  for (std::size_t i = 0; i < optimizer.size(); ++i) {
    const auto found = group_of.find(optimizer.name(ParameterId{i}));
    if (found != group_of.end() && GroupId{found->second} != optimizer.group(ParameterId{i}))
      differences.add("parameter '" + shown(found->first) + "' is in group " + std::to_string(found->second));
  }
  if (saved.seed && *saved.seed != optimizer.seed())
    differences.add("the seed is " + std::to_string(*saved.seed) + ", expected " +
                    std::to_string(optimizer.seed()));
}

/// The file's rules. Throws Error where one cannot be read, or is another than the optimizer's.
std::vector<AnyRule> rules_in(const Optimizer& optimizer, const SavedOptimizer& saved,
                              const std::string& file) {
  std::vector<AnyRule> rules;
  for (std::size_t i = 0; i < saved.groups.size(); ++i) {
    const std::string group = "group " + std::to_string(i);
    try {
      rules.push_back(parse_rule(saved.groups[i].rule));
    } catch (const Error& error) {
      fail(file, group + ": " + error.what());
    }
    const AnyRule& ours = optimizer.rule(GroupId{i});
    if (!engine::same_links(rules.back().program(), ours.program()))
      fail(file,
           group + " has the rule " + shown(rules.back().name()) + ", expected " + std::string(ours.name()));
    AnyRule rule =
        ours;  // its links may have been composed by the compiler, those of the file while the program runs
    copy_fields(rules.back(), rule);
    rules.back() = std::move(rule);
  }
  return rules;
}

}  // namespace

void load(Optimizer& optimizer, const std::filesystem::path& file, const LoadOptions& options, Disk& disk) {
  const std::string name = file.string();
  const TensorFile opened(file, options.record, disk);
  const SavedOptimizer saved = saved_in(opened, name);
  Differences differences;
  compare_groups(optimizer, saved, differences);
  Wanted wanted;
  std::vector<Target> targets;
  for (ParameterState& state : optimizer.all_state())
    targets.push_back(target_of(optimizer, std::move(state), options.parameters, wanted));
  wanted.compare(opened, saved, differences);
  if (const std::string text = differences.text(); !text.empty())
    fail(name, "is of another optimizer: " + text);
  std::vector<AnyRule> rules = rules_in(optimizer, saved, name);
  if (!options.hyperparameters) rules.clear();
  wanted.read(opened);

  std::vector<ParameterState> states;
  for (Target& target : targets) {
    show(target);
    states.push_back(std::move(target.state));
  }
  try {
    optimizer.restore(saved.steps, states, std::move(rules));
  } catch (const Error& error) {
    fail(name, error.what());
  }
  for (const Target& target : targets)
    if (target.parameter != nullptr && target.x.size > 0)
      std::memcpy(target.x.data, target.parameter->bytes.data(), target.parameter->bytes.size());
}

}  // namespace gradus::checkpoint
