#pragma once

// The table of built-in rules. A row here, and a rule has its name in make_rule() and on the command line, is
// compiled in the library for every instruction set, and is checked by every test of tests/rules.

#include <tuple>

#include "gradus/rules/adafactor.hpp"
#include "gradus/rules/adagrad.hpp"
#include "gradus/rules/adagrad_eps_in_root.hpp"
#include "gradus/rules/adam.hpp"
#include "gradus/rules/adam_eps_hat.hpp"
#include "gradus/rules/adamw.hpp"
#include "gradus/rules/amsgrad.hpp"
#include "gradus/rules/lamb.hpp"
#include "gradus/rules/momentum.hpp"
#include "gradus/rules/muon.hpp"
#include "gradus/rules/muon_bfloat16.hpp"
#include "gradus/rules/nesterov.hpp"
#include "gradus/rules/prodigy.hpp"
#include "gradus/rules/rmsprop.hpp"
#include "gradus/rules/rmsprop_centered.hpp"
#include "gradus/rules/rmsprop_centered_momentum.hpp"
#include "gradus/rules/rmsprop_eps_in_root.hpp"
#include "gradus/rules/rmsprop_momentum.hpp"
#include "gradus/rules/rowwise_adagrad.hpp"
#include "gradus/rules/schedule_free_adamw.hpp"
#include "gradus/rules/sgd.hpp"
#include "gradus/rules/soap.hpp"
#include "gradus/rules/swats.hpp"

namespace gradus {

using BuiltInRules = std::tuple<  //
    SGD,                          //
    Momentum,                     //
    Nesterov,                     //
    AdaGrad,                      //
    AdaGradEpsInRoot,             //
    RowwiseAdaGrad,               //
    RMSProp,                      //
    RMSPropEpsInRoot,             //
    RMSPropCentered,              //
    RMSPropMomentum,              //
    RMSPropCenteredMomentum,      //
    Adam,                         //
    AdamEpsHat,                   //
    AdamW,                        //
    AMSGrad,                      //
    LAMB,                         //
    Adafactor,                    //
    SWATS,                        //
    Prodigy,                      //
    ScheduleFreeAdamW,            //
    Muon,                         //
    MuonBfloat16,                 //
    SOAP>;

}  // namespace gradus
