#pragma once

// All of gradus that a program needs: rules, links, schedules, and the optimizer that runs them.

#include "gradus/core/chain.hpp"
#include "gradus/core/error.hpp"
#include "gradus/links/built_in.hpp"
#include "gradus/optimizer.hpp"
#include "gradus/registry.hpp"
#include "gradus/rules/built_in.hpp"
#include "gradus/schedules/schedules.hpp"
