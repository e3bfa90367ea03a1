// SimPoller: the simulated kernel of one host, as its main loop sees it (the Poller of
// io/poller.hpp).
//
// wait() never blocks: it delivers results, in an order drawn from the seed, notes when the loop
// wants to be called next, and returns; the world (world.hpp) lets time pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sundog/io/poller.hpp"
#include "sundog/io/sim/call.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::sim {

class Host;

class SimPoller {
 public:
  // Every timer at its time: models of programs say exactly when something must happen.
  static constexpr Duration timers_apart{0};

  explicit SimPoller(Host& host) noexcept : host_(host) {}

  TimePoint now() const noexcept;
  void wait(TimePoint deadline);
  bool waiting() const noexcept { return under_way_ > 0; }

  // Asks something of the kernel. It never fails; what is refused comes as the result.
  void begin(Call& call);
  // Asks that a call under way ends soon: with -ECANCELED, or with its own result if that comes
  // first.
  void cancel(Call& call) noexcept;
  // For objects: something has changed for a call that is parked.
  void retry(Call& call);

  // How many calls of this host are not finished.
  std::size_t under_way_count() const noexcept { return under_way_; }
  // When the loop wants its next turn, in the world's time; INT64_MAX for never.
  std::int64_t next_turn_ns() const noexcept { return next_turn_ns_; }
  bool has_results() const noexcept { return !done_.empty(); }

 private:
  void arrive(Call& call);
  void complete(Call& call, int result);
  void deliver(Call& call);

  Host& host_;
  std::size_t under_way_ = 0;
  std::vector<Call*> done_;
  std::int64_t next_turn_ns_ = 0;
};

static_assert(Poller<SimPoller>);

}  // namespace sundog::sim
