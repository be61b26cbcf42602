#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "lab/report/figures/figure.hpp"
#include "lab/report/output.hpp"
#include "lab/report/summary.hpp"
#include "lab/results/merge.hpp"
#include "publish.hpp"
#include "results_file.hpp"

namespace gradus::tool {
namespace {

struct ReportFlags {
  std::vector<std::string> files;
  std::string out = "gradus-report";
};

int report(const ReportFlags& flags) {
  std::vector<lab::RaceResults> races;
  for (const std::string& file : flags.files) races.push_back(results_in(file));
  lab::RaceResults results = lab::merged(races);
  lab::summarize(results);
  const std::filesystem::path out = flags.out;
  lab::prepare_output_folder(out, kPublished);
  publish(results, out);
  for (const lab::Figure& figure : lab::figures_of(results)) {
    const std::filesystem::path file = out / (figure.id + ".vl.json");
    lab::write_file_atomically(file, specification(figure, names_of(results)));
    fmt::print("{}\n", file.string());
  }
  return 0;
}

}  // namespace

void add_report(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("report",
                                         "The report of a race anew, or of several on one task together; and "
                                         "its figures as Vega-Lite documents");
  const auto flags = std::make_shared<ReportFlags>();
  command->add_option("FILE", flags->files, "results.json of races")->required();
  command->add_option("--out", flags->out, "Folder for results.json, report.html and FIGURE.vl.json")
      ->type_name("DIR")
      ->capture_default_str();
  command->callback([&chosen, flags] { chosen = [flags] { return report(*flags); }; });
}

}  // namespace gradus::tool
