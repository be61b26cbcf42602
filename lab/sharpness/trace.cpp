#include "lab/sharpness/trace.hpp"

#include <numeric>
#include <vector>

#include "lab/tasks/draws.hpp"

namespace gradus::lab {

Sampled estimate_trace(const Operator& matrix, std::size_t size, std::size_t draws, std::uint64_t seed) {
  Draws signs(seed);
  std::vector<double> v(size), av(size), products;
  for (std::size_t i = 0; i < draws; ++i) {
    for (double& number : v) number = signs.sign();
    matrix(v, av);
    products.push_back(std::inner_product(v.begin(), v.end(), av.begin(), 0.0));
  }
  return sampled(products);
}

}  // namespace gradus::lab
