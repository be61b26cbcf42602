#pragma once

#include "gradus/checkpoint/disk.hpp"

namespace gradus::test {

/// Waits for no disk.
class NoWaiting : public checkpoint::Disk {
 public:
  int fsync(int /*file*/) override { return 0; }
};

}  // namespace gradus::test
