#include "gradus/rules/rmsprop.hpp"

#include "gradus/rules/rmsprop_centered.hpp"
#include "gradus/rules/rmsprop_eps_in_root.hpp"
#include "rules/instantiate.hpp"

GRADUS_BUILT_IN(RMSProp);
GRADUS_BUILT_IN(RMSPropEpsInRoot);
GRADUS_BUILT_IN(RMSPropCentered);
