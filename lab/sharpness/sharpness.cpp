#include "lab/sharpness/sharpness.hpp"

#include "gradus/core/error.hpp"
#include "lab/sharpness/adaptive.hpp"
#include "lab/sharpness/spans.hpp"
#include "lab/sharpness/trace.hpp"

namespace gradus::lab {

Sharpness measure_sharpness(Landscape& landscape, std::span<const double> at,
                            const SharpnessOptions& options) {
  Sharpness found;
  found.loss = landscape.loss(at);
  std::vector<double> gradient(at.size());
  landscape.gradient(at, gradient);
  found.gradient_norm = vector_of(gradient).norm();
  const WorstCase worst = worst_case_sharpness(landscape, at, options.rho, options.worst_steps, options.seed);
  found.worst_rise = worst.rise;
  found.average_rise =
      average_case_sharpness(landscape, at, options.rho, options.average_draws, options.seed);
  const Operator matrix = hessian(landscape, {at.begin(), at.end()});
  const Spectrum spectrum = largest_eigenpairs(
      matrix, at.size(),
      {.tolerance = options.tolerance, .products = options.most_products, .seed = options.seed});
  found.largest = spectrum.pairs[0].value;
  found.largest_off = spectrum.pairs[0].residual;
  found.converged = spectrum.converged;
  found.trace = estimate_trace(matrix, at.size(), options.trace_draws, options.seed);
  return found;
}

Sharpness measure_sharpness(Problem& problem, std::int64_t examples, const SharpnessOptions& options) {
  const std::unique_ptr<Landscape> landscape = landscape_of(problem, examples);
  return measure_sharpness(*landscape, landscape->point(), options);
}

std::unique_ptr<Landscape> landscape_of(Problem& problem, std::int64_t examples) {
  std::unique_ptr<Landscape> landscape = problem.landscape(examples);
  if (!landscape) throw Error("sharpness is of a loss over examples, and this task has none");
  return landscape;
}

}  // namespace gradus::lab
