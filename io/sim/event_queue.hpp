// EventQueue: what is going to happen in a simulated world, by time; at one moment, in an order
// drawn from the seed.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "sundog/io/sim/prng.hpp"

namespace sundog::sim {

class EventQueue {
 public:
  // What is to happen; and in which order: by time, and at one time as the seed has drawn it.
  using Function = std::function<void()>;
  struct Key {
    std::int64_t time_ns;
    std::uint64_t drawn;
    std::uint64_t sequence;
    auto operator<=>(const Key&) const = default;
  };

  explicit EventQueue(Prng& prng) noexcept : prng_(prng) {}

  // The key is for taking the event back.
  Key add(std::int64_t time_ns, Function function) {
    const Key key{time_ns, prng_.next(), next_sequence_++};
    events_.emplace(key, std::move(function));
    return key;
  }
  // Takes an event back; false if it has happened.
  bool cancel(const Key& key) noexcept { return events_.erase(key) != 0; }

  bool empty() const noexcept { return events_.empty(); }
  // Of the next event; there must be one.
  std::int64_t next_time_ns() const noexcept { return events_.begin()->first.time_ns; }
  // Takes the next event out, to be called.
  Function take() {
    Function function = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    return function;
  }

 private:
  Prng& prng_;
  std::map<Key, Function> events_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace sundog::sim
