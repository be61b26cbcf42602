#include "gradus/rules/lamb.hpp"

#include "rules/instantiate.hpp"

GRADUS_BUILT_IN(LAMB);
