// a chain takes one link with a learning rate
#include <gradus/gradus.hpp>

gradus::Optimizer wrong() { return gradus::Optimizer{gradus::RMSProp{} >> gradus::Momentum{}}; }
