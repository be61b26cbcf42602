#include "gradus/rules/muon.hpp"

#include "rules/instantiate.hpp"

GRADUS_BUILT_IN(Muon);
