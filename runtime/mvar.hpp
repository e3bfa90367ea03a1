// Mvar<T>: a place for one value: put() waits until it is empty, take() until it is full
// (Lwt_mvar).
//
// Those who wait are served first come, first served. Cancelling a put that waits takes its value
// back; a take that had been given its value just as it was cancelled goes on with it to its next
// wait.
#pragma once

#include <optional>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/handover.hpp"

namespace sundog {

template <class T>
class Mvar {
 public:
  using value_type = T;

  // Empty, or full with a value.
  Mvar() = default;
  explicit Mvar(T value) : place_(std::move(value)) {}

 private:
  struct Slot {
    static constexpr const char* giving = "mvar (to put)";
    static constexpr const char* taking = "mvar (to take)";
    Slot() = default;
    explicit Slot(T first) : value(std::move(first)) {}
    bool empty() const noexcept { return !value.has_value(); }
    bool full() const noexcept { return value.has_value(); }
    void push(T&& pushed) { value.emplace(std::move(pushed)); }
    T pop() {
      T popped = std::move(*value);
      value.reset();
      return popped;
    }

    std::optional<T> value;
  };
  using Place = detail::Handover<T, Slot>;
  // It is never closed: every wait ends with a value.
  struct PutWait final : Place::Give {
    using Place::Give::Give;
    void await_resume() const noexcept {}
  };
  struct TakeWait final : Place::Take {
    using Place::Take::Take;
    T await_resume() { return *Place::Take::await_resume(); }
  };

 public:
  // What put() and take() give: to be awaited once.
  using Put = Operation<PutWait, Place*, T>;
  using Take = Operation<TakeWait, Place*>;

  // Awaitable of void: waits until there is room, and puts the value there.
  [[nodiscard]] Put put(T value) { return Put(&place_, std::move(value)); }
  // Awaitable of T.
  [[nodiscard]] Take take() { return Take(&place_); }
  // Takes without waiting: empty when there is nothing.
  [[nodiscard]] std::optional<T> take_available() { return place_.try_take(); }
  bool empty() const noexcept { return place_.store().empty(); }

 private:
  Place place_;
};

}  // namespace sundog
