#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "commands.hpp"
#include "flag_values.hpp"
#include "gradus/core/error.hpp"
#include "lab/minima/minima.hpp"
#include "lab/minima/page.hpp"
#include "lab/race/schedule.hpp"
#include "lab/report/format.hpp"
#include "lab/report/output.hpp"
#include "lab/results/line_of_text.hpp"
#include "machine.hpp"
#include "progress.hpp"
#include "signals.hpp"

namespace gradus::tool {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFiles[] = {"sharpness.json", "sharpness.html"};

/// As typed; 0 or empty stands for a flag that was not given.
struct SharpnessFlags {
  std::string task = "fashion-mlp", rules = "momentum,adam", schedule = "constant", data;
  std::string out = "gradus-sharpness";
  int steps = 0, batch = 0, seed = 1, examples = 0, looks = 0;
  bool overwrite = false;
};

/// Throws Error for what no data can make good.
void check(const SharpnessFlags& flags) {
  for (const auto& [flag, path] : {std::pair{"--data", flags.data}, {"--out", flags.out}})
    if (!lab::is_line_of_text(path))
      throw Error(fmt::format("{}: the path is no line of UTF-8, and could not be told again", flag));
  for (const char* name : kFiles)
    if (!flags.overwrite && fs::exists(fs::path(flags.out) / name))
      throw Error(fmt::format("'{}' holds an older run; --overwrite replaces it", flags.out));
}

std::int64_t usual_steps(const lab::TaskKind& kind, std::int64_t epoch_steps) {
  return kind.budget.in_epochs ? kind.budget.count * epoch_steps : kind.budget.count;
}

lab::MinimaOptions options_of(const SharpnessFlags& flags, const lab::TaskKind& kind,
                              const lab::TaskFacts& facts) {
  if (facts.epoch_examples == 0)
    throw Error(
        fmt::format("--task {}: sharpness is of a loss over examples, and a function has none", kind.name));
  if (flags.examples > facts.train_size)
    throw Error(
        fmt::format("--examples {} is more than the {} of training", flags.examples, facts.train_size));
  lab::MinimaOptions o;
  o.entries = lab::parse_entries(flags.rules);
  o.schedule = flags.schedule;
  o.batch = flags.batch > 0 ? flags.batch : kind.batch;
  if (o.batch > facts.epoch_examples)
    throw Error(
        fmt::format("--batch {} is more than the {} training examples", o.batch, facts.epoch_examples));
  o.steps = flags.steps > 0 ? flags.steps : usual_steps(kind, facts.epoch_examples / o.batch);
  o.looks = flags.looks > 0 ? flags.looks : std::min<std::int64_t>(10, o.steps);
  if (o.steps < o.looks)
    throw Error(fmt::format("--looks {} are more than the {}", o.looks, lab::counted(o.steps, "step")));
  o.examples = flags.examples > 0 ? flags.examples : std::min<std::int64_t>(512, facts.train_size);
  o.seed = static_cast<std::uint64_t>(flags.seed);
  o.threads = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1,
                         static_cast<int>(o.entries.size()));
  return o;
}

lab::MinimaSettings settings_of(const SharpnessFlags& flags, const lab::TaskKind& kind,
                                const lab::MinimaOptions& options, const lab::TaskFacts& facts) {
  lab::MinimaSettings s;
  s.command = fmt::format(
      "gradus sharpness --task {} --rules {} --steps {} --batch {} --seed {} --examples {} --schedule {} "
      "--looks {}",
      kind.name, shell_quoted(flags.rules), options.steps, options.batch, options.seed, options.examples,
      options.schedule, options.looks);
  if (!flags.data.empty()) s.command += " --data " + shell_quoted(flags.data);
  s.started = now();
  s.gradus_version = GRADUS_VERSION;
  s.machine = this_machine();
  s.task = kind.name;
  s.title = kind.title;
  s.data = facts.data;
  s.data_checksum = facts.checksum;
  s.metric = kind.metric;
  s.parameters = facts.parameters;
  s.schedule = options.schedule;
  s.steps = options.steps;
  s.batch = options.batch;
  s.examples = options.examples;
  s.seed = options.seed;
  return s;
}

