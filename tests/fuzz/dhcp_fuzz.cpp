// DHCP messages as anybody may send them: to the parser, and to a client in each of its states.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "sundog/io/net/dhcp/machine.hpp"
#include "sundog/io/net/dhcp/message.hpp"

using namespace sundog;
using namespace sundog::net;
using namespace sundog::net::dhcp;

namespace {

const MacAddress hardware({2, 0, 0, 0, 0, 0x17});

// All numbers are 0, so that inputs can have the right transaction.
class Zeros final : public RandomSource {
 public:
  void fill(MutableBytes buffer) noexcept override {
    for (std::byte& byte : buffer) byte = std::byte{0};
  }
};

// Whatever is sent is a message, and an address is used only between use() and give_up().
class Checked final : public Actions {
 public:
  void send(Bytes message, const IpAddress& source, const IpAddress& server) noexcept override {
    const auto read = Message::parse(message);
    if (!read || read->direction != Direction::request || !read->type()) std::abort();
    if (!source.is_v4() || !server.is_v4()) std::abort();
  }
  void claim(const Lease& lease) noexcept override { check(lease); }
  void use(const Lease& lease) noexcept override { check(lease); }
  void give_up(const Lease& lease) noexcept override { check(lease); }

 private:
  static void check(const Lease& lease) {
    const IpAddress& address = lease.address.address();
    if (!address.is_v4() || address.is_any() || address.is_multicast()) std::abort();
    if (lease.renewal > lease.rebinding || lease.rebinding > lease.end) std::abort();
  }
};

}  // namespace

// Each message is preceded by a byte, which says what happens before it comes in, and by two of
// its length.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes whole = std::as_bytes(std::span(data, size));
  if (const auto message = Message::parse(whole)) {
    std::array<std::byte, 32> value;
    for (unsigned code = 1; code < 255; ++code) {
      static_cast<void>(message->option(static_cast<OptionCode>(code), value));
    }
  }
  Zeros random;
  Checked actions;
  Machine machine(hardware, "fuzz", random, actions);
  TimePoint now{};
  machine.start(now);
  std::size_t at = 0;
  while (size - at >= 3) {
    const unsigned event = data[at];
    const std::size_t length =
        std::min(std::size_t{data[at + 1]} << 8 | data[at + 2], size - at - 3);
    if ((event & 1) != 0 && machine.deadline() != never) {
      now = std::max(now, machine.deadline());
      machine.tick(now);
    }
    if ((event & 2) != 0) machine.claimed(now);
    if ((event & 4) != 0) machine.lost(now);
    if ((event & 8) != 0) machine.link_came_back(now);
    machine.received(whole.subspan(at + 3, length), now);
    at += 3 + length;
  }
  machine.release(now);
  return 0;
}
