#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace gradus {

/// One T a key, for as long as somebody holds it; for any thread.
template <class Key, class T>
class Interned {
 public:
  /// The one that is there, or what make() returns.
  template <class Make>
  std::shared_ptr<const T> of(Key key, Make make) {
    const std::lock_guard lock(mutex_);
    std::erase_if(all_, [](const auto& entry) { return entry.second.expired(); });
    std::weak_ptr<const T>& known = all_[std::move(key)];
    std::shared_ptr<const T> one = known.lock();
    if (one == nullptr) known = one = make();
    return one;
  }

 private:
  std::mutex mutex_;
  std::map<Key, std::weak_ptr<const T>> all_;
};

}  // namespace gradus
