#include "sundog/io/xen/devices/console.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include <xen/io/console.h>

#include "sundog/io/xen/block.hpp"
#include "sundog/io/xen/events.hpp"
#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/memory.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/text/digits.hpp"

namespace sundog::xen {
namespace {

constexpr std::uint64_t drain_ns = 1'000'000'000;
constexpr std::uint32_t out_bytes = sizeof(xencons_interface::out);
constexpr std::uint32_t in_bytes = sizeof(xencons_interface::in);

constinit volatile xencons_interface* ring = nullptr;
constinit Port port = 0;
constinit std::array<char, backlog_bytes> backlog{};
constinit std::size_t backlog_start = 0;
constinit std::size_t backlog_count = 0;
constinit std::size_t dropped_bytes = 0;
constinit EventHandler input_reader{};

// The daemon's indices are not ours to trust: more than the ring's size between them counts as
// full, and as empty for input.
bool put_in_ring(char byte) noexcept {
  const std::uint32_t produced = ring->out_prod;
  if (produced - ring->out_cons >= out_bytes) return false;
  ring->out[produced % out_bytes] = byte;
  std::atomic_thread_fence(std::memory_order_release);  // the byte before the index that shows it
  ring->out_prod = produced + 1;
  return true;
}

void put(char byte) noexcept {
  if (backlog_count == 0 && put_in_ring(byte)) return;
  if (backlog_count == backlog_bytes) {
    SUNDOG_PROBE("the console's output was dropped");
    ++dropped_bytes;
    return;
  }
  backlog[(backlog_start + backlog_count++) % backlog_bytes] = byte;
}

void put_text(std::string_view text) noexcept {
  for (const char byte : text) {
    if (byte == '\n') put('\r');
    put(byte);
  }
}

void report_dropped() noexcept {
  const Decimal count(std::exchange(dropped_bytes, 0));
  put_text("\n[");
  put_text(count);
  put_text(" bytes of output dropped: the console is slower than the program]\n");
}

void serve(void*) noexcept {
  bool moved = false;
  while (backlog_count != 0 && put_in_ring(backlog[backlog_start])) {
    backlog_start = (backlog_start + 1) % backlog_bytes;
    --backlog_count;
    moved = true;
  }
  if (dropped_bytes != 0 && backlog_count < backlog_bytes / 2) {
    report_dropped();
    moved = true;
  }
  if (moved) send_event(port);
  if (ring->in_prod != ring->in_cons && input_reader.run != nullptr)
    input_reader.run(input_reader.context);
}

}  // namespace

void open_console() {
  const std::uint64_t frame = hvm_parameter(HVM_PARAM_CONSOLE_PFN);
  if (frame == 0) return;
  ring = reinterpret_cast<volatile xencons_interface*>(frame * page_bytes);
  port = static_cast<Port>(hvm_parameter(HVM_PARAM_CONSOLE_EVTCHN));
  adopt_port(port, {serve, nullptr});
}

void append_console(std::string_view text) noexcept {
  if (ring != nullptr) return put_text(text);
  write_early(text);
}

void write_console(std::string_view text) noexcept {
  append_console(text);
  if (ring != nullptr) send_event(port);
}

void drain_console() noexcept {
  if (ring == nullptr) return;
  const std::uint64_t deadline_ns = now_ns() + drain_ns;
  while ((ring->out_cons != ring->out_prod || backlog_count != 0) && now_ns() < deadline_ns) {
    block_until(deadline_ns);
    serve(nullptr);
  }
}

std::size_t read_console(char* buffer, std::size_t size) noexcept {
  if (ring == nullptr) return 0;
  std::uint32_t consumed = ring->in_cons;
  const std::uint32_t available = ring->in_prod - consumed;
  if (available > in_bytes) {
    SUNDOG_PROBE("the console's input has an index that makes no sense");
    return 0;
  }
  std::atomic_thread_fence(std::memory_order_acquire);  // the index before the bytes it shows
  std::size_t count = 0;
  while (count < size && count < available) buffer[count++] = ring->in[consumed++ % in_bytes];
  if (count == 0) return 0;
  std::atomic_thread_fence(std::memory_order_release);
  ring->in_cons = consumed;
  send_event(port);  // the daemon may be waiting for room
  return count;
}

void on_console_input(void (*callback)(void*), void* context) noexcept {
  input_reader = {callback, context};
}

}  // namespace sundog::xen
