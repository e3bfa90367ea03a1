// World: several simulated hosts and what lies between them, all from one seed.
//
//   World world(seed);
//   Host& server = world.add_host("server");
//   Host& client = world.add_host("client");
//   server.start([&] { return serve(server); }, Host::Duty::serve);
//   client.start([&] { return ask(client, server.endpoint(7)); });
//   world.run();
//
// run() has two phases. First faults strike as the seed has drawn them; then the world heals and
// everybody must make progress. When all hosts with something to finish have finished, the serving
// hosts are cancelled and all must be as before: no call under way, no timer armed, no descriptor
// open. Whatever goes wrong comes out of run() as a Failure.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sundog/io/sim/event_queue.hpp"
#include "sundog/io/sim/faults.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/io/sim/network.hpp"
#include "sundog/io/sim/prng.hpp"
#include "sundog/io/sim/trace.hpp"
#include "sundog/runtime/frame_pool.hpp"

namespace sundog::sim {

// A run did not end as it must. what() says why and lists the waiting tasks.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class World {
 public:
  // How long the faults phase lasts at most.
  static constexpr std::int64_t faults_max_ns = 60'000'000'000;
  // Steps without an end: a program that never lets time pass.
  static constexpr std::uint64_t steps_max = 20'000'000;

  // With the faults that the seed draws, or with those given.
  explicit World(std::uint64_t seed);
  World(std::uint64_t seed, const FaultPlan& faults);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // A host with a clock of its own; `exact` gives it the world's.
  enum class ClockKind : std::uint8_t { drawn, exact };
  Host& add_host(std::string name, ClockKind kind = ClockKind::drawn);

  // How long everything may take once the world has healed: an hour, unless told otherwise.
  void set_healed_max(Duration duration) noexcept { healed_max_ns_ = duration.count(); }

  // Runs the world to its end, see above. Throws Failure.
  void run();
  // Something that must hold at the end is not so: makes run() fail, now or at its end.
  void fail(std::string_view why);
  const std::string& failure() const noexcept { return failure_; }

  // What it is made of. All choices are drawn from the one generator, whose seed this is; times are
  // nanoseconds since the world began.
  std::uint64_t seed() const noexcept { return seed_; }
  std::int64_t now_ns() const noexcept { return now_ns_; }
  Prng& prng() noexcept { return prng_; }
  FaultPlan& faults() noexcept { return faults_; }
  bool strikes(Fault fault) noexcept { return faults_.strikes(fault, prng_); }
  EventQueue& events() noexcept { return events_; }
  Network& network() noexcept { return network_; }
  Trace& trace() noexcept { return trace_; }

  // Something to happen later; may be cancelled through events().
  EventQueue::Key after(Duration delay, EventQueue::Function function) {
    return events_.add(now_ns_ + delay.count(), std::move(function));
  }

  // --- for machines that are no Host (tests/sim/xen), instead of run() ------------------------

  // Begins the faults phase; the world heals by itself at its end. Gives the moment by which
  // everything must have finished.
  std::int64_t begin_faults();
  // Lets time pass until the next event, which happens, or until `time_ns`; whether it was an
  // event.
  bool pass(std::int64_t time_ns);

  // Once the scenario has destroyed all it had: whatever hosts allocated must be freed. Throws
  // Failure.
  void check_memory();

  // The tasks of all hosts, as text.
  std::string dump();

 private:
  // One turn of a host, or one event. False: nothing can ever happen any more.
  bool step();
  void heal();
  bool all_finished() const noexcept;
  template <class Ended>
  void step_until(Ended ended, std::int64_t limit_ns, const char* what);
  void stop_serving();
  void check_end();

  const std::uint64_t seed_;
  std::int64_t now_ns_ = 0;
  std::int64_t healed_max_ns_ = 3'600'000'000'000;
  std::uint64_t step_count_ = 0;
  EventQueue::Key heal_event_{};
  const FramePool::Bypass bypass_;
  Prng prng_;
  FaultPlan faults_;
  EventQueue events_{prng_};
  Trace trace_;
  Network network_{*this};
  std::string failure_;
  std::vector<std::unique_ptr<Host>> hosts_;
};

}  // namespace sundog::sim
