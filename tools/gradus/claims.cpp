#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "commands.hpp"
#include "gradus/core/error.hpp"
#include "lab/claims/claim_results.hpp"
#include "lab/claims/documents.hpp"
#include "lab/claims/judge.hpp"
#include "lab/claims/page.hpp"
#include "lab/claims/telling.hpp"
#include "lab/claims/workbench.hpp"
#include "lab/report/format.hpp"
#include "lab/report/output.hpp"
#include "lab/results/file.hpp"
#include "machine.hpp"
#include "progress.hpp"
#include "signals.hpp"

namespace gradus::tool {
namespace {

namespace fs = std::filesystem;

struct ClaimFlags {
  std::vector<std::string> which;
  bool quick = false, overwrite = false;
  std::string out, markdown;

  [[nodiscard]] fs::path folder() const {
    return out.empty() ? fs::path(quick ? "gradus-claims-quick" : "gradus-claims") : fs::path(out);
  }
};

std::vector<const lab::Claim*> chosen_claims(const std::vector<std::string>& which) {
  std::vector<const lab::Claim*> claims;
  for (const std::string& word : which)
    if (word != "all") claims.push_back(&lab::find_claim(word));
  return claims.size() < which.size() ? lab::claims() : claims;
}

fs::path file_of(const lab::Claim& claim, const fs::path& folder) {
  return folder / (std::string(claim.name) + ".json");
}

lab::ClaimResults results_in(const fs::path& file) {
  constexpr std::size_t kMostMiB = 64;
  const std::string text = lab::read_file(file, kMostMiB);
  try {
    lab::ClaimResults results = lab::claim_results(text);
    if (results.claim != file.stem()) throw Error("results: claim should be " + file.stem().string());
    return results;
  } catch (const Error& error) {
    throw Error(fmt::format("'{}' does not hold the results of a claim: {}", file.string(), error.what()));
  }
}

void tell(const lab::Claim& claim, const lab::ClaimResults& results) {
  const lab::Judgement judgement = lab::judge(claim, results.evidence.answers);
  fmt::print("{}. {}\n  {}: {}\n", claim.number, claim.sentence, name_of(judgement.word),
             lead(claim, results));
  for (std::size_t i = 0; i < claim.questions.size(); ++i) {
    const lab::Question& question = claim.questions[i];
    fmt::print("    {}: {}{}, wanted {}\n", question.text,
               lab::with_interval(judgement.findings[i].value, question.digits), question.unit,
               lab::wanted(question));
  }
}

/// Of all claims that have some, from the first of the folders that holds them.
std::vector<lab::ClaimResults> all_results(const std::vector<fs::path>& folders) {
  std::vector<lab::ClaimResults> all;
  for (const lab::Claim* claim : lab::claims()) {
    const auto has_it = [&](const fs::path& folder) { return fs::exists(file_of(*claim, folder)); };
    const auto folder = std::ranges::find_if(folders, has_it);
    if (folder != folders.end()) all.push_back(results_in(file_of(*claim, *folder)));
  }
  if (all.empty())
    throw Error(
        fmt::format("'{}' holds no results; `gradus claims run all` makes some", folders.front().string()));
  return all;
}

/// Writes the page of all results in the folder.
int report(const fs::path& folder) {
  lab::write_file_atomically(folder / "claims.html", lab::claims_page(all_results({folder})));
  fmt::print("{}\n", (folder / "claims.html").string());
  return 0;
}

/// Writes the documents of all results in the folder, and of those that the documents had already.
int report_in_markdown(const ClaimFlags& flags) {
  const fs::path docs = flags.markdown, had = docs / "claims" / "results";
  if (!flags.out.empty() && !fs::is_directory(flags.out))
    throw Error(fmt::format("there is no folder '{}'", flags.out));
  const std::vector<lab::Document> all = lab::documents(all_results({flags.folder(), had}));
  lab::prepare_output_folder(had, {});
  for (const lab::Document& document : all) {
    lab::write_file_atomically(docs / document.path, document.text);
    fmt::print("{}\n", (docs / document.path).string());
  }
  return 0;
}

/// `again`: the quick form with other seeds, which the full one is held against.
lab::ClaimResults put_to_the_test(const lab::Claim& claim, lab::Workbench& bench, lab::Workbench& again,
                                  const ClaimFlags& flags) {
  lab::ClaimResults results;
  results.claim = claim.name;
  results.command = fmt::format("gradus claims run {}{}", claim.name, flags.quick ? " --quick" : "");
  results.started = now();
  results.quick = flags.quick;
  results.machine = this_machine();
  results.gradus_version = GRADUS_VERSION;
  for (const lab::Question& question : claim.questions) results.questions.emplace_back(question.text);
  const auto start = std::chrono::steady_clock::now();
  results.evidence = claim.run(bench);
  if (!flags.quick) results.again = claim.run(again).answers;
  results.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return results;
}

/// In this form, by this gradus. Throws Error where the results are others.
bool has_been_run(const fs::path& file, const ClaimFlags& flags) {
  if (!fs::exists(file)) return false;
  const lab::ClaimResults results = results_in(file);
  if (results.quick == flags.quick && results.gradus_version == GRADUS_VERSION) return true;
  throw Error(
      fmt::format("'{}' was run {} by gradus {}; --overwrite runs it again, --out takes another folder",
                  file.string(), results.quick ? "with --quick" : "in full", results.gradus_version));
}

lab::Workbench::Amount of_another_run(lab::Workbench::Amount amount) {
  amount.quick = true;
  amount.first_seed = 101;
  amount.trainings /= "again";
  lab::prepare_output_folder(amount.trainings, {});
  return amount;
}

int run(const ClaimFlags& flags) {
  const std::vector<const lab::Claim*> claims = chosen_claims(flags.which);
  const fs::path folder = flags.folder();
  lab::prepare_output_folder(folder, {});
  const std::atomic<bool>& stop = watch_for_signals();
  Progress progress(0);
  const fs::path trainings = folder / "trainings";
  lab::prepare_output_folder(trainings, {});
  const lab::Workbench::Amount amount{
      .quick = flags.quick,
      .threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency())),
      .trainings = trainings,
      .version = GRADUS_VERSION};
  lab::Workbench bench(amount, progress, stop), again(of_another_run(amount), progress, stop);
  try {
    for (const lab::Claim* claim : claims) {
      const fs::path file = file_of(*claim, folder);
      if (!flags.overwrite && has_been_run(file, flags)) {
        fmt::print("{}. {}: has been run already; --overwrite runs it again\n", claim->number, claim->name);
        continue;
      }
      fmt::print(stderr, "{}. {}\n", claim->number, claim->name);
      const lab::ClaimResults results = put_to_the_test(*claim, bench, again, flags);
      lab::write_file_atomically(file, to_text(results));
      tell(*claim, results);
      if (stop) throw lab::Stopped();
    }
  } catch (const lab::Stopped&) {
    fmt::print(stderr, "gradus: broken off; the same command goes on\n");
  }
  if (signal_exit_code() == 0) report(folder);
  return signal_exit_code();
}

