#pragma once

// The table of links. A row here, and a link has its name in make_rule() and in texts, and is compiled in the library.

#include <tuple>

#include "gradus/links/clip_norm.hpp"
#include "gradus/links/clip_value.hpp"
#include "gradus/links/heavy_ball.hpp"
#include "gradus/links/inverse_time_decay.hpp"
#include "gradus/links/nesterov_average.hpp"
#include "gradus/links/orthogonalize.hpp"
#include "gradus/links/orthogonalize_bfloat16.hpp"
#include "gradus/links/trust_ratio.hpp"
#include "gradus/links/weight_decay.hpp"

namespace gradus {

using BuiltInLinks = std::tuple<  //
    ClipNorm,                     //
    ClipValue,                    //
    WeightDecay,                  //
    HeavyBall,                    //
    NesterovAverage,              //
    InverseTimeDecay,             //
    TrustRatio,                   //
    Orthogonalize,                //
    OrthogonalizeBfloat16>;

}  // namespace gradus
