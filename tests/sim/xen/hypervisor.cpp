#include "tests/sim/xen/hypervisor.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <limits>

#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

#include "sundog/io/loop.hpp"
#include "sundog/io/sim/simulate.hpp"
#include "sundog/io/xen/devices/console.hpp"
#include "sundog/io/xen/grants.hpp"
#include "sundog/io/xen/memory.hpp"
#include "sundog/io/xen/platform.hpp"
#include "sundog/io/xen/shared_info.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/dump.hpp"

namespace sundog::sim::xen {
namespace {

using namespace std::chrono_literals;

constexpr Duration crossing_max = 2us;
constexpr Duration clock_read_max = 200ns;
constexpr Duration between_max = 50us;
constexpr Duration slow_turn_max = 5ms;
constexpr Duration lag_max = 40us;
// When the domain begins, the host has been up for a while.
constexpr std::int64_t uptime_ns = 1'000'000'000'000;
// What the domain's own state may keep: the grant table's two lists, the store's two buffers and
// the ends of its signals.
constexpr std::size_t kept_blocks_max = 6;

constinit Hypervisor* instance = nullptr;

}  // namespace

Hypervisor::Hypervisor(World& world)
    : world_(world),
      channels_(world, [this](evtchn_port_t port) { woken(port); }),
      grants_(world, memory_map_),
      interleaving_(world.prng(), [this](std::uintptr_t address) { run_between(address); }),
      memory_([] {}),
      lag_ns_(world.prng().between(0ns, lag_max).count()) {
  instance = this;
  // Xen has the page from the beginning; where the domain sees it is the domain's choice, which is
  // known here.
  memory_map_.lend(sundog::xen::shared_info_address());
  share(sundog::xen::shared_info_address());
  share(MemoryMap::store_page, {0, offsetof(xenstore_domain_interface, req_cons)});
  share(MemoryMap::console_page, {0, offsetof(xencons_interface, in_cons)});
}

Hypervisor::~Hypervisor() { instance = nullptr; }

void Hypervisor::share(std::uintptr_t page, Interleaving::Data data) {
  interleaving_.share(reinterpret_cast<void*>(page), data);
}

Hypervisor& Hypervisor::current() {
  SUNDOG_ASSERT(instance != nullptr, "a domain runs on a simulated hypervisor only");
  return *instance;
}

void Hypervisor::run(const std::function<Task<void>()>& boot) {
  limit_ns_ = world_.begin_faults();
  sundog::xen::map_shared_info();
  sundog::xen::add_memory(MemoryMap::ram_start, MemoryMap::ram_end);
  {
    const Memory::Inside memory(memory_);
    sundog::xen::open_console();
    XenPoller poller;
    Loop<XenPoller> loop(poller);
    const Interleaving::InDomain in_domain(interleaving_);
    loop.run(boot());
  }
  check_end();
}

void Hypervisor::check_end() {
  // dom0 lets go of what it has mapped in its own time.
  for (int i = 0; i < 1000 && sundog::xen::collect_grants() != 0; ++i) others_run(10ms);
  const auto [total_bytes, free_bytes] = sundog::xen::memory_use();
  if (total_bytes != free_bytes) {
    world_.fail("xen: " + std::to_string(total_bytes - free_bytes) +
                " bytes of pages were never freed");
  }
  if (memory_.block_count() > kept_blocks_max) {
    world_.fail("xen: " + std::to_string(memory_.block_count()) +
                " blocks of memory are left of the domain");
  }
}

std::int64_t Hypervisor::xen_time_ns() const noexcept { return world_.now_ns() + uptime_ns; }

std::uint64_t Hypervisor::domain_time_ns() {
  const Memory::Outside outside;
  const Interleaving::Pause pause(interleaving_, Interleaving::Length::brief);
  others_run(clock_read_max);
  return static_cast<std::uint64_t>(xen_time_ns() - lag_ns_);
}

// Amidst the domain's own steps: the next thing, if it is soon enough.
void Hypervisor::run_between(std::uintptr_t address) {
  const Memory::Outside outside;
  record("interleaved", address, 0);
  static_cast<void>(world_.pass(world_.now_ns() + world_.prng().between(0ns, between_max).count()));
}

void Hypervisor::others_run(Duration most) {
  if (world_.strikes(Fault::slow_turn)) most = slow_turn_max;
  const std::int64_t end_ns = world_.now_ns() + world_.prng().between(0ns, most).count();
  while (world_.pass(end_ns)) {
  }
  if (world_.now_ns() > limit_ns_) {
    end_run(world_,
            "no end: the world has healed, and the domain does not finish\n" + dump_tasks());
  }
}

long Hypervisor::hypercall(unsigned number, std::uintptr_t first, std::uintptr_t second,
                           std::uintptr_t third) {
  const InDom0 in_dom0(*this);
  others_run(crossing_max);
  if (world_.strikes(Fault::spurious_event)) channels_.raise_for_nothing();
  const long result = dispatch(number, first, second, third);
  record("hypercall", (std::uint64_t{number} << 8) + first, result);
  others_run(crossing_max);
  return result;
}

long Hypervisor::dispatch(unsigned number, std::uintptr_t first, std::uintptr_t second,
                          std::uintptr_t third) {
  const auto command = static_cast<unsigned>(first);
  void* const argument = reinterpret_cast<void*>(second);
  switch (number) {
    case __HYPERVISOR_memory_op:
      return memory_operation(command, argument);
    case __HYPERVISOR_hvm_op:
      return command == HVMOP_get_param ? parameter(*static_cast<xen_hvm_param*>(argument))
                                        : -ENOSYS;
    case __HYPERVISOR_event_channel_op:
      return channels_.operate(command, argument);
    case __HYPERVISOR_sched_op:
      return schedule(command, argument);
    case __HYPERVISOR_grant_table_op:
      return grants_.operate(command, argument, static_cast<unsigned>(third));
    default:
      return -ENOSYS;
  }
}

long Hypervisor::memory_operation(unsigned command, void* argument) {
  switch (command) {
    case XENMEM_add_to_physmap:
      return add_to_physical_map(*static_cast<const xen_add_to_physmap*>(argument));
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
      return reserve(command, *static_cast<const xen_memory_reservation*>(argument));
    default:
      return -ENOSYS;
  }
}

long Hypervisor::add_to_physical_map(const xen_add_to_physmap& request) {
  const std::uintptr_t address = request.gpfn * MemoryMap::page_bytes;
  if (request.domid != DOMID_SELF) return -EPERM;
  if (request.space == XENMAPSPACE_grant_table) {
    const long result = grants_.lend_frame(request.idx, address);
    if (result == 0) share(address);
    return result;
  }
  const bool right =
      request.space == XENMAPSPACE_shared_info && address == sundog::xen::shared_info_address();
  return right ? 0 : -EINVAL;
}

// How many of the one page it is about were given or taken.
long Hypervisor::reserve(unsigned command, const xen_memory_reservation& request) {
  const std::uintptr_t address = *request.extent_start.p * MemoryMap::page_bytes;
  if (request.nr_extents != 1 || !MemoryMap::is_ram(address)) return 0;
  if (command == XENMEM_decrease_reservation) {
    if (world_.strikes(Fault::no_memory)) return 0;
    memory_map_.take_out(address);
  } else {
    memory_map_.put_back(address);
  }
  return 1;
}

long Hypervisor::parameter(xen_hvm_param& request) const {
  if (request.domid != DOMID_SELF || request.index >= parameters_max) return -EINVAL;
  request.value = parameters_[request.index];
  return 0;
}

long Hypervisor::schedule(unsigned command, void* argument) {
  switch (command) {
    case SCHEDOP_poll:
      return poll(*static_cast<const sched_poll*>(argument));
    case SCHEDOP_shutdown: {
      const unsigned reason = static_cast<const sched_shutdown*>(argument)->reason;
      record("shutdown", reason, 0);
      end_run(world_,
              judge_ ? judge_(reason) : "the domain shut down, reason " + std::to_string(reason));
    }
    default:
      return -ENOSYS;
  }
}

// As do_poll() in Xen 4.17: marks the processor as blocked, looks at the ports, and sleeps until
// one of several ports has an event, or the one, or the time has come.
long Hypervisor::poll(const sched_poll& request) {
  constexpr unsigned ports_max = 128;
  if (request.nr_ports > ports_max) return -EINVAL;
  polled_ = {request.ports.p, request.nr_ports};
  for (const evtchn_port_t port : polled_) {
    if (!channels_.is_open(port)) world_.fail("xen: the domain polls a port that is not open");
    if (channels_.is_pending(port)) return 0;
  }
  if (world_.strikes(Fault::interrupted)) return 0;
  const std::int64_t wake_ns = request.timeout == 0
                                   ? std::numeric_limits<std::int64_t>::max()
                                   : static_cast<std::int64_t>(request.timeout) - uptime_ns;
  blocked_ = true;
  while (blocked_ && world_.now_ns() < wake_ns) {
    if (request.timeout == 0 && world_.events().empty()) {
      end_run(world_, "the domain sleeps for ever\n" + dump_tasks());
    }
    if (world_.now_ns() > limit_ns_) {
      end_run(world_, "no end: the world has healed, and the domain waits\n" + dump_tasks());
    }
    static_cast<void>(world_.pass(wake_ns));
  }
  blocked_ = false;
  return 0;
}

void Hypervisor::woken(evtchn_port_t port) {
  if (blocked_ && (polled_.size() != 1 || polled_.front() == port)) blocked_ = false;
}

}  // namespace sundog::sim::xen
