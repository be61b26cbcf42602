// no matching function for call to|no matching constructor
// What has neither slots nor a chain is no rule.
#include <gradus/gradus.hpp>

struct Nothing {};

gradus::Optimizer wrong() { return gradus::Optimizer{Nothing{}}; }
