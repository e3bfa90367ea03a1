// Hypervisor: Xen as one domain sees it, simulated from a seed.
//
// hypercall.cpp puts it in the place of the real one, below the production events, grants, store,
// console, lifecycle and poller of io/xen, which run as they are; daemons and back ends in dom0
// stand on its other side (Channel, GrantTable). At each hypercall and each look at the clock the
// other processors run for a while, and at some accesses to shared pages (interleaving.hpp), so
// that events come between any two steps of the domain.
//
// A domain is a process's state: scenarios with one run in a process of their own.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "sundog/io/sim/memory.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/runtime/task.hpp"
#include "tests/sim/xen/event_channels.hpp"
#include "tests/sim/xen/grant_table.hpp"
#include "tests/sim/xen/interleaving.hpp"
#include "tests/sim/xen/memory_map.hpp"

namespace sundog::sim::xen {

class Hypervisor {
 public:
  explicit Hypervisor(World& world);
  ~Hypervisor();
  Hypervisor(const Hypervisor&) = delete;
  Hypervisor& operator=(const Hypervisor&) = delete;

  static Hypervisor& current();

  World& world() noexcept { return world_; }
  EventChannels& channels() noexcept { return channels_; }
  GrantTable& grants() noexcept { return grants_; }
  Interleaving& interleaving() noexcept { return interleaving_; }

  // To the end of the block, what a scenario does is dom0's doing and not the domain's.
  class InDom0 {
   public:
    explicit InDom0(Hypervisor& xen) noexcept : pause_(xen.interleaving_) {}

   private:
    Memory::Outside outside_;
    Interleaving::Pause pause_;
  };

  // A parameter that the toolstack sets for the domain, HVM_PARAM_...
  void set_parameter(std::uint32_t index, std::uint64_t value) { parameters_[index] = value; }

  // Boots the domain and runs its main task to its end, through the faults phase and the healed
  // one; then checks that all it had is given back. Throws what the task throws.
  void run(const std::function<Task<void>()>& boot);

  // Called when the domain shuts down, with its reason (SHUTDOWN_...): the run ends with what it
  // returns, a failure or an empty text. Where there is no such call a shutdown is a failure.
  void on_shutdown(std::function<std::string(unsigned)> judge) { judge_ = std::move(judge); }

  void record(std::string_view operation, std::uint64_t object, std::int64_t result) {
    world_.trace().record(world_.now_ns(), "domain", operation, object, result);
  }

  // --- for hypercall.cpp
  // --------------------------------------------------------------------------

  long hypercall(unsigned number, std::uintptr_t first, std::uintptr_t second,
                 std::uintptr_t third);
  // Xen's time as the domain computes it, which lags a little behind Xen's own.
  std::uint64_t domain_time_ns();
  // The other processors run, up to a drawn moment.
  void others_run(Duration most);

 private:
  static constexpr std::uint32_t parameters_max = 64;

  long dispatch(unsigned number, std::uintptr_t first, std::uintptr_t second, std::uintptr_t third);
  long memory_operation(unsigned command, void* argument);
  long reserve(unsigned command, const xen_memory_reservation& request);
  long add_to_physical_map(const xen_add_to_physmap& request);
  long parameter(xen_hvm_param& request) const;
  long schedule(unsigned command, void* argument);
  long poll(const sched_poll& request);
  void run_between(std::uintptr_t address);
  void woken(evtchn_port_t port);
  void share(std::uintptr_t page, Interleaving::Data data = {});
  void check_end();
  std::int64_t xen_time_ns() const noexcept;

  World& world_;
  MemoryMap memory_map_;
  EventChannels channels_;
  GrantTable grants_;
  Interleaving interleaving_;
  Memory memory_;
  std::uint64_t parameters_[parameters_max]{};
  std::function<std::string(unsigned)> judge_;
  std::int64_t lag_ns_;
  std::int64_t limit_ns_ = 0;
  // The domain is blocked, until one of these ports has an event, or any if there are several.
  bool blocked_ = false;
  std::span<const evtchn_port_t> polled_;
};

}  // namespace sundog::sim::xen
