#pragma once

// All of gradus that a program needs: rules, links, schedules, and the optimizer that runs them.

#include "gradus/core/chain.hpp"
#include "gradus/core/error.hpp"
#include "gradus/links/clip_norm.hpp"
#include "gradus/links/clip_value.hpp"
#include "gradus/links/heavy_ball.hpp"
#include "gradus/links/inverse_time_decay.hpp"
#include "gradus/links/nesterov_average.hpp"
#include "gradus/links/orthogonalize.hpp"
#include "gradus/links/trust_ratio.hpp"
#include "gradus/links/weight_decay.hpp"
#include "gradus/optimizer.hpp"
#include "gradus/registry.hpp"
#include "gradus/rules/built_in.hpp"
#include "gradus/schedules/schedules.hpp"
