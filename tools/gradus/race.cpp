#include "lab/race/race.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "commands.hpp"
#include "gradus/core/error.hpp"
#include "gradus/engine/isa.hpp"
#include "lab/data/dataset.hpp"
#include "lab/models/model.hpp"
#include "lab/race/schedule.hpp"
#include "lab/race/train.hpp"
#include "lab/report/format.hpp"
#include "lab/report/html.hpp"
#include "lab/report/output.hpp"
#include "lab/report/summary.hpp"
#include "lab/report/terminal.hpp"
#include "progress.hpp"
#include "signals.hpp"

namespace gradus::tool {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultRules = "sgd,momentum,adagrad,rmsprop,adam,adamw,adam>sgd";

/// The flags; 0 stands for one that was not given.
struct Flags {
  std::vector<std::string> rules{kDefaultRules};
  std::string model = "mlp";
  std::string schedule = "cosine";
  int trials = 0, seeds = 0, epochs = 0, tune_epochs = 0;
  int batch = 256;
  int threads = 0;
  std::string data = lab::kDefaultData;
  std::string out = "gradus-race";
  bool quick = false;
};

struct Amount {
  int trials, seeds, epochs, tune_epochs;
};
constexpr Amount kFull{.trials = 5, .seeds = 3, .epochs = 10, .tune_epochs = 3};
constexpr Amount kQuick{.trials = 3, .seeds = 2, .epochs = 3, .tune_epochs = 1};

int given_or(int flag, int fallback) { return flag != 0 ? flag : fallback; }

lab::RaceOptions options_from(const Flags& flags) {
  const Amount& amount = flags.quick ? kQuick : kFull;
  lab::RaceOptions options;
  options.model = flags.model;
  options.schedule = flags.schedule;
  options.entries = lab::parse_entries(fmt::format("{}", fmt::join(flags.rules, ",")));
  options.trials = given_or(flags.trials, amount.trials);
  if (options.trials % 2 == 0)
    throw Error(fmt::format("--trials {}: it must be odd, as the grid has a middle", options.trials));
  options.epochs = given_or(flags.epochs, amount.epochs);
  options.tuning_epochs = given_or(flags.tune_epochs, std::min(amount.tune_epochs, options.epochs));
  options.seeds.resize(static_cast<std::size_t>(given_or(flags.seeds, amount.seeds)));
  std::iota(options.seeds.begin(), options.seeds.end(), std::uint64_t{1});
  options.batch = flags.batch;
  options.threads =
      given_or(flags.threads, std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
  return options;
}

std::string shell_quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@+";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::vector<std::string> rule_texts(const lab::RaceOptions& options) {
  std::vector<std::string> texts;
  for (const lab::EntrySpec& entry : options.entries) texts.push_back(entry.text);
  return texts;
}

/// The command that repeats this race, whatever the defaults will be then.
std::string command_line(const lab::RaceOptions& options, const Flags& flags) {
  const std::string rules = fmt::format("{}", fmt::join(rule_texts(options), ","));
  return fmt::format(
      "gradus race --rules {} --model {} --schedule {} --trials {} --tune-epochs {} --seeds {} --epochs {} "
      "--batch {} "
      "--threads {} --data {}",
      shell_quoted(rules), options.model, options.schedule, options.trials, options.tuning_epochs,
      options.seeds.size(), options.epochs, options.batch, options.threads, shell_quoted(flags.data));
}

lab::RaceSettings settings_of(const lab::RaceOptions& options, const Flags& flags, const lab::Dataset& data,
                              std::int64_t parameters) {
  return {.command = command_line(options, flags),
          .started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::now())),
          .model = options.model,
          .rules = rule_texts(options),
          .epochs = options.epochs,
          .tuning_epochs = options.tuning_epochs,
          .batch = options.batch,
          .seeds = options.seeds,
          .trials = options.trials,
          .threads = options.threads,
          .schedule = options.schedule,
          .train_size = data.train.size(),
          .validation_size = data.validation.size(),
          .test_size = data.test.size(),
          .parameters = parameters,
          .data = data.name,
          .gradus_version = GRADUS_VERSION,
          .instruction_set = std::string(name_of(choose_isa()))};
}

