#include "gradus/rules/momentum.hpp"
#include "gradus/rules/nesterov.hpp"
#include "gradus/rules/sgd.hpp"
#include "rules/instantiate.hpp"

GRADUS_BUILT_IN(SGD);
GRADUS_BUILT_IN(Momentum);
GRADUS_BUILT_IN(Nesterov);
