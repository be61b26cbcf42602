// a chain takes measured links or a matrix link
#include <gradus/gradus.hpp>

gradus::Optimizer wrong() { return gradus::Optimizer{gradus::Muon{} >> gradus::TrustRatio{}}; }
