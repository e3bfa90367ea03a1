// EventChannels: Xen's side of a domain's event channels (two-level ABI, xen/event_channel.h), and
// Channel: dom0's end of one.
//
// As in Xen 4.17: the lowest free port is given out; a bit becomes pending once, and its word is
// marked in the selector only if the port is not masked then; an event for a port whose other end
// was closed is dropped without a word.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sundog/io/xen/abi.hpp"
#include "tests/sim/xen/later.hpp"

namespace sundog::sim::xen {

class EventChannels;

// An end in dom0, of a daemon or a back end. What comes from the domain is served a little later,
// several events at once if they come close together.
class Channel {
 public:
  Channel(EventChannels& channels, std::function<void()> serve);
  ~Channel() { close(); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Takes the other end of a port that the domain has made for dom0; false if there is none.
  bool bind(evtchn_port_t domain_port);
  // The number of a port of dom0's, which the domain may bind to.
  evtchn_port_t offer();
  bool bound() const noexcept { return domain_port_ != 0; }
  evtchn_port_t domain_port() const noexcept { return domain_port_; }
  void close() noexcept;

  // Sends an event; it may come late, and more than once.
  void notify();

 private:
  friend class EventChannels;
  void come_later();

  EventChannels& channels_;
  std::function<void()> serve_;
  Later serving_;
  Later sending_;
  evtchn_port_t domain_port_ = 0;
  evtchn_port_t offered_ = 0;
};

class EventChannels {
 public:
  static constexpr evtchn_port_t ports_max = 4096;

  // `woken` is called with each port that becomes pending.
  EventChannels(World& world, std::function<void(evtchn_port_t)> woken)
      : world_(world), woken_(std::move(woken)) {}

  World& world() noexcept { return world_; }

  // EVTCHNOP_...: what the domain's hypercall returns.
  long operate(unsigned command, void* argument);

  // A port between the domain and one of dom0's daemons, made by the toolstack before the domain
  // begins.
  evtchn_port_t make_for(Channel& channel);
  void raise(evtchn_port_t port);
  void raise_virtual_interrupt(std::uint32_t interrupt);
  // An event with nothing behind it, for one of the domain's ports.
  void raise_for_nothing();

  bool is_pending(evtchn_port_t port) const noexcept;
  bool is_open(evtchn_port_t port) const noexcept;
  std::size_t open_count() const noexcept;

 private:
  friend class Channel;
  enum class State : std::uint8_t { free, unbound, interdomain, virtual_interrupt };
  struct Port {
    State state = State::free;
    domid_t remote = 0;
    std::uint32_t interrupt = 0;
    Channel* end = nullptr;
  };

  long bind_virtual_interrupt(evtchn_bind_virq& request);
  long bind_interdomain(evtchn_bind_interdomain& request);
  long allocate_unbound(evtchn_alloc_unbound& request);
  long close(const evtchn_close& request);
  long send(const evtchn_send& request);
  // 0 if there is no free one.
  evtchn_port_t take_free();
  bool serves(evtchn_port_t port, std::uint32_t interrupt) const noexcept;

  World& world_;
  std::function<void(evtchn_port_t)> woken_;
  std::array<Port, ports_max> ports_{};
  // No port from here on was ever used.
  evtchn_port_t used_end_ = 1;
  std::vector<Channel*> offers_;
  evtchn_port_t next_offer_ = 1;
};

}  // namespace sundog::sim::xen
