#include "race_flags.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <thread>

#include "flag_values.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/number_text.hpp"
#include "lab/race/rules.hpp"
#include "lab/race/schedule.hpp"
#include "lab/race/search_plan.hpp"
#include "lab/race/space.hpp"
#include "lab/results/line_of_text.hpp"

namespace gradus::tool {
namespace {

/// How much is done unless flags say otherwise.
struct Amount {
  int trials, seeds, tuning_seeds;
};
constexpr Amount kFull{.trials = 5, .seeds = 5, .tuning_seeds = 3};
constexpr int kTrialsOfEach = 8;  // where more than one hyperparameter is tuned, for each of them
constexpr Amount kQuick{.trials = 3, .seeds = 2, .tuning_seeds = 1};

int given_or(int flag, int fallback) { return flag != 0 ? flag : fallback; }

/// "5epochs", "300 steps".
lab::Budget parse_budget(const std::string& flag, const std::string& text) {
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  std::string unit(stop, end);
  std::erase(unit, ' ');
  const bool in_epochs = unit == "epochs" || unit == "epoch";
  if (error != std::errc{} || count < 1 || count > 1'000'000'000 ||
      (!in_epochs && unit != "steps" && unit != "step"))
    throw Error(
        fmt::format("{} '{}' should be a number of steps or epochs, as in 500steps or 5epochs", flag, text));
  return {count, in_epochs};
}

std::int64_t steps_of(const std::string& flag, const lab::Budget& budget, std::int64_t epoch_steps) {
  if (!budget.in_epochs) return budget.count;
  if (epoch_steps == 0) throw Error(flag + ": the task has no epochs; give steps, as in 500steps");
  return budget.count * epoch_steps;
}

/// After each epoch where there are some, and the end; otherwise as many as the task has.
std::vector<std::int64_t> looks_of(std::int64_t steps, std::int64_t epoch_steps, int count) {
  constexpr std::int64_t kMost = 200;
  if (epoch_steps == 0 || steps < epoch_steps || steps / epoch_steps > kMost)
    return lab::even_looks(steps, std::max(count, 1));
  std::vector<std::int64_t> looks;
  for (std::int64_t step = epoch_steps; step < steps; step += epoch_steps) looks.push_back(step);
  looks.push_back(steps);
  return looks;
}

std::vector<std::uint64_t> seeds_from(std::uint64_t first, int count) {
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(count));
  std::iota(seeds.begin(), seeds.end(), first);
  return seeds;
}

/// Throws Error for a name of a hyperparameter that no rule has.
void check_tuned(const std::vector<std::string>& tuned, const std::vector<lab::EntrySpec>& entries) {
  for (const std::string& name : tuned) {
    if (std::ranges::count(tuned, name) > 1) throw Error(fmt::format("--tune: {} is given twice", name));
    const bool known = std::ranges::any_of(entries, [&](const lab::EntrySpec& entry) {
      return std::ranges::any_of(entry.phases, [&](const lab::PhaseSpec& phase) {
        const std::vector<FieldInfo> fields = lab::raced_rule(phase.rule).fields();
        return std::ranges::find(fields, name, &FieldInfo::name) != fields.end();
      });
    });
    if (!known) throw Error(fmt::format("--tune {}: none of these rules has it", name));
  }
}

std::string by_default(const char* words, int full, int quick) {
  return fmt::format("{} [{}; quick: {}]", words, full, quick);
}

std::string schedules_help() {
  std::string help = "How the learning rate goes over a training; the task's own unless given:";
  for (const std::string& name : lab::schedule_names())
    help += fmt::format(" {} ({});", name, lab::schedule_title(name));
  help.back() = '.';
  return help;
}

constexpr const char* kFooter = R"(Rules, as --rules takes them:
  adam                     a rule of `gradus list`; its learning rate is searched for
  adam:beta2=0.99,lr=3e-4  with fields; what is given is not searched for
  adam:state=bf16          its state in bfloat16; or as block8, dynamic8 (8 bits), f64
  adam:state=bf16,rounding=nearest   not by draws, as it comes (stochastic)
  adam_l2, adam_uncorrected   adam with weight decay in the gradient; without bias correction
  'clip_norm>>adam:max_norm=2'
                           a composition: links and a rule, with fields of them all behind it
  'adam>sgd'               adam, then sgd from half-way (quote the >)
  'adam>sgd:lr=0.1@0.3'    from 30 % of the training on
Rules are separated by commas; a comma before field=value continues a rule's fields.
muon, muon_bfloat16 and soap take matrices only: adamw moves what has fewer dimensions
beside them. schedule_free_adamw is evaluated at its mean; it is made for --schedule
constant.

--model takes what torch.jit.save() wrote of a scripted or traced module with float32
parameters. Its forward() gets a batch of the task's inputs (pictures: float32 [n, 1, 28,
28], normalised; words: int64 [n, length]) and returns float32 scores [n, classes], or
[n, length, tokens] for language models; it is in training mode where it is trained. What
has no requires_grad stays. All seeds begin with the values saved, so that intervals have
no part of initialisation in them.

