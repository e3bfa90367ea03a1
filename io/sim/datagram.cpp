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
  const Endpoint& from() const noexcept { return from_; }
  bool truncated() const noexcept { return truncated_; }

 private:
  std::string_view name() const noexcept override { return "receive_from"; }
  std::uint64_t object() const noexcept override { return port_.object(); }
  std::optional<int> attempt() override { return port_.receive(*this, buffer_, from_, truncated_); }
  void withdraw() noexcept override { port_.withdraw(); }

  DatagramPort& port_;
  MutableBytes buffer_;
  Endpoint from_;
  bool truncated_ = false;
};

class SendDatagram final : public Operation {
 public:
  SendDatagram(DatagramPort& port, const Endpoint& to, Bytes bytes) noexcept
      : Operation(port.host()), port_(port), to_(to), bytes_(bytes) {}

 private:
  std::string_view name() const noexcept override { return "send_to"; }
  std::uint64_t object() const noexcept override { return port_.object(); }
  std::optional<int> attempt() override { return port_.send(to_, bytes_); }
  void withdraw() noexcept override {}

  DatagramPort& port_;
  Endpoint to_;
  Bytes bytes_;
};

}  // namespace

DatagramPort::DatagramPort(Host& host, const Endpoint& wanted)
    : host_(host), object_(host.ports().next_object()), descriptor_(Descriptor::open(host)) {
  if (!descriptor_) {
    throw std::system_error(std::make_error_code(std::errc::too_many_files_open), "bind");
  }
  bound_ = bind(host, wanted, *this);
}

DatagramPort::~DatagramPort() { close(); }

void DatagramPort::close() noexcept {
  if (std::exchange(closed_, true)) return;
  const Memory::Outside outside;
  host_.ports().remove(bound_, *this);
  descriptor_.reset();
  if (Call* call = std::exchange(parked_, nullptr)) {
    SUNDOG_PROBE("a simulated datagram socket was closed under a call");
    host_.poller().retry(*call);
  }
}

void DatagramPort::arrive(const Endpoint& from, std::vector<std::byte> bytes) {
  if (queue_.size() >= queue_max) return;
  const bool shows_mapped = bound_.address().is_v6();
  queue_.emplace_back(shows_mapped ? Endpoint(from.address().mapped(), from.port()) : from,
                      std::move(bytes));
  if (Call* call = std::exchange(parked_, nullptr)) host_.poller().retry(*call);
}

std::optional<int> DatagramPort::receive(Call& call, MutableBytes buffer, Endpoint& from,
                                         bool& truncated) {
  if (closed_) return closed_meanwhile;
  if (down_) return -ENETDOWN;
  if (queue_.empty()) {
    SUNDOG_ASSERT(parked_ == nullptr || parked_ == &call, "one call receives from it at a time");
    parked_ = &call;
    return std::nullopt;
  }
  const auto& [sender, bytes] = queue_.front();
  from = sender;
  const std::size_t count = std::min(buffer.size(), bytes.size());
  truncated = count < bytes.size();
  std::copy_n(bytes.begin(), count, buffer.begin());
  queue_.pop_front();
  return static_cast<int>(count);
}

std::optional<int> DatagramPort::send(const Endpoint& to, Bytes bytes) {
  if (closed_) return closed_meanwhile;
  if (bytes.size() > payload_bytes_max) return -EMSGSIZE;
  const IpAddress target = to.address().unmapped();
  const bool takes_both = bound_.address() == IpAddress::any_v6();
  if (!takes_both && target.family() != bound_.address().family()) return -ENETUNREACH;
  if (host_.world().strikes(Fault::no_buffers)) return -ENOBUFS;
  const IpAddress source = bound_.address().is_any() ? host_.source_for(target) : bound_.address();
  host_.world().network().send_datagram(host_, Endpoint(source, bound_.port()),
                                        Endpoint(target, to.port()),
                                        std::vector<std::byte>(bytes.begin(), bytes.end()));
  return static_cast<int>(bytes.size());
}

void DatagramPort::power_cut() {
  down_ = true;
  if (Call* call = std::exchange(parked_, nullptr)) host_.poller().retry(*call);
}

namespace {

std::shared_ptr<DatagramPort> open_port(Host& host, const Endpoint& wanted) {
  const Memory::Outside outside;
  return std::make_shared<DatagramPort>(host, wanted);
}

// Not members: the socket may move, or be closed and go, while its calls are under way.
Task<SimDatagrams::Received> receive_from(std::shared_ptr<DatagramPort> port, MutableBytes buffer) {
  if (port == nullptr) throw_closed("receive_from");
  const Mutex::Guard first_in_line = co_await port->line().lock();
  for (;;) {
    ReceiveDatagram operation(*port, buffer);
    const int result = co_await operation;
    if (result >= 0) {
      co_return SimDatagrams::Received(static_cast<std::size_t>(result), operation.from(),
                                       operation.truncated());
    }
    if (!try_once_more(result)) throw_error(result, "receive_from");
  }
}

Task<void> send_from(std::shared_ptr<DatagramPort> port, Bytes message, Endpoint peer) {
  if (port == nullptr) throw_closed("cannot send to " + peer.to_string());
  for (;;) {
    const int result = co_await SendDatagram(*port, peer, message);
    if (result >= 0) co_return;
    if (exhausted(result)) {
      co_await sleep(exhausted_pause);
    } else if (!try_once_more(result)) {
      throw_error(result, "cannot send to " + peer.to_string());
    }
  }
}

}  // namespace

SimDatagrams::SimDatagrams(Host& host, const Endpoint& endpoint)
    : port_(open_port(host, endpoint)) {}

Task<SimDatagrams::Received> SimDatagrams::receive(MutableBytes buffer) {
  return receive_from(port_, buffer);
}
Task<void> SimDatagrams::send(Bytes message, Endpoint peer) {
  return send_from(port_, message, peer);
}

void SimDatagrams::close() noexcept {
  if (port_ == nullptr) return;
  port_->close();
  port_.reset();
}

Endpoint SimDatagrams::local_address() const {
  if (port_ == nullptr) throw_closed("a closed datagram socket has no address");
  return port_->bound();
}

}  // namespace sundog::sim