/// Names to the left, numbers to the right.
void print(const lab::Table& table) {
  std::vector<lab::Table::Row> rows{{table.head[0], {table.head.begin() + 1, table.head.end()}}};
  rows.insert(rows.end(), table.rows.begin(), table.rows.end());
  std::vector<std::size_t> widths(table.head.size());
  for (const lab::Table::Row& row : rows) {
    widths[0] = std::max(widths[0], lab::character_count(row.name));
    for (std::size_t i = 0; i < row.cells.size(); ++i)
      widths[i + 1] = std::max(widths[i + 1], lab::character_count(row.cells[i]));
  }
  for (const lab::Table::Row& row : rows) {
    fmt::print("{:<{}}", row.name, widths[0]);
    for (std::size_t i = 0; i < row.cells.size(); ++i) fmt::print("  {:>{}}", row.cells[i], widths[i + 1]);
    fmt::print("\n");
  }
}

int sharpness(const SharpnessFlags& flags) {
  const lab::TaskKind& kind = lab::find_task(flags.task);
  check(flags);
  const std::unique_ptr<const lab::Task> task = kind.load({flags.data, {}});
  const lab::MinimaOptions options = options_of(flags, kind, task->facts());
  const lab::MinimaSettings settings = settings_of(flags, kind, options, task->facts());
  const fs::path folder = flags.out;
  lab::prepare_output_folder(folder, kFiles);
  const std::atomic<bool>& stop = watch_for_signals();
  lab::MinimaResults results;
  try {
    Progress progress(task->facts().epoch_examples / options.batch);
    results = lab::measure_minima(options, *task, progress, stop);
  } catch (const lab::Stopped&) {
    fmt::print(stderr, "gradus: broken off; nothing was written\n");
    return signal_exit_code();
  }
  results.settings = settings;
  lab::write_file_atomically(folder / kFiles[0], to_text(results));
  lab::write_file_atomically(folder / kFiles[1], minima_page(results));
  print(table_of(results));
  for (const char* name : kFiles) fmt::print("{}\n", (folder / name).string());
  return signal_exit_code();
}

constexpr const char* kAboutSharpness =
    R"(Each rule is trained from the same start with the same batches, and measured over the
first --examples of training: the largest eigenvalue of the Hessian at each look, beside
the bound that full batches are stable below; at the end its trace and adaptive sharpness
too. DIR/sharpness.html shows the loss between where the first two rules arrive; with one
rule, between its start and its end. The default takes some fifteen seconds on two cores,
a language model many minutes; gradients of rows have no Hessian here.

Rules are written as `gradus race` takes them, as adam:lr=0.001 but not as adam>sgd. A
learning rate that is not given is where its users start: 0.3 for sgd, 0.03 for momentum
and nesterov, 0.001 for rmsprop, for others what `gradus explain RULE` calls the default.)";

void declare(CLI::App& command, SharpnessFlags& flags) {
  constexpr int kMost = 1'000'000'000;
  command.add_option("--task", flags.task, "What is trained; `gradus tasks` lists them")
      ->capture_default_str();
  command.add_option("--rules,--rule", flags.rules, "Who trains; see below")
      ->type_name("RULE,...")
      ->capture_default_str();
  command.add_option("--steps", flags.steps, "Length of a training [the task's]")->transform(count(kMost));
  command.add_option("--batch", flags.batch, "Examples in a batch [the task's]")->transform(count(1'000'000));
  command.add_option("--seed", flags.seed, "Of the start and the order of batches")
      ->transform(count(kMost))
      ->capture_default_str();
  command
      .add_option("--examples", flags.examples,
                  "The first of training, over which it is measured [512, or all]")
      ->transform(count(kMost));
  command.add_option("--schedule", flags.schedule, "How the learning rate goes over a training")
      ->check(CLI::IsMember(lab::schedule_names()))
      ->capture_default_str();
  command
      .add_option("--looks", flags.looks,
                  "How often it is measured, the start aside [10, or each step of fewer]")
      ->transform(count(1000));
  command
      .add_option("--data", flags.data, "The user's own data; `gradus tasks` says of what form [the task's]")
      ->type_name("PATH");
  command.add_option("--out", flags.out, "Folder for sharpness.json and sharpness.html")
      ->type_name("DIR")
      ->capture_default_str();
  command.add_flag("--overwrite", flags.overwrite, "Replace what an older run left in the folder");
  command.footer(kAboutSharpness);
}

}  // namespace

void add_sharpness(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("sharpness", kSharpnessHelp);
  const auto flags = std::make_shared<SharpnessFlags>();
  declare(*command, *flags);
  command->callback([&chosen, flags] { chosen = [flags] { return sharpness(*flags); }; });
}

}  // namespace gradus::tool
