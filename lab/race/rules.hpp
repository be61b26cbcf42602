#pragma once

#include <string_view>
#include <vector>

#include "gradus/engine/any_rule.hpp"

namespace gradus::lab {

/// A rule that can be raced, by name: the library's (make_rule() in gradus/registry.hpp), and two of the laboratory's
/// own, which tell what a line of Adam is good for:
///
///   adam_uncorrected  Adam without its bias correction
///   adam_l2           WeightDecay >> Adam: the decay joins the gradient, as torch.optim.Adam's weight_decay does
///
/// Throws Error as make_rule() does.
AnyRule raced_rule(std::string_view name, const std::vector<Setting>& settings = {});

}  // namespace gradus::lab
