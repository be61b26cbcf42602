// takes at most kMostSlots slots
#include <gradus/gradus.hpp>

struct Hoard {
  static constexpr std::array<gradus::Slot, 9> slots{};
  struct Step {};
  Step at(gradus::Now& /*now*/) const { return {}; }
  template <class V, class... S>
  static V update(const Step& /*c*/, V g, V /*x*/, S&... /*slots*/) {
    return g;
  }
};

gradus::Optimizer wrong() { return gradus::Optimizer{Hoard{}}; }