lab::TerminalStyle terminal_style() {
  const char* no_color = std::getenv("NO_COLOR");
  std::string locale;
  for (const char* name : {"LANG", "LC_CTYPE", "LC_ALL"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') locale = value;
  const bool utf8 = locale.find("UTF-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  return {.colors = isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0'), .utf8 = utf8};
}

/// The table, then the files. Each is tried whatever became of the others: a closed pipe does not cost the
/// results, nor a full disk the table.
void publish(const lab::RaceResults& results, const fs::path& out) {
  std::string failure;
  const auto attempt = [&failure](const auto& step) {
    try {
      step();
    } catch (const std::exception& error) {
      if (failure.empty()) failure = error.what();
    }
  };
  const auto print = [](const std::string& text) {
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
      throw std::runtime_error(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
  };
  const auto write = [&](const char* name, const std::string& text) {
    lab::write_file_atomically(out / name, text);
    print((out / name).string() + "\n");
  };
  attempt([&] { print("\n" + lab::terminal_report(results, terminal_style()) + "\n"); });
  attempt([&] { write("results.json", lab::to_text(results)); });
  attempt([&] { write("report.html", lab::html_report(results)); });
  if (!failure.empty()) throw std::runtime_error(failure);  // no fault of the input
}

int race(const Flags& flags) {
  const lab::RaceOptions options = options_from(flags);
  const lab::Dataset data = lab::load_dataset(flags.data);
  if (options.batch > data.train.size())
    throw Error(
        fmt::format("--batch {} is more than the {} training images", options.batch, data.train.size()));
  const auto model =
      lab::make_model(options.model, {data.train.images.size(2), data.train.images.size(3)}, 0);
  const lab::RaceSettings settings = settings_of(options, flags, data, model->parameter_count());
  const fs::path out = flags.out;
  lab::prepare_output_folder(out);

  const std::atomic<bool>& stop = watch_for_signals();
  const lab::Trainer trainer = [&data](const lab::TrainingSpec& spec, const lab::TrainingWatch& watch) {
    return lab::train(spec, data, watch);
  };
  const std::string what =
      fmt::format("{} rule{} train{} {} ({} parameters) on {} images, {} at a time\nData: {}\n",
                  options.entries.size(), options.entries.size() == 1 ? "" : "s",
                  options.entries.size() == 1 ? "s" : "", options.model, lab::thousands(settings.parameters),
                  lab::thousands(settings.train_size), options.threads, settings.data);
  std::fputs(what.c_str(), stderr);
  lab::RaceResults results;
  {
    Progress progress;
    results = lab::run_race(options, trainer, progress, stop);
  }
  results.settings = settings;
  lab::summarize(results);
  publish(results, out);
  return signal_exit_code();
}

std::string schedules_help() {
  std::string help = "How the learning rate goes over a training:";
  for (const std::string& name : lab::schedule_names())
    help += fmt::format(" {} ({});", name, lab::schedule_title(name));
  help.back() = '.';
  return help;
}

std::string models_help() {
  std::string help = "What is trained:";
  for (const std::string& name : lab::model_names())
    help += fmt::format(" {} ({});", name, lab::model_title(name));
  help.back() = '.';
  return help;
}

std::string by_default(const char* words, int full, int quick) {
  return fmt::format("{} [{}; quick: {}]", words, full, quick);
}

/// In decimal digits: CLI11 by itself would take 010 for 8.
CLI::Validator count(int most) {
  const auto in_decimal = [most](std::string& text) -> std::string {
    int value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value < 1 || value > most)
      return fmt::format("'{}' is not a whole number from 1 to {}", text, most);
    text = std::to_string(value);
    return "";
  };
  return {in_decimal, fmt::format("1 to {}", most), "count"};
}

constexpr const char* kFooter = R"(Rules, as --rules takes them:
  adam                     a rule of `gradus list`; its learning rate is searched for
  adam:beta2=0.99,lr=3e-4  with fields; a learning rate that is given is not searched for
  adam:state=bf16          its state in bfloat16; or as block8, dynamic8 (8 bits), f64
  adam:state=bf16,rounding=nearest   not by draws, as it comes (stochastic)
  'adam>sgd'               adam, then sgd from half-way (quote the >)
  'adam>sgd:lr=0.1@0.3'    from 30 % of the training on
Rules are separated by commas; a comma before field=value continues a rule's fields.
muon, muon_bfloat16 and soap take matrices only: adamw moves the biases beside them.
schedule_free_adamw is evaluated at its mean; it is made for --schedule constant.

Each rule gets the same number of learning rates, two a decade, around where its users
start; while the best lies at an edge, more. The validation split chooses, with
--tune-epochs epochs each; then come the final runs. The test set chooses nothing.

Ctrl-C ends a race early and keeps what it has found; a second one quits at once.)";

}  // namespace

void add_race(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("race", "Train a model with several rules, and say who won at what");
  const auto flags = std::make_shared<Flags>();
  command->add_option("--rules,--rule", flags->rules, fmt::format("Who races; see below [{}]", kDefaultRules))
      ->type_name("RULE,...")
      ->allow_extra_args(false);
  command->add_option("--model", flags->model, models_help())
      ->check(CLI::IsMember(lab::model_names()))
      ->capture_default_str();
  command->add_option("--schedule", flags->schedule, schedules_help())
      ->check(CLI::IsMember(lab::schedule_names()))
      ->capture_default_str();
  command
      ->add_option("--trials", flags->trials,
                   by_default("Learning rates tried, an odd number", kFull.trials, kQuick.trials))
      ->transform(count(99));
  command
      ->add_option("--tune-epochs", flags->tune_epochs,
                   by_default("Epochs of a trial", kFull.tune_epochs, kQuick.tune_epochs))
      ->transform(count(100000));
  command
      ->add_option("--seeds", flags->seeds, by_default("Final runs of each rule", kFull.seeds, kQuick.seeds))
      ->transform(count(1000));
  command
      ->add_option("--epochs", flags->epochs,
                   by_default("Epochs of a final run", kFull.epochs, kQuick.epochs))
      ->transform(count(100000));
  command->add_option("--batch", flags->batch, "Images in a batch")
      ->transform(count(1000000))
      ->capture_default_str();
  command
      ->add_option("--threads", flags->threads,
                   "Trainings at a time; results do not depend on it [one a core]")
      ->transform(count(1024));
  command->add_option("--data", flags->data, "Folder of four IDX files, gzipped or not")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("--out", flags->out, "Folder for results.json and report.html")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_flag("--quick", flags->quick, "A rough answer within half a minute");
  command->footer(kFooter);
  command->callback([&chosen, flags] { chosen = [flags] { return race(*flags); }; });
}

}  // namespace gradus::tool