Tuning: each rule gets the same number of trials. A learning rate alone is searched on a
grid of two a decade around where its users start; more hyperparameters in a box, by
quasi-random points. Short trials (--screening) choose three points, which are trained to
the end; the best two of those are trained again with all tuning seeds; while the best is
the first or last of a grid, its neighbour is tried. The lowest mean loss on the
validation split wins, or the lower rate where the seeds do not tell the two apart. The
test set chooses nothing.

Every finished training is kept in the folder: after Ctrl-C, a crash or a full disk
--resume goes on. A second Ctrl-C quits at once.)";

}  // namespace

std::filesystem::path RaceFlags::folder() const {
  if (!out.empty()) return out;
  return std::filesystem::path("gradus-race") / (task + (quick ? "-quick" : ""));
}

double RaceFlags::target_metric() const {
  const lab::TaskKind& task_kind = kind();
  if (target.empty()) return task_kind.target;
  const double shown = parse_number(target, "--target");
  if (!std::isfinite(shown) || (task_kind.metric.unit == "%" && (shown < 0 || shown > 100)))
    throw Error(fmt::format("--target {}: {} has no such value", target, task_kind.metric.name));
  return shown / task_kind.metric.scale;
}

void RaceFlags::check() const {
  for (const auto& [flag, path] : {std::pair{"--data", data}, {"--model", model}, {"--out", out}})
    if (!lab::is_line_of_text(path))
      throw Error(fmt::format("{}: the path is no line of UTF-8, and could not be told again", flag));
  if (!model.empty() && !kind().takes_model)
    throw Error(fmt::format("--model: the task {} takes no model of yours", kind().name));
}

