// compile this rule with the flags of gradus::rules
#include <gradus/gradus.hpp>

gradus::Optimizer wrong() { return gradus::Optimizer{gradus::ClipNorm{} >> gradus::Adam{}}; }
