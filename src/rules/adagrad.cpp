#include "gradus/rules/adagrad.hpp"

#include "gradus/rules/adagrad_eps_in_root.hpp"
#include "rules/instantiate.hpp"

GRADUS_BUILT_IN(AdaGrad);
GRADUS_BUILT_IN(AdaGradEpsInRoot);
