#pragma once

// Schedules as text: `cosine(from=0.001,to=0,steps=500)`, `joined(first=linear(…),steps=100,second=cosine(…))`.
//
//   struct Halving {                                         // a schedule of one's own, whole
//     double from = 1;
//     std::int64_t every = 100;
//     double operator()(std::int64_t t) const { return from / static_cast<double>(1 + t / every); }
//
//     static constexpr const char* name = "halving";
//     static constexpr std::tuple fields{ScheduleField{"from", &Halving::from},
//                                        ScheduleField{"every", &Halving::every}};
//   };
//   register_schedule<Halving>();                            // Adam{.lr = Halving{0.1}} has a text from now on

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "gradus/core/hyper.hpp"

namespace gradus {

/// A field of the schedule S, of which T is double, std::int64_t or Schedule.
template <class S, class T>
struct ScheduleField {
  const char* name;
  T S::*member;
};
template <class S, class T>
ScheduleField(const char*, T S::*) -> ScheduleField<S, T>;

/// A schedule that can be told by its name and fields: these are all that it has.
template <class S>
concept NamedSchedule = std::default_initializable<S> && requires(const S& schedule, std::int64_t t) {
  { schedule(t) } -> std::convertible_to<double>;
  { S::name } -> std::convertible_to<std::string>;
  std::tuple_size<decltype(S::fields)>::value;
};

/// "0.001", or "cosine(from=0.001,to=0,steps=500)": what parse_hyper() makes of it has the same values, to the
/// bit, and the same text. Throws Error for a schedule that has no name, or a number in it that is NaN.
std::string hyper_text(const Hyper& hyper);
/// The text may come from anywhere. Fields of a schedule may stand in any order; those that are left out have
/// their defaults. Throws Error, which tells the place and what was expected there, for what is neither a number
/// nor a schedule that is known.
Hyper parse_hyper(std::string_view text);

/// The names of all schedules that are known: built-in ones, then those that were registered.
std::vector<std::string> schedule_names();

/// Makes a type known, or a function by the name that it has then: its text is "my_plan()", and it is what this
/// returns that has it, not the function by itself. For the whole program, from any thread. Throws Error if the
/// name is another schedule's, or is not of letters, digits and underscores.
template <NamedSchedule S>
void register_schedule();
Schedule register_schedule(std::string name, Schedule function);

/// What text is made of and goes into: a field of a schedule, by its place.
struct SchedulePart {
  const char* name;
  std::variant<double*, std::int64_t*, Schedule*> value;
};

/// A kind of schedules: what they are called, one with all defaults, and what such a one consists of.
struct ScheduleKind {
  std::string name;
  Schedule defaults;
  std::vector<SchedulePart> (*parts)(Schedule& of_this_kind);
};
void register_kind(ScheduleKind kind);

template <NamedSchedule S>
ScheduleKind schedule_kind() {
  return {S::name, S{}, [](Schedule& schedule) {
            S& s = *schedule.target<S>();
            const auto parts = [&](const auto&... field) {
              return std::vector<SchedulePart>{{field.name, &(s.*field.member)}...};
            };
            return std::apply(parts, S::fields);
          }};
}

template <NamedSchedule S>
void register_schedule() {
  register_kind(schedule_kind<S>());
}

}  // namespace gradus
