// a chain takes one measured link
#include <gradus/gradus.hpp>

gradus::Optimizer wrong() { return gradus::Optimizer{gradus::LAMB{} >> gradus::LAMB{}}; }
