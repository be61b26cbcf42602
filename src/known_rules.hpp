#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gradus/engine/any_rule.hpp"

namespace gradus {

/// A built-in or registered rule with all its defaults, if there is one of that name.
std::optional<AnyRule> known_rule(std::string_view name);

/// What to say where there is none.
std::string unknown_rule(std::string_view name);

/// Throws Error if a link, or a field, has no name that a text can have.
void check_names(const AnyRule& rule);

/// Throws Error if the name is another rule's.
void check_owner(const AnyRule& rule, const AnyRule& of_that_name);

}  // namespace gradus
