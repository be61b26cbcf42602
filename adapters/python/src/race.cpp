#include "lab/race/race.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/core/error.hpp"
#include "gradus/engine/isa.hpp"
#include "lab/race/phased_optimizer.hpp"
#include "lab/race/rules.hpp"
#include "lab/race/schedule.hpp"
#include "lab/report/html.hpp"
#include "lab/report/output.hpp"
#include "lab/report/summary.hpp"
#include "lab/report/terminal.hpp"
#include "module.hpp"
#include "rules.hpp"

namespace nb = nanobind;

namespace gradus::python {

namespace {

template <class T>
T get(nb::handle object, const char* name) {
  return nb::cast<T>(object.attr(name));
}

/// What races under the names that the user gave.
std::vector<lab::EntrySpec> entries_of(nb::handle plan) {
  std::vector<lab::EntrySpec> entries;
  for (const auto& [label, text] : get<std::vector<std::pair<std::string, std::string>>>(plan, "entries")) {
    lab::EntrySpec& entry = entries.emplace_back(lab::parse_entry(text));
    if (entry.phases.size() > 1)
      throw Error("race(): '" + text + "' is one rule after another, which `gradus race` alone can race");
    const StateOptions& state = entry.phases.front().state;
    if (state.dtype != State::plain && state.rounding != Rounding::stochastic)
      throw Error("race(): '" + text + "': state that is rounded to nearest is raced by `gradus race` alone");
    entry.label = label;
  }
  return entries;
}

void check_tuned(const std::string& name, const std::vector<lab::EntrySpec>& entries) {
  for (const lab::EntrySpec& entry : entries)
    for (const FieldInfo& field : lab::raced_rule(entry.phases.front().rule).fields())
      if (field.name == name) return;
  throw Error("race(): tune has '" + name + "', and none of the rules has such a field");
}

lab::RaceOptions options_of(nb::handle plan) {
  lab::RaceOptions options;
  options.schedule = get<std::string>(plan, "schedule");
  options.entries = entries_of(plan);
  options.steps = get<std::int64_t>(plan, "steps");
  options.looks = lab::even_looks(options.steps, get<std::int64_t>(plan, "looks"));
  options.seeds = get<std::vector<std::uint64_t>>(plan, "seeds");
  options.tuning = {.tuned = get<std::vector<std::string>>(plan, "tune"),
                    .trials = get<int>(plan, "trials"),
                    .screening_steps = get<std::int64_t>(plan, "screening"),
                    .steps = options.steps,
                    .seeds = get<std::vector<std::uint64_t>>(plan, "tuning_seeds")};
  static_cast<void>(lab::make_schedule(options.schedule, options.steps));  // throws for an unknown one
  for (const std::string& name : options.tuning.tuned) check_tuned(name, options.entries);
  return options;
}

lab::RaceSettings settings_of(nb::handle plan, const lab::RaceOptions& options) {
  lab::RaceSettings settings;
  settings.command = get<std::string>(plan, "command");
  settings.started = get<std::string>(plan, "started");
  settings.task = get<std::string>(plan, "task");
  settings.title = get<std::string>(plan, "title");
  const bool percent = get<std::string>(plan, "unit") == "%";
  settings.metric = {.name = get<std::string>(plan, "metric"),
                     .highest_is_best = get<bool>(plan, "highest_is_best"),
                     .scale = percent ? 100.0 : 1.0,
                     .unit = get<std::string>(plan, "unit"),
                     .digits = percent ? 2 : 4,
                     .margin = get<double>(plan, "margin")};
  for (const lab::EntrySpec& entry : options.entries) settings.rules.push_back(entry.text);
  settings.steps = options.steps;
  settings.looks = options.looks;
  settings.schedule = options.schedule;
  settings.seeds = options.seeds;
  settings.tuned = options.tuning.tuned;
  settings.trials = options.tuning.trials;
  settings.screening_steps = options.tuning.screening_steps;
  settings.tuning_seeds = options.tuning.seeds;
  settings.threads = 1;
  settings.target = get<double>(plan, "target");
  settings.machine.cpu = get<std::string>(plan, "cpu");
  settings.machine.compiler = get<std::string>(plan, "interpreter");
  settings.machine.libtorch = get<std::string>(plan, "torch");
  settings.machine.instruction_set = std::string(name_of(choose_isa()));
  settings.gradus_version = get<std::string>(plan, "version");
  return settings;
}

/// The rule at a training's point, its rate along the schedule.
RuleObject rule_of(const lab::TrainingSpec& spec) {
  AnyRule rule = lab::rule_at(spec.phases.front(), spec.points.front());
  const auto lr = static_cast<double>(rule.get("lr"));
  if (spec.schedule != "constant")
    rule.set("lr", Hyper([lr, along = lab::make_schedule(spec.schedule, spec.steps)](std::int64_t t) {
               return lr * along(t);
             }));
  return {std::move(rule)};
}

/// What gradus.laboratory.Run has of a training that is over.
lab::TrainingRecord record_of(nb::handle run) {
  lab::TrainingRecord record;
  record.train_loss = get<std::vector<double>>(run, "train_loss");
  record.validation_loss = get<std::vector<double>>(run, "validation_loss");
  record.validation_metric = get<std::vector<double>>(run, "validation_metric");
  record.test_metric = get<std::vector<double>>(run, "test_metric");
  record.train_seconds = get<std::vector<double>>(run, "train_seconds");
  record.final_test_loss = get<double>(run, "final_test_loss");
  record.seconds = get<double>(run, "seconds");
  record.optimizer_step_seconds = get<double>(run, "optimizer_step_seconds");
  record.diverged = get<bool>(run, "diverged");
  return record;
}

/// Trains by `perform`, which makes a Run of what it is given, and returns it when it is over. All on the caller's thread,
/// which holds the interpreter's lock.
lab::Trainer trainer(const nb::callable& perform) {
  return [perform](const lab::TrainingSpec& spec, const lab::TrainingWatch& watch) {
    const auto watched =
        std::make_shared<const lab::TrainingWatch*>(&watch);  // null when the training is over
    const auto tell = nb::cpp_function([watched](std::int64_t steps_done, double loss) {
      return *watched != nullptr && (**watched)({steps_done, loss});
    });
    const lab::PhaseSpec& phase = spec.phases.front();
    const std::vector<std::int64_t> last{spec.steps};
    const struct AtEnd {
      const lab::TrainingWatch*& watch;
      ~AtEnd() { watch = nullptr; }
    } at_end{*watched};
    return record_of(perform(
        nb::arg("label") = spec.phases.front().text, nb::arg("rule") = rule_of(spec),
        nb::arg("hyperparameters") = spec.points.front(),
        nb::arg("state_dtype") =
            phase.state.dtype == State::plain ? "plain" : std::string(lab::name_of(phase.state.dtype)),
        nb::arg("seed") = spec.seed, nb::arg("steps") = spec.steps, nb::arg("is_final") = spec.is_final,
        nb::arg("looks") = spec.is_final ? spec.looks : last, nb::arg("tell") = tell));
  };
}

class Observer : public lab::RaceObserver {
 public:
  explicit Observer(nb::object progress) : progress_(std::move(progress)) {}

