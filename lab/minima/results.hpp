#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/results/results.hpp"
#include "lab/sharpness/sharpness.hpp"
#include "lab/sharpness/slices.hpp"

/// What trainings leave behind that were asked how curved the loss is where they are, as plain data.
namespace gradus::lab {

struct Look {
  std::int64_t step = 0;
  double loss = kNotMeasured;
  double largest = kNotMeasured;         ///< eigenvalue of the Hessian H
  double preconditioned = kNotMeasured;  ///< that of P^-1 H, where the rule divides by P element by element
  double bound = kNotMeasured;           ///< that one of the two is stable below (stability.hpp)
};

/// Where a rule arrives, and how it went there.
struct Minimum {
  std::string rule = {};   ///< as typed
  std::string label = {};  ///< for people
  double lr = kNotMeasured;
  bool bounds_preconditioned = false;  ///< of the two eigenvalues the bound is of that one
  bool diverged = false;               ///< then there are looks until it did, and no sharpness
  std::vector<Look> looks = {};
  Sharpness sharpness{.loss = kNotMeasured,
                      .gradient_norm = kNotMeasured,
                      .largest = kNotMeasured,
                      .largest_off = kNotMeasured,
                      .trace = {kNotMeasured, kNotMeasured},
                      .worst_rise = kNotMeasured,
                      .average_rise = {kNotMeasured, kNotMeasured}};
  double validation_metric = kNotMeasured, test_metric = kNotMeasured, test_loss = kNotMeasured;
};

/// Losses between two points, and around.
struct Slices {
  std::string from, to;  ///< labels; empty: nobody arrived
  Line line;             ///< from one, at 0, to the other, at 1
  Surface plane;         ///< likewise along s; along t a random direction that is filter-normalized
};

struct MinimaSettings {
  std::string command, started, gradus_version;
  Machine machine;
  std::string task, title, data, data_checksum;
  Metric metric;
  std::int64_t parameters = 0;
  std::string schedule;
  std::int64_t steps = 0, batch = 0, examples = 0;
  std::uint64_t seed = 0;
  double rho = SharpnessOptions{}.rho;  ///< of adaptive sharpness
};

struct MinimaResults {
  MinimaSettings settings;
  std::vector<Minimum> minima;  ///< in the order in which they were asked for
  Slices slices;  ///< between the first two that did not diverge, or from the start to the only one
  double seconds = 0;
};

/// sharpness.json
std::string to_text(const MinimaResults& results);

}  // namespace gradus::lab
