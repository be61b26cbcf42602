#pragma once

#include <atomic>

namespace gradus::tool {

/// From now on a first SIGINT, SIGTERM or SIGHUP sets the flag that it returns, and a second ends the process
/// at once; what the process was told to ignore stays ignored. A closed pipe is an error of whoever writes to
/// it.
const std::atomic<bool>& watch_for_signals();

/// The exit code that a shell expects of a process that a signal ended (130, 143, 129), or 0 if none came.
int signal_exit_code();

}  // namespace gradus::tool
