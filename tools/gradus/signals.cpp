#include "signals.hpp"

#include <unistd.h>

#include <csignal>

namespace gradus::tool {
namespace {

std::atomic<bool> stop{false};
std::atomic<int> caught{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int number) {
  if (stop.exchange(true)) _exit(128 + number);
  caught = number;
}

}  // namespace

const std::atomic<bool>& watch_for_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before = {};
    sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);  // nohup's wish is heeded
  }
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of the print, not the end of the race
  return stop;
}

int signal_exit_code() { return caught == 0 ? 0 : 128 + caught; }

}  // namespace gradus::tool
