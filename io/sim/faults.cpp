#include "sundog/io/sim/faults.hpp"

#include <fmt/format.h>

namespace sundog::sim {
namespace {

struct Kind {
  Fault fault;
  std::string_view name;
  // The most it may be in a swarm. What ends connections is rare, or nothing would ever be
  // finished; what only delays or divides may happen every time.
  PartsPerMillion ppm_max;
};

constexpr std::array<Kind, fault_count> kinds = {{
    {Fault::short_read, "short_read", 1'000'000},
    {Fault::short_write, "short_write", 1'000'000},
    {Fault::interrupted, "interrupted", 300'000},
    {Fault::try_again, "try_again", 300'000},
    {Fault::no_buffers, "no_buffers", 100'000},
    {Fault::no_memory, "no_memory", 50'000},
    {Fault::no_descriptors, "no_descriptors", 100'000},
    {Fault::reset, "reset", 20'000},
    {Fault::refused, "refused", 200'000},
    {Fault::slow_completion, "slow_completion", 500'000},
    {Fault::late_cancel, "late_cancel", 1'000'000},
    {Fault::partial_delivery, "partial_delivery", 1'000'000},
    {Fault::datagram_loss, "datagram_loss", 300'000},
    {Fault::datagram_twice, "datagram_twice", 200'000},
    {Fault::datagram_late, "datagram_late", 300'000},
    {Fault::datagram_corrupt, "datagram_corrupt", 50'000},
    {Fault::jitter, "jitter", 500'000},
    {Fault::clog, "clog", 20'000},
    {Fault::partition, "partition", 5'000},
    {Fault::slow_turn, "slow_turn", 200'000},
    {Fault::disk_error, "disk_error", 20'000},
    {Fault::allocation, "allocation", 5'000},
    {Fault::little_memory, "little_memory", 1'000'000},
    {Fault::wall_clock_jump, "wall_clock_jump", 20'000},
    {Fault::ready_order, "ready_order", 1'000'000},
    {Fault::crash, "crash", 2'000},
    {Fault::late_event, "late_event", 500'000},
    {Fault::spurious_event, "spurious_event", 200'000},
    {Fault::slow_peer, "slow_peer", 200'000},
    {Fault::conflict, "conflict", 500'000},
    {Fault::reordered, "reordered", 500'000},
    {Fault::peer_restart, "peer_restart", 50'000},
    {Fault::hostile_peer, "hostile_peer", 50'000},
}};

}  // namespace

std::string_view name(Fault fault) noexcept { return kinds[static_cast<std::size_t>(fault)].name; }

FaultPlan::FaultPlan(Prng& prng) noexcept {
  // A few worlds have no faults: a bug that shows there is simply a bug.
  constexpr std::uint64_t worlds_for_a_calm_one = 16;
  if (prng.below(worlds_for_a_calm_one) == 0) return;
  for (const Kind& kind : kinds) {
    if (prng.chance(always_ppm / 2)) {
      // Halved a drawn number of times: small probabilities are as likely as great ones.
      const PartsPerMillion most = kind.ppm_max >> prng.below(8);
      set(kind.fault, static_cast<PartsPerMillion>(prng.between(1, most)));
    }
  }
}

std::string FaultPlan::describe() const {
  std::string text;
  for (const Kind& kind : kinds) {
    const PartsPerMillion probability = ppm_[index(kind.fault)];
    if (probability == 0) continue;
    text += fmt::format("{}{} {}.{:02} %", text.empty() ? "" : ", ", kind.name,
                        probability / 10'000, probability / 100 % 100);
  }
  return text.empty() ? "none" : text;
}

}  // namespace sundog::sim
