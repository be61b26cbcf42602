#include "gradus/rules/rmsprop_momentum.hpp"

#include "rules/instantiate.hpp"

GRADUS_BUILT_IN(RMSPropMomentum);
GRADUS_BUILT_IN(RMSPropCenteredMomentum);
