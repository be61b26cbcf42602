#pragma once

#include <stdexcept>

namespace gradus {

/// What every function of gradus throws. The message says what is wrong, where, and what was expected.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace gradus
