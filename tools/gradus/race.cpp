#include "lab/race/race.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "commands.hpp"
#include "lab/race/train.hpp"
#include "lab/report/format.hpp"
#include "lab/report/output.hpp"
#include "lab/report/summary.hpp"
#include "machine.hpp"
#include "progress.hpp"
#include "publish.hpp"
#include "race_flags.hpp"
#include "signals.hpp"

namespace gradus::tool {
namespace {

namespace fs = std::filesystem;

lab::RaceSettings settings_of(const RaceFlags& flags, const lab::RaceOptions& options,
                              const lab::TaskFacts& facts) {
  lab::RaceSettings s;
  s.command = flags.command(options);
  s.started = now();
  s.task = flags.task;
  s.title = flags.model.empty() ? flags.kind().title : "the model in " + flags.model;
  s.metric = flags.kind().metric;
  for (const lab::EntrySpec& entry : options.entries) s.rules.push_back(entry.text);
  s.steps = options.steps;
  s.epoch_steps = facts.epoch_examples / options.batch;
  s.looks = options.looks;
  s.batch = options.batch;
  s.schedule = options.schedule;
  s.seeds = options.seeds;
  s.tuned = options.tuning.tuned;
  s.trials = options.tuning.trials;
  s.screening_steps = options.tuning.screening_steps;
  s.tuning_seeds = options.tuning.seeds;
  s.threads = options.threads;
  s.target = flags.target_metric();
  s.train_size = facts.train_size;
  s.validation_size = facts.validation_size;
  s.test_size = facts.test_size;
  s.parameters = facts.parameters;
  s.data = facts.data;
  s.data_checksum = facts.checksum;
  s.machine = this_machine();
  s.gradus_version = GRADUS_VERSION;
  return s;
}

void tell_beginning(const lab::RaceSettings& s, std::size_t remembered) {
  const std::string entries =
      s.rules.size() == 1 ? "1 rule trains" : fmt::format("{} rules train", s.rules.size());
  std::fputs(fmt::format("{}: {} {} ({} parameters), {} at a time\nData: {}\n", s.task, entries, s.title,
                         lab::thousands(s.parameters), s.threads, s.data)
                 .c_str(),
             stderr);
  if (remembered > 0)
    std::fputs(fmt::format("Going on: {} are there already\n",
                           lab::counted(static_cast<std::int64_t>(remembered), "training"))
                   .c_str(),
               stderr);
}

int race(const RaceFlags& flags) {
  const lab::TaskKind& kind = flags.kind();
  flags.check();
  const std::unique_ptr<const lab::Task> task = kind.load({flags.data, flags.model});
  const lab::RaceOptions options = flags.options(task->facts());
  const lab::RaceSettings settings = settings_of(flags, options, task->facts());
  const fs::path folder = flags.folder();
  lab::prepare_output_folder(folder, kPublished);
  lab::Journal journal(folder / "trainings.jsonl", lab::common_to_trainings(settings), flags.mode());

  const std::atomic<bool>& stop = watch_for_signals();
  const lab::Trainer trainer =
      journal.remembering([&task](const lab::TrainingSpec& spec, const lab::TrainingWatch& watch) {
        return train(spec, *task, watch);
      });
  tell_beginning(settings, journal.size_at_first());
  lab::RaceResults results;
  {
    Progress progress(settings.epoch_steps);
    results = lab::run_race(options, trainer, progress, stop);
  }
  results.settings = settings;
  lab::summarize(results);
  publish(results, folder, [&] {
    if (!results.interrupted) journal.conclude();
  });
  return signal_exit_code();
}

}  // namespace

void add_race(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("race", kRaceHelp);
  const auto flags = std::make_shared<RaceFlags>();
  declare(*command, *flags);
  command->callback([&chosen, flags] { chosen = [flags] { return race(*flags); }; });
}

}  // namespace gradus::tool
