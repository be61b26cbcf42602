#pragma once

#include <atomic>
#include <thread>

#include "gradus/core/error.hpp"

namespace gradus::python {

/// Who is at work on an optimizer: it takes one thread at a time.
using Busy = std::atomic<std::thread::id>;

/// A call's turn. What a thread at work calls in turn, a schedule that looks at the optimizer, say, is part of it.
/// Throws Error if it is another thread's turn.
class Turn {
 public:
  explicit Turn(Busy& busy) : busy_(busy) {
    const std::thread::id me = std::this_thread::get_id();
    std::thread::id nobody;
    outermost_ = busy.compare_exchange_strong(nobody, me);
    if (!outermost_ && nobody != me)
      throw Error("this optimizer is at work in another thread; it takes one at a time");
  }
  ~Turn() {
    if (outermost_) busy_ = std::thread::id{};
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Busy& busy_;
  bool outermost_;
};

}  // namespace gradus::python
