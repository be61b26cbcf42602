#pragma once

namespace gradus::engine {

/// While it lives, floating-point arithmetic of this thread rounds to nearest and keeps denormals; then it is
/// as the caller had it. (A library linked with -ffast-math switches a whole process to flush-to-zero.)
class DefaultFloatEnvironment {
 public:
  DefaultFloatEnvironment();
  ~DefaultFloatEnvironment();
  DefaultFloatEnvironment(const DefaultFloatEnvironment&) = delete;
  DefaultFloatEnvironment& operator=(const DefaultFloatEnvironment&) = delete;

 private:
  unsigned long saved_;
};

}  // namespace gradus::engine
