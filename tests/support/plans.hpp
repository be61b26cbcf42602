#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "gradus/schedules/schedules.hpp"

namespace gradus::test {

/// One of each kind of schedule and more, within [0, 1), and how they are written.
struct Plan {
  const char* name;  ///< letters, digits and _
  Schedule schedule;
  const char* text;
};

inline std::vector<Plan> plans() {
  const Linear up{.from = 0.1, .to = 0.5, .steps = 10};
  const Cosine down{.from = 0.5, .to = 1e-3, .steps = 500};
  return {{"constant", Constant{0.1}, "constant(value=0.1)"},
          {"linear", up, "linear(from=0.1,to=0.5,steps=10)"},
          {"cosine", down, "cosine(from=0.5,to=0.001,steps=500)"},
          {"staircase", Staircase{.from = 0.5, .gamma = 0.25, .every = 30},
           "staircase(from=0.5,gamma=0.25,every=30)"},
          {"exponential", Exponential{.from = 0.75, .gamma = 0.995}, "exponential(from=0.75,gamma=0.995)"},
          {"inverse_time", InverseTime{.from = 1.0 / 3, .decay = 5e-324},
           "inverse_time(from=0.3333333333333333,decay=5e-324)"},
          {"joined", Joined{up, 10, down},
           "joined(first=linear(from=0.1,to=0.5,steps=10),steps=10,"
           "second=cosine(from=0.5,to=0.001,steps=500))"},
          {"nested", Joined{Joined{Constant{0.25}, 3, up}, 20, Joined{down, 100, Constant{-0.0}}},
           "joined(first=joined(first=constant(value=0.25),steps=3,second=linear(from=0.1,to=0.5,steps=10)),"
           "steps=20,"
           "second=joined(first=cosine(from=0.5,to=0.001,steps=500),steps=100,second=constant(value=-0)))"}};
}

/// The values of steps 0 to 1000.
inline std::vector<std::uint64_t> bits_over_steps(Hyper hyper) {
  std::vector<std::uint64_t> bits;
  for (std::int64_t t = 0; t <= 1000; ++t) bits.push_back(std::bit_cast<std::uint64_t>(hyper.ask(t)));
  return bits;
}

}  // namespace gradus::test
