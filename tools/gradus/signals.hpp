#pragma once

#include <atomic>

namespace gradus::tool {

/// From now on a first SIGINT or SIGTERM sets the flag that it returns, and a second ends the process at
/// once.
const std::atomic<bool>& watch_for_signals();

/// The exit code that a shell expects of a process that a signal ended (130, 143), or 0 if none came.
int signal_exit_code();

}  // namespace gradus::tool