int list() {
  for (const lab::Claim* claim : lab::claims())
    fmt::print("{:2}. {}\n    {}\n", claim->number, claim->name, claim->sentence);
  return 0;
}

void add_out(CLI::App& command, ClaimFlags& flags) {
  command.add_flag("--quick", flags.quick, "Shorter trainings and three seeds");
  command.add_option("--out", flags.out, "Folder for NAME.json and claims.html [gradus-claims]")
      ->type_name("DIR");
}

}  // namespace

void add_claims(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("claims", kClaimsHelp);
  command->require_subcommand(0, 1);
  const auto flags = std::make_shared<ClaimFlags>();
  CLI::App* run_them = command->add_subcommand("run", "Run experiments, by number or name, or all of them");
  run_them->add_option("CLAIM", flags->which, "Numbers or names, or all")->required();
  run_them->add_flag("--overwrite", flags->overwrite,
                     "Run those again that have results; what was trained for them stays");
  add_out(*run_them, *flags);
  run_them->callback([&chosen, flags] { chosen = [flags] { return run(*flags); }; });
  CLI::App* tell_them = command->add_subcommand("report", "The page of all that was run, anew, or documents");
  add_out(*tell_them, *flags);
  tell_them
      ->add_option("--markdown", flags->markdown,
                   "Folder for choosing.md and claims/, written in place of claims.html")
      ->type_name("DIR");
  tell_them->callback([&chosen, flags] {
    chosen = [flags] {
      return flags->markdown.empty() ? report(flags->folder()) : report_in_markdown(*flags);
    };
  });
  command->callback([&chosen, command] {
    if (command->get_subcommands().empty()) chosen = list;
  });
}

}  // namespace gradus::tool
