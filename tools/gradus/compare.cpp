#include <fmt/format.h>

#include <memory>
#include <string>

#include "commands.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "lab/report/comparison.hpp"
#include "results_file.hpp"

namespace gradus::tool {
namespace {

struct CompareFlags {
  std::string file = "gradus-race/fashion-mlp/results.json";
  std::string to;
};

/// By label or as typed; the first if no name is given.
const lab::Entry& base(const lab::RaceResults& results, const std::string& name) {
  if (results.entries.empty()) throw Error("these results have no entries");
  if (name.empty()) return results.entries.front();
  std::vector<std::string> labels;
  for (const lab::Entry& entry : results.entries) {
    if (entry.label == name || entry.rule == name) return entry;
    labels.push_back(entry.label);
  }
  throw Error(fmt::format("there is no entry '{}' in these results; there are: {}", name, listed(labels)));
}

int compare(const CompareFlags& flags) {
  const lab::RaceResults results = results_in(flags.file);
  fmt::print("{}", lab::comparison_text(results, base(results, flags.to)));
  return 0;
}

}  // namespace

void add_compare(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("compare", "The differences between a race's entries, paired by seed");
  const auto flags = std::make_shared<CompareFlags>();
  command->add_option("FILE", flags->file, "results.json of a race")->capture_default_str();
  command->add_option("--to", flags->to, "The entry that the others are compared to [the first]")
      ->type_name("RULE");
  command->callback([&chosen, flags] { chosen = [flags] { return compare(*flags); }; });
}

}  // namespace gradus::tool