  void moved(const lab::RaceJob& job, const lab::TrainingMoment& moment,
             const lab::RaceProgress& race) override {
    progress_.attr("moved")(words(job), moment.steps_done, job.steps, moment.loss, part(race));
  }
  void finished(const lab::RaceJob& job, const lab::TrainingRecord& record,
                const lab::RaceProgress& race) override {
    const double loss = record.diverged              ? lab::kNotMeasured
                        : record.test_metric.empty() ? record.validation_loss.back()
                                                     : record.final_test_loss;
    progress_.attr("finished")(words(job), job.is_trial, loss, part(race));
  }

 private:
  static std::string words(const lab::RaceJob& job) {
    return job.label + (job.is_trial ? "  trial " : "  seed ") + std::to_string(job.number);
  }
  static double part(const lab::RaceProgress& race) {
    return race.planned > 0 ? static_cast<double>(race.done) / static_cast<double>(race.planned) : 0;
  }

  nb::object progress_;
};

lab::RaceResults race(nb::handle plan, const nb::callable& perform, nb::object progress) {
  const lab::RaceOptions options = options_of(plan);
  const lab::RaceSettings settings = settings_of(plan, options);
  Observer observer(std::move(progress));
  const std::atomic<bool> never = false;
  lab::RaceResults results = lab::run_race(options, trainer(perform), observer, never);
  results.settings = settings;
  lab::summarize(results);
  return results;
}

/// A page within a page, so that neither's style touches the other.
std::string in_a_frame(const std::string& page) {
  std::string text = "<iframe style=\"width: 100%; height: 900px; border: 0\" srcdoc=\"";
  for (const char c : page) text += c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
  return text + "\"></iframe>";
}

void save(const lab::RaceResults& results, const std::string& folder) {
  lab::prepare_output_folder(folder, std::vector{"results.json", "report.html"});
  const std::filesystem::path in = folder;
  lab::write_file_atomically(in / "results.json", lab::to_text(results));
  lab::write_file_atomically(in / "report.html", lab::html_report(results));
}

}  // namespace

void define_race(nb::module_& module) {
  nb::class_<lab::RaceResults>(
      module, "RaceResults",
      "What a race came to: print() shows a table and the verdicts, a notebook the report.")
      .def("__str__", [](const lab::RaceResults& results) { return lab::terminal_report(results); })
      .def("__repr__",
           [](const lab::RaceResults& results) {
             return "<RaceResults of " + std::to_string(results.entries.size()) + " rules>";
           })
      .def(
          "html", [](const lab::RaceResults& results) { return lab::html_report(results); },
          "The report: a page that needs no other file.")
      .def("_repr_html_",
           [](const lab::RaceResults& results) { return in_a_frame(lab::html_report(results)); })
      .def(
          "json", [](const lab::RaceResults& results) { return lab::to_text(results); },
          "All numbers, as docs/race-results.md describes them.")
      .def_prop_ro(
          "verdicts",
          [](const lab::RaceResults& results) {
            std::map<std::string, std::string> sentences;
            for (const lab::Verdict& verdict : results.verdicts)
              sentences[verdict.question] = verdict.sentence;
            return sentences;
          },
          "Who is best at what, a sentence each.")
      .def_prop_ro(
          "chosen",
          [](const lab::RaceResults& results) {
            std::map<std::string, lab::Point> points;
            for (const lab::Entry& entry : results.entries)
              if (!entry.chosen.empty()) points[entry.label] = entry.chosen.front();
            return points;
          },
          "The hyperparameters that tuning chose, by entry; without those of which every trial diverged.")
      .def("save", &save, nb::arg("folder"),
           "Writes results.json and report.html, which `gradus report` and `gradus compare` read.");
  module.def(
      "_race", &race, nb::arg("plan"), nb::arg("perform"), nb::arg("progress"),
      nb::sig("def _race(plan: object, perform: collections.abc.Callable[..., object], progress: object) "
              "-> RaceResults"));
}

}  // namespace gradus::python
