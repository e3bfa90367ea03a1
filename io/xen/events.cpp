#include "sundog/io/xen/events.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <system_error>

#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/shared_info.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::xen {
namespace {

constexpr unsigned word_bits = 64;
constinit std::array<EventHandler, ports_max> handlers{};
constinit std::array<Port, ports_max> polled{};  // bound and not masked, in no order
constinit std::size_t polled_count = 0;

std::atomic_ref<xen_ulong_t> shared_word(volatile xen_ulong_t& word) noexcept {
  return std::atomic_ref<xen_ulong_t>(const_cast<xen_ulong_t&>(word));
}

std::atomic_ref<xen_ulong_t> pending_word(unsigned index) noexcept {
  return shared_word(shared().evtchn_pending[index]);
}
std::atomic_ref<xen_ulong_t> mask_word(unsigned index) noexcept {
  return shared_word(shared().evtchn_mask[index]);
}
xen_ulong_t bit_of(Port port) noexcept { return xen_ulong_t{1} << (port % word_bits); }

Port checked(long result, Port port, const char* what) {
  if (result != 0) {
    SUNDOG_PROBE("Xen gave no event channel");
    throw std::system_error(static_cast<int>(-result), std::generic_category(), what);
  }
  return port;
}

void stop_polling(Port port) noexcept {
  for (std::size_t index = 0; index < polled_count; ++index) {
    if (polled[index] == port) {
      polled[index] = polled[--polled_count];
      return;
    }
  }
}

}  // namespace

void adopt_port(Port port, EventHandler handler) {
  SUNDOG_ASSERT(port < ports_max,
                "a domain has at most 127 event channels: close some, or share one among devices");
  SUNDOG_ASSERT(handlers[port].run == nullptr, "this event channel has a handler already");
  handlers[port] = handler;
  unmask_port(port);
}

Port bind_virtual_interrupt(std::uint32_t interrupt, EventHandler handler) {
  evtchn_bind_virq request{interrupt, 0, 0};
  const long result = event_channel_op(EVTCHNOP_bind_virq, &request);
  adopt_port(checked(result, request.port, "bind a virtual interrupt"), handler);
  return request.port;
}

Port bind_interdomain(domid_t remote_domain, Port remote_port, EventHandler handler) {
  evtchn_bind_interdomain request{remote_domain, remote_port, 0};
  const long result = event_channel_op(EVTCHNOP_bind_interdomain, &request);
  adopt_port(checked(result, request.local_port, "bind to another domain's event channel"),
             handler);
  return request.local_port;
}

Port allocate_unbound(domid_t remote_domain, EventHandler handler) {
  evtchn_alloc_unbound request{DOMID_SELF, remote_domain, 0};
  const long result = event_channel_op(EVTCHNOP_alloc_unbound, &request);
  adopt_port(checked(result, request.port, "allocate an event channel"), handler);
  return request.port;
}

void close_port(Port port) noexcept {
  mask_port(port);
  handlers[port] = {};
  evtchn_close request{port};
  event_channel_op(EVTCHNOP_close, &request);
}

void forget_ports() noexcept {
  handlers = {};
  polled_count = 0;
  for (unsigned index = 0; index < ports_max / word_bits; ++index)
    mask_word(index).store(~xen_ulong_t{0});
}

bool send_event(Port port) noexcept {
  evtchn_send request{port};
  return event_channel_op(EVTCHNOP_send, &request) == 0;
}

void mask_port(Port port) noexcept {
  mask_word(port / word_bits).fetch_or(bit_of(port));
  // SCHEDOP_poll does not look at masks: a masked port with an event would keep the domain from
  // blocking.
  stop_polling(port);
}

void unmask_port(Port port) noexcept {
  const unsigned index = port / word_bits;
  stop_polling(port);
  polled[polled_count++] = port;
  mask_word(index).fetch_and(~bit_of(port));
  // Xen marks the word in pending_sel only when a bit becomes pending while unmasked. Ours may have
  // come before: mark it here, as EVTCHNOP_unmask would, since no other processor serves this
  // domain's events.
  if ((pending_word(index).load() & bit_of(port)) != 0) {
    SUNDOG_PROBE("an event came while its port was masked");
    shared_word(shared().vcpu_info[0].evtchn_pending_sel).fetch_or(xen_ulong_t{1} << index);
  }
}

bool dispatch_events() noexcept {
  volatile vcpu_info& cpu = shared().vcpu_info[0];
  xen_ulong_t words = shared_word(cpu.evtchn_pending_sel).load(std::memory_order_relaxed);
  if (words == 0) return false;
  // First this flag, then the selector, then the bits: in the order opposite to Xen's, or an event
  // falls between.
  cpu.evtchn_upcall_pending = 0;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  words = shared_word(cpu.evtchn_pending_sel).exchange(0);
  bool any = false;
  for (; words != 0; words &= words - 1) {
    const auto index = static_cast<unsigned>(std::countr_zero(words));
    const xen_ulong_t open = pending_word(index).load() & ~mask_word(index).load();
    pending_word(index).fetch_and(~open);
    for (xen_ulong_t bits = open; bits != 0; bits &= bits - 1) {
      const Port port = index * word_bits + static_cast<unsigned>(std::countr_zero(bits));
      any = true;
      if (port < ports_max && handlers[port].run != nullptr)
        handlers[port].run(handlers[port].context);
    }
  }
  return any;
}

std::span<const Port> open_ports() noexcept { return {polled.data(), polled_count}; }

}  // namespace sundog::xen
