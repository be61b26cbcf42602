#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "commands.hpp"
#include "lab/report/figures/figure.hpp"
#include "lab/report/html.hpp"
#include "lab/report/output.hpp"
#include "lab/report/summary.hpp"
#include "results_file.hpp"

namespace gradus::tool {
namespace {

struct Flags {
  std::string file = "gradus-race/results.json";
  std::string out = "gradus-race";
};

int report(const Flags& flags) {
  lab::RaceResults results = results_in(flags.file);
  lab::summarize(results);
  const std::filesystem::path out = flags.out;
  lab::prepare_output_folder(out);
  const auto write = [&out](const std::string& name, const std::string& text) {
    lab::write_file_atomically(out / name, text);
    fmt::print("{}\n", (out / name).string());
  };
  write("report.html", lab::html_report(results));
  for (const lab::Figure& figure : lab::figures_of(results))
    write(figure.id + ".vl.json", specification(figure, results));
  return 0;
}

}  // namespace

void add_report(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand(
      "report", "Make the report of a race anew, and each of its figures as a Vega-Lite document");
  const auto flags = std::make_shared<Flags>();
  command->add_option("FILE", flags->file, "results.json of a race")->capture_default_str();
  command->add_option("--out", flags->out, "Folder for report.html and FIGURE.vl.json")
      ->type_name("DIR")
      ->capture_default_str();
  command->callback([&chosen, flags] { chosen = [flags] { return report(*flags); }; });
}

}  // namespace gradus::tool
