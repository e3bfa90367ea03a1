#include "sundog/io/sim/datagram.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "sundog/io/sim/operation.hpp"
#include "sundog/io/sim/ports.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::sim {
namespace {

class ReceiveDatagram final : public Operation {
 public:
  ReceiveDatagram(DatagramPort& port, MutableBytes buffer) noexcept
      : Operation(port.host()), port_(port), buffer_(buffer) {}
  Address from() const noexcept { return from_; }

 private:
  std::string_view name() const noexcept override { return "receive_from"; }
  std::uint64_t object() const noexcept override { return port_.object(); }
  std::optional<int> attempt() override { return port_.receive(*this, buffer_, from_); }
  void withdraw() noexcept override { port_.withdraw(); }

  DatagramPort& port_;
  MutableBytes buffer_;
  Address from_;
};

class SendDatagram final : public Operation {
 public:
  SendDatagram(DatagramPort& port, Address to, Bytes bytes) noexcept
      : Operation(port.host()), port_(port), to_(to), bytes_(bytes) {}

 private:
  std::string_view name() const noexcept override { return "send_to"; }
  std::uint64_t object() const noexcept override { return port_.object(); }
  std::optional<int> attempt() override { return port_.send(to_, bytes_); }
  void withdraw() noexcept override {}

  DatagramPort& port_;
  Address to_;
  Bytes bytes_;
};

}  // namespace

DatagramPort::DatagramPort(Host& host, std::uint16_t port)
    : host_(host),
      port_(port),
      object_(host.ports().next_object()),
      descriptor_(Descriptor::open(host)) {
  if (!descriptor_) {
    throw std::system_error(std::make_error_code(std::errc::too_many_files_open), "bind");
  }
  if (!host.ports().add(port, *this)) {
    throw std::system_error(std::make_error_code(std::errc::address_in_use), "bind");
  }
}

DatagramPort::~DatagramPort() {
  const Memory::Outside outside;
  SUNDOG_ASSERT(parked_ == nullptr, "a datagram socket was destroyed while it is received from");
  host_.ports().remove(port_, *this);
}

void DatagramPort::arrive(Address from, std::vector<std::byte> bytes) {
  if (queue_.size() >= queue_max) return;
  queue_.emplace_back(from, std::move(bytes));
  if (Call* call = std::exchange(parked_, nullptr)) host_.poller().retry(*call);
}

std::optional<int> DatagramPort::receive(Call& call, MutableBytes buffer, Address& from) {
  if (down_) return -ENETDOWN;
  if (queue_.empty()) {
    SUNDOG_ASSERT(parked_ == nullptr || parked_ == &call, "a socket has one receiver at a time");
    parked_ = &call;
    return std::nullopt;
  }
  const auto& [sender, bytes] = queue_.front();
  from = sender;
  const std::size_t count = std::min(buffer.size(), bytes.size());
  std::copy_n(bytes.begin(), count, buffer.begin());
  queue_.pop_front();
  return static_cast<int>(count);
}

std::optional<int> DatagramPort::send(Address to, Bytes bytes) {
  if (bytes.size() > payload_bytes_max) return -EMSGSIZE;
  if (host_.world().strikes(Fault::no_buffers)) return -ENOBUFS;
  host_.world().network().send_datagram(host_.address(port_), to,
                                        std::vector<std::byte>(bytes.begin(), bytes.end()));
  return static_cast<int>(bytes.size());
}

void DatagramPort::power_cut() {
  down_ = true;
  if (Call* call = std::exchange(parked_, nullptr)) host_.poller().retry(*call);
}

namespace {

std::unique_ptr<DatagramPort> open_port(Host& host, std::uint16_t port) {
  const Memory::Outside outside;
  return std::make_unique<DatagramPort>(host, port);
}

}  // namespace

SimDatagrams::SimDatagrams(Host& host, std::uint16_t port) : port_(open_port(host, port)) {}

Task<ReceivedDatagram> SimDatagrams::receive(MutableBytes buffer) {
  for (;;) {
    ReceiveDatagram operation(*port_, buffer);
    const int result = co_await operation;
    if (result >= 0) {
      co_return ReceivedDatagram(static_cast<std::size_t>(result), operation.from());
    }
    if (!try_once_more(result)) throw_error(result, "receive_from");
  }
}

Task<void> SimDatagrams::send(Address to, Bytes bytes) {
  for (;;) {
    const int result = co_await SendDatagram(*port_, to, bytes);
    if (result >= 0) co_return;
    if (exhausted(result)) {
      co_await sleep(exhausted_pause);
    } else if (!try_once_more(result)) {
      throw_error(result, "send_to");
    }
  }
}

}  // namespace sundog::sim
