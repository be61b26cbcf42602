#include "gradus/schedules/text.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <mutex>
#include <utility>

#include "core/text_reader.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/core/number_text.hpp"
#include "gradus/schedules/schedules.hpp"
#include "schedules/read_hyper.hpp"

namespace gradus {

namespace {

/// What register_schedule() makes of a function.
struct NamedFunction {
  std::string name;
  Schedule function;
  double operator()(std::int64_t t) const { return function(t); }
};

/// All kinds of schedules. They are never removed, so that who has found one needs no lock.
class Kinds {
 public:
  void add(ScheduleKind kind) {
    const std::lock_guard lock(mutex_);
    for (const ScheduleKind& other : kinds_) {
      if (other.name != kind.name) continue;
      const bool same = other.defaults.target_type() == kind.defaults.target_type();
      if (same && !kind.defaults.target<NamedFunction>()) return;
      throw Error("there is a schedule '" + kind.name + "' already");
    }
    kinds_.push_back(std::move(kind));
  }

  /// The first that is as asked for, or null.
  template <class Asked>
  const ScheduleKind* find(Asked asked) const {
    const std::lock_guard lock(mutex_);
    const auto kind = std::find_if(kinds_.begin(), kinds_.end(), asked);
    return kind == kinds_.end() ? nullptr : &*kind;
  }

  std::vector<std::string> names() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const ScheduleKind& kind : kinds_) names.push_back(kind.name);
    return names;
  }

 private:
  template <class... S>
  static std::deque<ScheduleKind> built_in(const std::tuple<S...>*) {
    return {schedule_kind<S>()...};
  }

  mutable std::mutex mutex_;
  std::deque<ScheduleKind> kinds_ = built_in(static_cast<BuiltInSchedules*>(nullptr));
};

Kinds& kinds() {
  static Kinds all;
  return all;
}

const ScheduleKind& kind_of(const Schedule& schedule) {
  const auto* function = schedule.target<NamedFunction>();
  const ScheduleKind* kind = kinds().find([&](const ScheduleKind& k) {
    return k.defaults.target_type() == schedule.target_type() && (!function || function->name == k.name);
  });
  if (!kind)
    throw Error(
        "this schedule has no name, and so no text: use what register_schedule(\"my_plan\", function) "
        "returns, or register_schedule<MyPlan>() for a type with a name and fields");
  return *kind;
}

std::string text_of(double value) {
  if (std::isnan(value)) throw Error("NaN is no number that a text has");
  return number_text(value);
}
std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(const Schedule& schedule) {
  const ScheduleKind& kind = kind_of(schedule);
  Schedule copy = schedule;
  std::string text = kind.name;
  const char* separator = "(";
  for (const SchedulePart& part : kind.parts(copy)) {
    const auto write = [](const auto* value) { return text_of(*value); };
    text += separator + std::string(part.name) + "=" + std::visit(write, part.value);
    separator = ",";
  }
  return text + (*separator == '(' ? "()" : ")");
}

Schedule read_schedule(TextReader& reader, std::string_view name);

void read(TextReader& reader, double& value) { value = reader.number(reader.word("a number")); }
void read(TextReader& reader, std::int64_t& value) {
  value = reader.whole_number(reader.word("a whole number"));
}
void read(TextReader& reader, Schedule& value) {
  const std::string_view name = reader.word("the name of a schedule");
  reader.expect("(");
  value = read_schedule(reader, name);
}

const ScheduleKind& kind_named(const TextReader& reader, std::string_view name) {
  if (const ScheduleKind* kind = kinds().find([&](const ScheduleKind& k) { return k.name == name; }))
    return *kind;
  reader.fail(name, "there is no schedule '" + std::string(name) + "'; " +
                        suggestion(name, schedule_names()) +
                        "; one of your own is known after register_schedule()");
}

const SchedulePart& part_named(const TextReader& reader, const std::vector<SchedulePart>& parts,
                               std::string_view name) {
  std::vector<std::string> names;
  for (const SchedulePart& part : parts) {
    if (part.name == name) return part;
    names.emplace_back(part.name);
  }
  reader.fail(name, "there is no field '" + std::string(name) + "' here; there " +
                        (names.empty() ? "is none" : "are: " + listed(names)));
}

/// What follows its name and a parenthesis: "from=1,to=0)".
Schedule read_schedule(TextReader& reader, std::string_view name) {
  const ScheduleKind& kind = kind_named(reader, name);
  Schedule schedule = kind.defaults;
  if (reader.take(")")) return schedule;
  const std::vector<SchedulePart> parts = kind.parts(schedule);
  reader.fields([&](std::string_view field) {
    std::visit([&](auto* value) { read(reader, *value); }, part_named(reader, parts, field).value);
  });
  reader.expect(")");
  return schedule;
}

}  // namespace

std::string hyper_text(const Hyper& hyper) {
  if (!hyper.scheduled()) return text_of(static_cast<double>(hyper));
  std::string text = text_of(*hyper.schedule());
  check_bounds(text);
  return text;
}

Hyper read_hyper(TextReader& reader) {
  const std::string_view word = reader.word("a number or a schedule");
  if (!reader.take("(")) return reader.number(word);
  Schedule schedule = read_schedule(reader, word);
  return reader.at(word, [&] { return Hyper(std::move(schedule)); });
}

Hyper parse_hyper(std::string_view text) {
  TextReader reader(text);
  Hyper hyper = read_hyper(reader);
  reader.expect_end();
  return hyper;
}

std::vector<std::string> schedule_names() { return kinds().names(); }

void register_kind(ScheduleKind kind) {
  check_name(kind.name, "a schedule");
  for (const SchedulePart& part : kind.parts(kind.defaults)) check_name(part.name, "a field");
  kinds().add(std::move(kind));
}

Schedule register_schedule(std::string name, Schedule function) {
  if (!function) throw Error("the schedule '" + name + "' is an empty function");
  Schedule schedule = NamedFunction{name, std::move(function)};
  register_kind({std::move(name), schedule, [](Schedule&) { return std::vector<SchedulePart>{}; }});
  return schedule;
}

}  // namespace gradus
