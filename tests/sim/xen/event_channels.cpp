#include "tests/sim/xen/event_channels.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <utility>

#include "sundog/io/xen/machine.hpp"

namespace sundog::sim::xen {
namespace {

using namespace std::chrono_literals;

constexpr Duration serve_max = 20us;
constexpr Duration slow_serve_max = 200ms;
constexpr Duration late_event_max = 50ms;
constexpr unsigned word_bits = 64;

shared_info& info() noexcept {
  return *reinterpret_cast<shared_info*>(sundog::xen::shared_info_address());
}
xen_ulong_t bit_of(evtchn_port_t port) noexcept { return xen_ulong_t{1} << (port % word_bits); }
bool is_set(const xen_ulong_t* words, evtchn_port_t port) noexcept {
  return (words[port / word_bits] & bit_of(port)) != 0;
}

}  // namespace

// --- dom0's end ---------------------------------------------------------------------------------

Channel::Channel(EventChannels& channels, std::function<void()> serve)
    : channels_(channels),
      serve_(std::move(serve)),
      serving_(channels.world()),
      sending_(channels.world()) {}

bool Channel::bind(evtchn_port_t domain_port) {
  if (domain_port >= EventChannels::ports_max) return false;
  EventChannels::Port& port = channels_.ports_[domain_port];
  if (port.state != EventChannels::State::unbound || port.remote != 0) return false;
  port.state = EventChannels::State::interdomain;
  port.end = this;
  domain_port_ = domain_port;
  // Xen sends both ends one event, so that neither misses what came before.
  channels_.raise(domain_port);
  come_later();
  return true;
}

evtchn_port_t Channel::offer() {
  if (offered_ == 0) {
    offered_ = channels_.next_offer_++;
    channels_.offers_.push_back(this);
  }
  return offered_;
}

void Channel::close() noexcept {
  serving_.cancel();
  sending_.cancel();
  std::erase(channels_.offers_, this);
  offered_ = 0;
  if (domain_port_ == 0) return;
  EventChannels::Port& port = channels_.ports_[std::exchange(domain_port_, 0)];
  port.state = EventChannels::State::unbound;
  port.end = nullptr;
}

void Channel::notify() {
  if (!bound()) return;
  if (!channels_.world().strikes(Fault::late_event)) return channels_.raise(domain_port_);
  sending_.arm(channels_.world().prng().between(0ns, late_event_max),
               [this] { channels_.raise(domain_port_); });
}

void Channel::come_later() {
  World& world = channels_.world();
  const Duration most = world.strikes(Fault::slow_peer) ? slow_serve_max : serve_max;
  serving_.arm(world.prng().between(0ns, most), [this] { serve_(); });
}

// --- Xen ----------------------------------------------------------------------------------------

long EventChannels::operate(unsigned command, void* argument) {
  switch (command) {
    case EVTCHNOP_bind_virq:
      return bind_virtual_interrupt(*static_cast<evtchn_bind_virq*>(argument));
    case EVTCHNOP_bind_interdomain:
      return bind_interdomain(*static_cast<evtchn_bind_interdomain*>(argument));
    case EVTCHNOP_alloc_unbound:
      return allocate_unbound(*static_cast<evtchn_alloc_unbound*>(argument));
    case EVTCHNOP_close:
      return close(*static_cast<evtchn_close*>(argument));
    case EVTCHNOP_send:
      return send(*static_cast<evtchn_send*>(argument));
    default:
      return -ENOSYS;
  }
}

evtchn_port_t EventChannels::take_free() {
  for (evtchn_port_t port = 1; port < ports_max; ++port) {
    if (ports_[port].state != State::free) continue;
    used_end_ = std::max(used_end_, port + 1);
    return port;
  }
  return 0;
}

long EventChannels::bind_virtual_interrupt(evtchn_bind_virq& request) {
  if (request.vcpu != 0) return -ENOENT;
  for (evtchn_port_t port = 1; port < used_end_; ++port) {
    if (serves(port, request.virq)) return -EEXIST;
  }
  const evtchn_port_t port = take_free();
  if (port == 0) return -ENOSPC;
  ports_[port] = {State::virtual_interrupt, 0, request.virq, nullptr};
  request.port = port;
  return 0;
}

long EventChannels::bind_interdomain(evtchn_bind_interdomain& request) {
  if (request.remote_dom != 0) return -ESRCH;
  const auto offer = std::find_if(offers_.begin(), offers_.end(), [&](const Channel* channel) {
    return channel->offered_ == request.remote_port && !channel->bound();
  });
  if (offer == offers_.end()) return -EINVAL;
  if (world_.strikes(Fault::no_memory)) return -ENOMEM;
  const evtchn_port_t port = take_free();
  if (port == 0) return -ENOSPC;
  Channel& end = **offer;
  ports_[port] = {State::interdomain, 0, 0, &end};
  end.domain_port_ = port;
  end.come_later();
  request.local_port = port;
  raise(port);
  return 0;
}

long EventChannels::allocate_unbound(evtchn_alloc_unbound& request) {
  if (request.dom != DOMID_SELF) return -EPERM;
  if (world_.strikes(Fault::no_memory)) return -ENOMEM;
  const evtchn_port_t port = take_free();
  if (port == 0) return -ENOSPC;
  ports_[port] = {State::unbound, request.remote_dom, 0, nullptr};
  request.port = port;
  return 0;
}

long EventChannels::close(const evtchn_close& request) {
  if (!is_open(request.port)) return -EINVAL;
  Port& port = ports_[request.port];
  if (port.end != nullptr) {
    port.end->domain_port_ = 0;
    port.end->sending_.cancel();
  }
  port = {};
  // One that is used again has no event left from before.
  std::atomic_ref(info().evtchn_pending[request.port / word_bits]).fetch_and(~bit_of(request.port));
  return 0;
}

long EventChannels::send(const evtchn_send& request) {
  if (!is_open(request.port)) return -EINVAL;
  if (Channel* end = ports_[request.port].end) end->come_later();
  return 0;
}

evtchn_port_t EventChannels::make_for(Channel& channel) {
  const evtchn_port_t port = take_free();
  ports_[port] = {State::interdomain, 0, 0, &channel};
  channel.domain_port_ = port;
  return port;
}

void EventChannels::raise(evtchn_port_t port) {
  if (is_set(info().evtchn_pending, port)) return;
  std::atomic_ref(info().evtchn_pending[port / word_bits]).fetch_or(bit_of(port));
  if (!is_set(info().evtchn_mask, port)) {
    vcpu_info& cpu = info().vcpu_info[0];
    std::atomic_ref(cpu.evtchn_pending_sel).fetch_or(xen_ulong_t{1} << (port / word_bits));
    cpu.evtchn_upcall_pending = 1;
  }
  woken_(port);
}

void EventChannels::raise_virtual_interrupt(std::uint32_t interrupt) {
  for (evtchn_port_t port = 1; port < used_end_; ++port) {
    if (serves(port, interrupt)) raise(port);
  }
}

bool EventChannels::serves(evtchn_port_t port, std::uint32_t interrupt) const noexcept {
  return ports_[port].state == State::virtual_interrupt && ports_[port].interrupt == interrupt;
}

void EventChannels::raise_for_nothing() {
  std::vector<evtchn_port_t> open;
  for (evtchn_port_t port = 1; port < used_end_; ++port) {
    if (ports_[port].state != State::free) open.push_back(port);
  }
  if (!open.empty()) raise(open[world_.prng().below(open.size())]);
}

bool EventChannels::is_pending(evtchn_port_t port) const noexcept {
  return port < ports_max && is_set(info().evtchn_pending, port);
}

bool EventChannels::is_open(evtchn_port_t port) const noexcept {
  return port != 0 && port < ports_max && ports_[port].state != State::free;
}

std::size_t EventChannels::open_count() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(ports_.begin(), ports_.begin() + used_end_,
                    [](const Port& port) { return port.state != State::free; }));
}

}  // namespace sundog::sim::xen
