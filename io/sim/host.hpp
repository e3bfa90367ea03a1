// Host: one machine of a simulated world: its own main loop, clock, network stack, disk and
// descriptors.
//
// A host is given a boot function, which makes its main task; after a power cut it boots again.
// What it had written to its disk and not synced may then be lost, and its connections are gone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/loop.hpp"
#include "sundog/io/sim/block.hpp"
#include "sundog/io/sim/clock.hpp"
#include "sundog/io/sim/memory.hpp"
#include "sundog/io/sim/poller.hpp"
#include "sundog/io/wall_clock.hpp"
#include "sundog/runtime/awaitable.hpp"

namespace sundog::sim {

class World;
class Disk;
class Ports;

class Host {
 public:
  // Makes the main task, each time that the host starts.
  using Boot = std::function<Task<void>()>;
  // Whether the run waits for the host's main task to end, or ends it itself when all others have.
  enum class Duty : std::uint8_t { finish, serve };

  // Beyond these an open fails, as on Unix with EMFILE.
  static constexpr std::size_t descriptors_max = 1024;

  // An IPv4 and an IPv6 address.
  Host(World& world, std::string name, const IpAddress& v4, const IpAddress& v6, HostClock clock);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Boots. Once for each host. An exception that leaves the main task fails the run.
  void start(Boot boot, Duty duty = Duty::finish);
  // The same where `boot` gives something else that can be awaited.
  template <class Function>
    requires TaskLike<std::invoke_result_t<Function&>>
  void start(Function boot, Duty duty = Duty::finish) {
    start(Boot(giving_task(std::move(boot))), duty);
  }
  // Cuts the power now, and lets the host start again after a drawn while. Its tasks are cancelled,
  // so that their memory comes back; whatever they do meanwhile reaches nobody.
  void cut_power();
  // May power cuts strike this host? Off unless asked for: its main task must then bear to be
  // started again.
  void allow_power_cuts() noexcept { power_cuts_allowed_ = true; }
  // Asks the main task to end.
  void stop() noexcept;
  // The same, and the host never boots again.
  void retire() noexcept;

  // What it has, for the programs and devices that run on it.
  World& world() const noexcept { return world_; }
  const std::string& name() const noexcept { return name_; }
  // Where others find it: 10.0.0.1, 10.0.0.2, ... and 2001:db8::1, 2001:db8::2, ...
  const IpAddress& address_v4() const noexcept { return v4_; }
  const IpAddress& address_v6() const noexcept { return v6_; }
  Endpoint endpoint(std::uint16_t port) const noexcept { return {v4_, port}; }
  Endpoint endpoint_v6(std::uint16_t port) const noexcept { return {v6_, port}; }
  // Whether it may bind to that address: its own ones, its loopback's, and the one that stands for
  // all of them.
  bool may_bind_to(const IpAddress& address) const noexcept {
    return address == v4_ || address == v6_ || address.is_loopback() || address.is_any();
  }
  // From where it talks to that address.
  IpAddress source_for(const IpAddress& peer) const noexcept {
    if (peer.is_loopback()) return peer;
    return peer.is_v4() ? v4_ : v6_;
  }
  const HostClock& clock() const noexcept { return clock_; }
  // What people there call the time; see SimWallClock.
  WallTime wall_time() const noexcept;
  Memory& memory() noexcept { return memory_; }
  SimPoller& poller() noexcept { return poller_; }
  Ports& ports() noexcept { return *ports_; }
  Disk& disk() noexcept { return *disk_; }
  // By name; see SimBlock.
  std::map<std::string, BlockImage>& block_images() noexcept { return block_images_; }
  bool powered() const noexcept { return powered_; }
  bool running() const noexcept { return loop_.has_value(); }
  bool finished() const noexcept { return !running() && !restarting_; }
  Duty duty() const noexcept { return duty_; }
  std::uint64_t turn_count() const noexcept { return turn_count_; }

  // --- for the world and the devices -----------------------------------------------------------

  // When it wants its next turn, in the world's time; INT64_MAX for never.
  std::int64_t due_ns() const noexcept;
  void turn();
  // A result has come in: a turn is due.
  void wake() noexcept { woken_ = true; }
  void record(std::string_view operation, std::uint64_t object, std::int64_t result);
  // The tasks of this host, as text.
  std::string dump();

  // What is left over, if it is not 0 when the host has finished.
  std::size_t open_descriptor_count() const noexcept { return open_descriptors_; }
  std::size_t armed_timer_count() noexcept { return running() ? loop_->timers().armed_count() : 0; }

 private:
  friend class Descriptor;

  void boot();
  void strike_memory();
  bool run_turn();
  void ended();

  World& world_;
  const std::string name_;
  const IpAddress v4_;
  const IpAddress v6_;
  const HostClock clock_;
  // Between the host's monotonic clock and what people call the time here.
  Duration wall_offset_;
  Memory memory_;
  SimPoller poller_;
  std::optional<Loop<SimPoller>> loop_;
  std::unique_ptr<Ports> ports_;
  std::unique_ptr<Disk> disk_;
  std::map<std::string, BlockImage> block_images_;
  Boot boot_;
  Duty duty_ = Duty::finish;
  bool powered_ = true;
  bool restarting_ = false;
  bool power_cuts_allowed_ = false;
  bool woken_ = false;
  bool stopped_ = false;
  bool retired_ = false;
  // Until then it computes, and takes no turn.
  std::int64_t busy_until_ns_ = 0;
  std::size_t open_descriptors_ = 0;
  std::uint64_t turn_count_ = 0;
};

// One descriptor of a host, for as long as it lives. Move-only.
class Descriptor {
 public:
  // Empty when the host has no more.
  static std::optional<Descriptor> open(Host& host) noexcept;
  Descriptor(Descriptor&& other) noexcept : host_(std::exchange(other.host_, nullptr)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(host_, other.host_);
    return *this;
  }
  ~Descriptor() {
    if (host_ != nullptr) --host_->open_descriptors_;
  }

 private:
  explicit Descriptor(Host& host) noexcept : host_(&host) { ++host.open_descriptors_; }
  Host* host_;
};

}  // namespace sundog::sim
