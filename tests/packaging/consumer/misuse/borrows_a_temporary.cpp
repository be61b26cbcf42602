// cannot convert
#include <gradus/gradus.hpp>
#include <vector>

gradus::ParameterId wrong(gradus::Optimizer& optimizer) {
  return optimizer.add("x", {2}, std::vector<float>{1, 2}, {});
}
