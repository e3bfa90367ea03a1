// Tcp: TCP of a stack: finds the connection, or the listener, that a segment is for, calls
// connections when their time has come, and sends what they say.
//
//   Memory memory;                             // outlives the devices
//   Tcp tcp(ip, random, ticks, memory);        // registers itself
//   std::shared_ptr<TcpListener> listener = tcp.listen(Endpoint::any(80));
//   SocketHandle socket = tcp.connect(Endpoint::parse("192.0.2.1:80"));   // begins
//
// Programs see it through DirectConnection and DirectListener (flow.hpp, listener.hpp). What a
// connection does is the business of connection.hpp; how it is bound to all else, of
// tcp_socket.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/tcp/lent_blocks.hpp"
#include "sundog/io/net/tcp/secret_numbers.hpp"
#include "sundog/io/net/tcp/settings.hpp"
#include "sundog/io/net/tcp/socket_table.hpp"
#include "sundog/io/net/tcp/statistics.hpp"
#include "sundog/io/net/tcp/syn_cookies.hpp"
#include "sundog/io/net/tcp/tcp_listener.hpp"
#include "sundog/io/net/tcp/tcp_socket.hpp"
#include "sundog/timers/sleep_heap.hpp"

namespace sundog::net::tcp {

// The way back to whoever has sent this.
RouteQuery answer_to(const Received& what) noexcept;

class Tcp final : public Protocol, private Ticked {
 public:
  // All outlive it.
  Tcp(Ip& ip, RandomSource& random, Ticks& ticks, Memory& memory) noexcept;
  // The application's connections and listeners are gone. Others just end: no peer is told.
  ~Tcp();
  Tcp(const Tcp&) = delete;
  Tcp& operator=(const Tcp&) = delete;

  // Settings of connections and listeners that are made from now on.
  Settings& settings() noexcept { return settings_; }

  // --- from above ---

  // Begins: the socket is connecting(). Throws std::system_error that names the endpoint, and
  // std::bad_alloc.
  SocketHandle connect(const Endpoint& peer);
  // Port 0 asks for any that is free. Throws std::system_error that names the endpoint,
  // std::bad_alloc.
  std::shared_ptr<TcpListener> listen(const Endpoint& endpoint);

  // What the time is for its connections.
  TimePoint now() const noexcept { return ticks_.now(); }
  // Counters of all connections since the beginning.
  const Statistics& statistics() const noexcept { return statistics_; }
  // Connections in any state, also those that only the stack still knows.
  std::size_t connection_count() const noexcept { return table_.size(); }
  std::size_t orphan_count() const noexcept { return orphan_count_; }
  std::size_t time_wait_count() const noexcept { return time_wait_count_; }
  // Bytes that are in all queues.
  std::size_t memory_bytes() const noexcept { return memory_.blocks().used_bytes(); }
  // One after the other, in no order: begin with null, end at null. Nothing must happen meanwhile.
  const TcpSocket* after(const TcpSocket* socket) const noexcept { return table_.after(socket); }

  // --- see Protocol ---

  std::uint16_t checksum_offset() const noexcept override { return wire::tcp_checksum_offset; }
  void received(const Received& what, ReceivedPacket packet) noexcept override;
  bool has_sent(const ErrorReport& report) const noexcept override;
  void failed(const ErrorReport& report) noexcept override;

 private:
  friend class AcceptOne;
  friend class ReadSome;
  friend class TcpListener;
  friend class TcpSocket;
  friend class WriteAll;

  static constexpr std::size_t bucket_count = 64;

  void tick(TimePoint now) noexcept override;

  // Takes a new socket into the table, which holds it from now on, and counts on its deadline.
  // Throws std::bad_alloc.
  void keep(TcpSocket& socket);
  // It has ended: leaves the table and all lists. May be the end of the socket.
  void forget(TcpSocket& socket) noexcept;
  // Has due() called by the socket's deadline.
  void note_deadline(TcpSocket& socket) noexcept;
  // The application has closed it; or it is in TIME-WAIT, and of no interest to the application.
  // The oldest makes room where there are too many.
  void add_orphan(TcpSocket& socket) noexcept;
  void add_time_wait(TcpSocket& socket) noexcept;
  // One of the two may now be too many: not for the one that was just added to find out.
  void limit_orphans(TimePoint now) noexcept;
  void leave_list(TcpSocket& socket) noexcept;

  // False: there is no room now.
  bool send(const Route& route, const Connection& connection,
            const OutgoingSegment& segment) noexcept;
  // A header alone, which answers something; lost if there is no room.
  void send_alone(const Route& route, const wire::TcpHeader& header) noexcept;
  // Nobody is here for this segment.
  void refuse(const Received& what, const wire::TcpHeader& header,
              std::size_t payload_bytes) noexcept;

  List<TcpListener>& bucket(std::uint16_t port) noexcept { return listeners_[port % bucket_count]; }
  TcpListener* find_listener(const IpAddress& destination, std::uint16_t port) noexcept;
  bool is_free(const Endpoint& endpoint) const noexcept;
  std::uint16_t free_port(const IpAddress& address);
  std::uint16_t choose_port(const Tuple& tuple, const Endpoint& peer, TimePoint now);

  Ip& ip_;
  RandomSource& random_;
  Ticks& ticks_;
  Memory& memory_;
  Settings settings_;
  Statistics statistics_;
  SocketTable table_;
  SecretNumbers secrets_;
  SynCookies cookies_;
  SleepHeap deadlines_;
  std::array<List<TcpListener>, bucket_count> listeners_;
  List<TcpSocket> orphans_;
  List<TcpSocket> time_waits_;
  std::size_t orphan_count_ = 0;
  std::size_t time_wait_count_ = 0;
};

}  // namespace sundog::net::tcp
