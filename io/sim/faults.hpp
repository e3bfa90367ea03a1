// FaultPlan: what goes wrong in one simulated world, and how often.
//
// Swarm testing (Groce and others 2012): each kind of fault is on or off in a world, and the
// probability of those that are on is drawn too. Worlds in which everything fails at once never get
// far; worlds in which two kinds meet find the bugs. After heal() nothing strikes any more: then
// everything must make progress.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sundog/io/sim/prng.hpp"

namespace sundog::sim {

// What can go wrong in a world. Each run draws which of them are on, and how often they strike.
enum class Fault : std::uint8_t {
  short_read,        // fewer bytes than are there
  short_write,       // fewer bytes than there is room for
  interrupted,       // EINTR
  try_again,         // EAGAIN: woken for nothing
  no_buffers,        // ENOBUFS
  no_memory,         // ENOMEM
  no_descriptors,    // EMFILE although the limit is not reached
  reset,             // the connection is reset at this operation
  refused,           // a connection attempt is answered by a reset
  slow_completion,   // the result comes late
  late_cancel,       // a cancellation takes its time, and may be overtaken by the result
  partial_delivery,  // only some of the results that are there come in one turn
  datagram_loss,
  datagram_twice,
  datagram_late,     // overtaken by others
  datagram_corrupt,  // one bit is wrong (and was not found by a checksum)
  jitter,            // packets take longer than the link's delay
  clog,              // a link stands still for a while
  partition,         // a host cannot reach another, one way or both
  slow_turn,         // a host is busy for a while after a turn
  disk_error,        // EIO
  allocation,        // operator new throws
  little_memory,     // a host may allocate so much and no more
  wall_clock_jump,   // somebody sets a host's clock
  ready_order,       // the jobs that are ready run in another order
  crash,             // a host loses power, and starts again later
  late_event,        // Xen's: an event comes late
  spurious_event,    // an event with nothing behind it
  slow_peer,         // a daemon or a back end takes its time
  conflict,          // a transaction finds a conflict where there is none
  reordered,         // an answer overtakes others
  peer_restart,      // a daemon or a back end is restarted
  hostile_peer,      // it breaks the protocol
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::hostile_peer) + 1;

// As in traces: "short_read".
std::string_view name(Fault fault) noexcept;

class FaultPlan {
 public:
  // No faults at all.
  FaultPlan() = default;
  // The swarm: kinds and probabilities drawn.
  explicit FaultPlan(Prng& prng) noexcept;

  // Sets one probability, for tests of one fault.
  void set(Fault fault, PartsPerMillion ppm) noexcept { ppm_[index(fault)] = ppm; }
  // No host runs out of memory: for programs of which a model says exactly what they do.
  void spare_memory() noexcept {
    set(Fault::allocation, 0);
    set(Fault::little_memory, 0);
  }
  // Hosts run, or ran, out of memory.
  bool runs_short_of_memory() const noexcept {
    return ppm_[index(Fault::allocation)] != 0 || ppm_[index(Fault::little_memory)] != 0;
  }
  PartsPerMillion ppm(Fault fault) const noexcept { return healed_ ? 0 : ppm_[index(fault)]; }

  // Whether the fault happens here and now. Draws only for faults that are on.
  bool strikes(Fault fault, Prng& prng) noexcept {
    const PartsPerMillion probability = ppm(fault);
    if (probability == 0 || !prng.chance(probability)) return false;
    ++struck_[index(fault)];
    return true;
  }
  std::uint64_t struck_count(Fault fault) const noexcept { return struck_[index(fault)]; }

  // From now on nothing goes wrong.
  void heal() noexcept { healed_ = true; }
  bool healed() const noexcept { return healed_; }

  // "short_read 12 %, reset 0.3 %": the faults that are on.
  std::string describe() const;

 private:
  static constexpr std::size_t index(Fault fault) noexcept {
    return static_cast<std::size_t>(fault);
  }

  std::array<PartsPerMillion, fault_count> ppm_{};
  std::array<std::uint64_t, fault_count> struck_{};
  bool healed_ = false;
};

}  // namespace sundog::sim