lab::RaceOptions RaceFlags::options(const lab::TaskFacts& facts) const {
  const lab::TaskKind& task_kind = kind();
  lab::RaceOptions o;
  o.schedule = schedule.empty() ? task_kind.schedule : schedule;
  o.entries = lab::parse_entries(rules.empty() ? task_kind.rules : fmt::format("{}", fmt::join(rules, ",")));
  o.batch = given_or(batch, static_cast<int>(task_kind.batch));
  if (facts.epoch_examples == 0 && o.batch != task_kind.batch)
    throw Error(fmt::format("--batch {}: the task {} has no batches", o.batch, task_kind.name));
  if (facts.epoch_examples > 0 && o.batch > facts.epoch_examples)
    throw Error(
        fmt::format("--batch {} is more than the {} training examples", o.batch, facts.epoch_examples));
  const std::int64_t epoch_steps = facts.epoch_examples / o.batch;
  const lab::Budget usual = quick ? task_kind.quick : task_kind.budget;
  o.steps = steps_of("--budget", budget.empty() ? usual : parse_budget("--budget", budget), epoch_steps);
  o.looks = looks_of(o.steps, epoch_steps, task_kind.looks);
  o.tuning = tuning(o, epoch_steps);
  static_cast<void>(lab::SearchPlan(o.entries, o.tuning));  // throws Error for what cannot be searched for
  o.seeds = seeds_from(1, given_or(seeds, quick ? kQuick.seeds : kFull.seeds));
  if (o.seeds.back() >= o.tuning.seeds.front())
    throw Error(
        fmt::format("--tuning-from {}: final runs have the seeds 1 to {}, and tuning must have others",
                    tuning_from, o.seeds.back()));
  o.threads = given_or(threads, std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
  return o;
}

lab::TuningPlan RaceFlags::tuning(const lab::RaceOptions& o, std::int64_t epoch_steps) const {
  const Amount& amount = quick ? kQuick : kFull;
  check_tuned(tune, o.entries);
  lab::TuningPlan plan;
  plan.tuned = tune;
  const int usual_trials = tune.size() > 1 ? kTrialsOfEach * static_cast<int>(tune.size()) : amount.trials;
  plan.trials = given_or(trials, usual_trials);
  plan.steps = o.steps;
  plan.screening_steps = quick ? o.steps : std::max<std::int64_t>(o.steps / 4, 1);
  if (!screening.empty())
    plan.screening_steps = steps_of("--screening", parse_budget("--screening", screening), epoch_steps);
  if (plan.screening_steps > o.steps) throw Error("--screening is longer than --budget");
  plan.seeds =
      seeds_from(static_cast<std::uint64_t>(tuning_from), given_or(tuning_seeds, amount.tuning_seeds));
  return plan;
}

std::string RaceFlags::command(const lab::RaceOptions& o) const {
  std::vector<std::string> names;
  for (const lab::EntrySpec& entry : o.entries) names.push_back(entry.text);
  std::string text = fmt::format(
      "gradus race --task {} --rules {} --budget {}steps --tune {} --trials {} --screening {}steps "
      "--tuning-seeds {} "
      "--tuning-from {} --seeds {} --batch {} --schedule {} --target {}",
      task, shell_quoted(fmt::format("{}", fmt::join(names, ","))), o.steps, fmt::join(tune, ","),
      o.tuning.trials, o.tuning.screening_steps, o.tuning.seeds.size(), tuning_from, o.seeds.size(), o.batch,
      o.schedule, number_text(target_metric() * kind().metric.scale));
  if (!data.empty()) text += " --data " + shell_quoted(data);
  if (!model.empty()) text += " --model " + shell_quoted(model);
  return text;
}

void declare(CLI::App& command, RaceFlags& flags) {
  command.add_option("--task", flags.task, "What is trained; `gradus tasks` lists them")
      ->capture_default_str();
  command.add_option("--rules,--rule", flags.rules, "Who races; see below [the task's]")
      ->type_name("RULE,...")
      ->allow_extra_args(false);
  command
      .add_option("--budget", flags.budget, "Length of a training, as in 5epochs or 500steps [the task's]")
      ->type_name("LENGTH");
  command.add_option("--schedule", flags.schedule, schedules_help())
      ->check(CLI::IsMember(lab::schedule_names()));
  command.add_option("--tune", flags.tune, "Hyperparameters searched for, of " + lab::searchable())
      ->delimiter(',')
      ->type_name("NAME,...")
      ->capture_default_str();
  command
      .add_option("--trials", flags.trials,
                  by_default("Points tried for each rule", kFull.trials, kQuick.trials) +
                      fmt::format("; where more than lr is tuned, {} for each", kTrialsOfEach))
      ->transform(count(999));
  command
      .add_option("--screening", flags.screening,
                  "Length of the first trials [a quarter of the budget; quick: all of it]")
      ->type_name("LENGTH");
  command
      .add_option("--tuning-seeds", flags.tuning_seeds,
                  by_default("Seeds that the choice is made by", kFull.tuning_seeds, kQuick.tuning_seeds))
      ->transform(count(100));
  command.add_option("--tuning-from", flags.tuning_from, "The first of these seeds")
      ->transform(count(1'000'000'000))
      ->capture_default_str();
  command
      .add_option("--seeds", flags.seeds, by_default("Final runs of each rule", kFull.seeds, kQuick.seeds))
      ->transform(count(1000));
  command
      .add_option(
          "--target", flags.target,
          "Metric on the validation split that rules race to, as it is shown (87 for 87%) [the task's]")
      ->type_name("NUMBER");
  command.add_option("--batch", flags.batch, "Examples in a batch [the task's]")->transform(count(1'000'000));
  command
      .add_option("--threads", flags.threads, "Trainings at a time; results do not depend on it [one a core]")
      ->transform(count(1024));
  command
      .add_option("--data", flags.data, "The user's own data; `gradus tasks` says of what form [the task's]")
      ->type_name("PATH");
  command.add_option("--model", flags.model, "A TorchScript module, in place of the task's model")
      ->type_name("FILE");
  command.add_option("--out", flags.out, "Folder for results.json and report.html [gradus-race/TASK]")
      ->type_name("DIR");
  command.add_flag("--quick", flags.quick, "A rough answer within a minute");
  CLI::Option* resume = command.add_flag("--resume", flags.resume, "Go on with a race that was broken off");
  command.add_flag("--overwrite", flags.overwrite, "Forget a race that was broken off")->excludes(resume);
  command.footer(kFooter);
}

}  // namespace gradus::tool
