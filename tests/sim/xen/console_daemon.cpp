#include "tests/sim/xen/console_daemon.hpp"

#include <chrono>

namespace sundog::sim::xen {
namespace {

using namespace std::chrono_literals;

constexpr Duration work_max = 50us;
constexpr Duration slow_work_max = 2s;
constexpr Duration restart_max = 10s;
constexpr Duration hostility_max = 100ms;
constexpr std::uint32_t out_bytes = sizeof(xencons_interface::out);
constexpr std::uint32_t in_bytes = sizeof(xencons_interface::in);

}  // namespace

ConsoleDaemon::ConsoleDaemon(Hypervisor& xen)
    : world_(xen.world()),
      ring_(*reinterpret_cast<volatile xencons_interface*>(MemoryMap::console_page)),
      channel_(xen.channels(), [this] { serve(); }),
      working_(world_),
      consumed_(static_cast<std::uint32_t>(-world_.prng().between(0, 5000))),
      produced_(static_cast<std::uint32_t>(-world_.prng().between(0, 5000))) {
  ring_.out_cons = consumed_;
  ring_.out_prod = consumed_;
  ring_.in_cons = produced_;
  ring_.in_prod = produced_;
  xen.set_parameter(HVM_PARAM_CONSOLE_PFN, MemoryMap::console_page / MemoryMap::page_bytes);
  xen.set_parameter(HVM_PARAM_CONSOLE_EVTCHN, xen.channels().make_for(channel_));
}

void ConsoleDaemon::type(std::string_view text) {
  input_ += text;
  serve();
}

void ConsoleDaemon::serve() {
  Duration most = work_max;
  if (world_.strikes(Fault::slow_peer)) most = slow_work_max;
  // It forgets nothing when it is restarted: all it knows is in the ring.
  if (world_.strikes(Fault::peer_restart)) most = restart_max;
  working_.arm(world_.prng().between(0ns, most), [this] { work(); });
}

void ConsoleDaemon::work() {
  if (may_be_hostile_ && world_.strikes(Fault::hostile_peer)) be_hostile();
  const bool has_read = read_ring();
  const bool has_written = write_ring();
  if (!has_read && !has_written) return;
  channel_.notify();
  serve();
}

bool ConsoleDaemon::read_ring() {
  std::uint32_t count = ring_.out_prod - consumed_;
  if (count > out_bytes) {
    if (!was_hostile_) world_.fail("console: the domain's index makes no sense");
    count = 0;
  }
  if (count == 0) return false;
  if (world_.strikes(Fault::short_read)) {
    count = static_cast<std::uint32_t>(world_.prng().between(1, count));
  }
  for (; count > 0; --count) output_ += ring_.out[consumed_++ % out_bytes];
  ring_.out_cons = consumed_;
  return true;
}

bool ConsoleDaemon::write_ring() {
  const std::uint32_t used = produced_ - ring_.in_cons;
  if (used > in_bytes && !was_hostile_) world_.fail("console: the domain's index makes no sense");
  if (used >= in_bytes || input_.empty()) return false;
  std::uint64_t room = std::min<std::uint64_t>(in_bytes - used, input_.size());
  if (world_.strikes(Fault::short_write)) room = world_.prng().between(1, room);
  for (std::size_t i = 0; i < room; ++i) ring_.in[produced_++ % in_bytes] = input_[i];
  input_.erase(0, room);
  ring_.in_prod = produced_;
  return true;
}

// For a while; then the indices are right again, and the domain must go on.
void ConsoleDaemon::be_hostile() {
  was_hostile_ = true;
  const auto wrong = static_cast<std::uint32_t>(world_.prng().between(out_bytes + 1, 1U << 30));
  if (world_.prng().below(2) == 0) {
    ring_.out_cons = ring_.out_prod + wrong;
  } else {
    ring_.in_prod = ring_.in_cons + wrong;
  }
  channel_.notify();
  world_.after(world_.prng().between(0ns, hostility_max), [this] {
    ring_.out_cons = consumed_;
    ring_.in_prod = produced_;
    channel_.notify();
    serve();
  });
}

}  // namespace sundog::sim::xen
