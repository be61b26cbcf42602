#include "gradus/rules/adam.hpp"

#include "gradus/rules/adamw.hpp"
#include "gradus/rules/amsgrad.hpp"
#include "rules/instantiate.hpp"

GRADUS_BUILT_IN(Adam);
GRADUS_BUILT_IN(AdamW);
GRADUS_BUILT_IN(AMSGrad);
