// cannot convert|no viable conversion
#include <cstdint>
#include <gradus/gradus.hpp>
#include <vector>

void wrong(gradus::Optimizer& optimizer, const std::vector<float>& values) {
  optimizer.set_gradient(gradus::ParameterId{0}, {std::vector<std::int64_t>{1, 2}, values});
}
