// Later: something that is going to happen once, unless its owner is gone by then.
#pragma once

#include <optional>
#include <utility>

#include "sundog/io/sim/world.hpp"

namespace sundog::sim::xen {

class Later {
 public:
  explicit Later(World& world) noexcept : world_(world) {}
  ~Later() { cancel(); }
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

  // Does nothing when it is armed already.
  template <class Function>
  void arm(Duration delay, Function function) {
    if (key_) return;
    key_ = world_.after(delay, [this, function = std::move(function)] {
      key_.reset();
      function();
    });
  }
  void cancel() noexcept {
    if (key_) world_.events().cancel(*std::exchange(key_, std::nullopt));
  }
  bool armed() const noexcept { return key_.has_value(); }

 private:
  World& world_;
  std::optional<EventQueue::Key> key_;
};

}  // namespace sundog::sim::xen
