// Udp: datagrams over IP (RFC 768), and the sockets that programs receive and send them with.
//
// A socket that is bound to [::] takes both families, and shows IPv4 peers as mapped addresses. A
// datagram for which no socket is bound is answered by an error, one for which a socket has no room
// is dropped without a word: its sender is told nothing, as the network's loss would tell nothing.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "sundog/io/datagram.hpp"
#include "sundog/io/endpoint.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/udp/datagram_queue.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog::net {

class Udp;
class ReceiveDatagram;

struct UdpStatistics {
  std::uint64_t received = 0;  // udpInDatagrams
  std::uint64_t no_port = 0;   // udpNoPorts
  std::uint64_t wrong = 0;     // udpInErrors
  std::uint64_t no_room = 0;   // dropped, as a socket was full
  std::uint64_t sent = 0;      // udpOutDatagrams
};

struct ReceivedDatagram {
  std::size_t size = 0;
  Endpoint peer;
  bool truncated = false;
};

// What the stack keeps of a bound socket.
class UdpSocket final : public ListLink {
 public:
  // From Udp::bind().
  UdpSocket(Udp& udp, const Endpoint& bound, InterfaceId interface) noexcept;
  ~UdpSocket();

  const Endpoint& bound() const noexcept { return bound_; }
  bool closed() const noexcept { return closed_; }
  // Whoever waits is told; the port is free.
  void close() noexcept;

  // Whether a datagram to this endpoint is for this socket.
  bool takes(const IpAddress& destination, std::uint16_t port,
             InterfaceId interface) const noexcept;
  // How closely it names its address: of several, the one that does takes what is for one.
  bool names_address() const noexcept { return !bound_.address().is_any(); }
  // A datagram's payload is at `start` of the packet.
  void take(const Endpoint& peer, const ReceivedPacket& packet, std::size_t start,
            std::size_t bytes) noexcept;

  // False: there is no room. Throws std::system_error, see Datagram.
  bool try_send(Bytes message, const Endpoint& peer);
  // Goes on when there may be room.
  WaitQueue& senders() noexcept { return senders_; }
  void want_room() noexcept;

 private:
  friend class ReceiveDatagram;

  // In line for room in a device.
  class Waiter final : public RoomWaiter {
   public:
    explicit Waiter(UdpSocket& socket) noexcept : socket_(socket) {}
    void room() noexcept override { socket_.senders_.wake_all(); }

   private:
    UdpSocket& socket_;
  };

  // Gives the way to the peer, as it was found the last time if nothing has changed.
  const Route& find_route(const Endpoint& peer);

  Udp& udp_;
  Endpoint bound_;
  const InterfaceId interface_;
  bool closed_ = false;
  DatagramQueue queue_;
  WaitQueue receivers_;
  WaitQueue senders_;
  Waiter waiter_{*this};
  Route route_;
  std::uint32_t route_generation_ = 0;
};

class Udp final : public Protocol {
 public:
  // Both outlive it. Registers itself.
  Udp(Ip& ip, RandomSource& random) noexcept;
  ~Udp();

  // Port 0 asks for any that is free (RFC 6056 section 3.3.1). With an interface, only what comes
  // from there is received, and all is sent there: also before it has an address. Throws
  // std::system_error that names the endpoint, std::bad_alloc.
  std::shared_ptr<UdpSocket> bind(const Endpoint& endpoint, InterfaceId interface = any_interface);

  std::uint16_t checksum_offset() const noexcept override;
  void received(const Received& what, ReceivedPacket packet) noexcept override;
  bool has_sent(const ErrorReport& report) const noexcept override;
  // What has become of a datagram is not for its sender to know (datagram.hpp).
  void failed(const ErrorReport&) noexcept override {}

  const UdpStatistics& statistics() const noexcept { return statistics_; }
  // Of all sockets' queues.
  std::size_t memory_bytes() const noexcept { return memory_.used_bytes(); }

 private:
  friend class UdpSocket;

  static constexpr std::size_t bucket_count = 64;
  List<UdpSocket>& bucket(std::uint16_t port) noexcept { return sockets_[port % bucket_count]; }
  bool is_free(const Endpoint& endpoint, InterfaceId interface) const noexcept;
  std::uint16_t free_port(const IpAddress& address, InterfaceId interface);

  Ip& ip_;
  RandomSource& random_;
  std::array<List<UdpSocket>, bucket_count> sockets_;
  UdpStatistics statistics_;
  DatagramMemory memory_;
};

// Waits for a datagram: first come, first served.
class ReceiveDatagram final : public AttemptedWait<ReceiveDatagram> {
 public:
  ReceiveDatagram(std::shared_ptr<UdpSocket> socket, MutableBytes buffer) noexcept
      : socket_(std::move(socket)), buffer_(buffer) {}

  // Throws std::system_error: operation_canceled when the socket was closed meanwhile,
  // bad_file_descriptor when it was before.
  ReceivedDatagram await_resume() const;

  bool try_now();
  WaitQueue& line() noexcept { return socket_->receivers_; }

 private:
  friend class UdpSocket;
  std::string describe() const override;

  // Which may be closed, and its owner gone, before this has ended.
  std::shared_ptr<UdpSocket> socket_;
  MutableBytes buffer_;
  ReceivedDatagram received_;
  // None, or why there is no datagram.
  std::errc error_{};
};

// A UDP socket of the stack, as a Datagram. The stack outlives it.
class DirectDatagrams {
 public:
  using Received = ReceivedDatagram;

  explicit DirectDatagrams(std::shared_ptr<UdpSocket> socket) noexcept
      : socket_(std::move(socket)) {}
  DirectDatagrams(DirectDatagrams&& other) noexcept = default;
  DirectDatagrams& operator=(DirectDatagrams&& other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
  }
  ~DirectDatagrams() {
    if (socket_ != nullptr) socket_->close();
  }

  // See Datagram.
  Operation<ReceiveDatagram, std::shared_ptr<UdpSocket>, MutableBytes> receive(
      MutableBytes buffer) {
    return Operation<ReceiveDatagram, std::shared_ptr<UdpSocket>, MutableBytes>(socket_, buffer);
  }
  Task<void> send(Bytes message, Endpoint peer);
  void close() noexcept { socket_->close(); }

  Endpoint local_address() const noexcept { return socket_->bound(); }

 private:
  std::shared_ptr<UdpSocket> socket_;
};

static_assert(Datagram<DirectDatagrams>);

}  // namespace sundog::net
