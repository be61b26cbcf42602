#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "gradus/checkpoint/optimizer_file.hpp"
#include "gradus/checkpoint/shown.hpp"
#include "gradus/checkpoint/tensor_file.hpp"
#include "gradus/core/shape_text.hpp"
#include "lab/report/format.hpp"

namespace gradus::tool {
namespace {

using checkpoint::shown;  // names come from the file: a terminal must not obey them

void print_optimizer(const std::string& json) {
  const checkpoint::SavedOptimizer optimizer = checkpoint::parse_optimizer(json);
  fmt::print("optimizer of {}, seed {}\n", lab::counted(optimizer.steps, "step"),
             optimizer.seed ? std::to_string(*optimizer.seed) : "not known");
  for (std::size_t i = 0; i < optimizer.groups.size(); ++i) {
    const checkpoint::SavedGroup& group = optimizer.groups[i];
    fmt::print("group {}: {}\n", i, shown(group.rule));
    fmt::print("  {}; state rounds to {}, parameters to {}, rows count {} steps\n",
               lab::counted(static_cast<std::int64_t>(group.parameters.size()), "parameter"),
               shown(group.rounding), shown(group.parameter_rounding), shown(group.row_steps));
  }
}

void print_tensors(const std::vector<checkpoint::StoredTensor>& tensors) {
  std::size_t width = 6;
  for (const checkpoint::StoredTensor& tensor : tensors)
    width = std::max(width, lab::character_count(shown(tensor.name)));
  fmt::print("\n{:<{}}  {:<5}  {:>15}  SHAPE\n", "TENSOR", width, "TYPE", "BYTES");
  for (const checkpoint::StoredTensor& tensor : tensors) {
    const std::string name = shown(tensor.name);
    fmt::print("{}{:{}}  {:<5}  {:>15}  {}\n", name, "", width - lab::character_count(name),
               checkpoint::name_of(tensor.type), lab::thousands(static_cast<std::int64_t>(tensor.bytes)),
               shape_text(tensor.shape));
  }
}

int inspect(const std::string& path) {
  const checkpoint::TensorFile file(path, checkpoint::Record::optional);
  file.verify();
  fmt::print("{}: {}, {}\n", shown(path),
             lab::counted(static_cast<std::int64_t>(file.tensors().size()), "tensor"),
             file.has_record() ? "whole: all of it has been compared with its record"
                               : "without a record: changes of its data would go unnoticed");
  const auto optimizer = file.metadata().find(checkpoint::kOptimizerKey);
  if (optimizer != file.metadata().end())
    print_optimizer(optimizer->second);
  else
    fmt::print("no optimizer of gradus\n");
  print_tensors(file.tensors());
  return 0;
}

}  // namespace

void add_inspect(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("inspect", "What a checkpoint holds, or why it is refused");
  const auto file = std::make_shared<std::string>();
  command->add_option("FILE", *file, "Of checkpoint::save(), or any in the safetensors format")->required();
  command->callback([&chosen, file] { chosen = [file] { return inspect(*file); }; });
}

}  // namespace gradus::tool
