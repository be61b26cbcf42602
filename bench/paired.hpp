#pragma once

// A machine is now faster, now slower: by its clock, by its other work. So every figure of a step is a ratio
// of two things that are timed in turn, in the same run.

#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

namespace gradus::bench {

/// A line of a table.
struct Row {
  std::string table;  ///< of docs/performance.md
  std::string name;
  double ours, reference;      ///< the shortest times, in seconds
  double ratio;                ///< of the reference's time to ours: the median over all turns
  std::string reference_name;  ///< what it is a ratio to
  std::string goal;            ///< empty where nothing is asked
  bool met;
};

/// What is asked of a benchmark; a number that is 0 asks for nothing.
struct Goal {
  double least_ratio = 0;
  /// Of the shortest times: ours is at most so many times the other one, and so many seconds more.
  double most_times = 0, most_more = 0;
};

/// One side of a comparison.
struct Side {
  std::string name;
  std::function<void()> run;
};

/// Times both sides in turn. Google Benchmark sees the time of ours, and the ratio as a counter; a row is
/// kept for the table of that name.
void run_in_turn(benchmark::State& state, const std::string& table, const Side& ours, const Side& reference,
                 const Goal& goal = {});

/// Those of run_in_turn(), in order.
const std::vector<Row>& rows();

}  // namespace gradus::bench
