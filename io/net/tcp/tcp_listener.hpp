// TcpListener: what the stack keeps of a listening endpoint: connections whose handshake is under
// way, and those that wait to be accepted. Both have a limit: beyond the first, SYNs are answered
// with cookies, for which nothing is kept (syn_cookies.hpp); beyond the second they are not
// answered, and come again.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/tcp/settings.hpp"
#include "sundog/io/net/tcp/tcp_socket.hpp"
#include "sundog/io/net/tcp/tuple.hpp"
#include "sundog/runtime/language/list.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog::net::tcp {

class AcceptOne;

class TcpListener final : public ListLink {
 public:
  // From Tcp::listen().
  TcpListener(Tcp& tcp, const Endpoint& bound, const Settings& settings) noexcept
      : tcp_(tcp), bound_(bound), settings_(settings) {}
  ~TcpListener() { close(); }

  const Endpoint& bound() const noexcept { return bound_; }
  bool closed() const noexcept { return closed_; }
  bool finishing() const noexcept { return finishing_; }
  // Nobody is left who could be accepted.
  bool finished() const noexcept {
    return finishing_ && half_open_count_ == 0 && backlog_count_ == 0;
  }
  // Whoever waits is told; the port is free; connections that nobody has accepted are reset.
  void close() noexcept;
  // Refuses who comes from now on. The port stays taken, and who is in the backlog can be accepted;
  // so can those whose handshake is under way, if it is over before anything of it must be sent
  // again: they may take the connection for made.
  void finish() noexcept;

  // Whether a segment to this endpoint is for this listener, where no connection takes it.
  bool takes(const IpAddress& destination, std::uint16_t port) const noexcept;
  // Of several, the one that names its address takes it.
  bool names_address() const noexcept { return !bound_.address().is_any(); }
  bool takes_both_families() const noexcept { return bound_.address() == IpAddress::any_v6(); }

  // A segment that belongs to no connection. `floor`: a sequence number that a new connection must
  // begin behind, if one with the same ends has just made room for it.
  void segment(const Received& what, const Tuple& tuple, const wire::TcpHeader& header,
               Payload payload, const wire::Sequence* floor, TimePoint now) noexcept;

  std::size_t half_open_count() const noexcept { return half_open_count_; }
  std::size_t backlog_count() const noexcept { return backlog_count_; }

 private:
  friend class AcceptOne;
  friend class Tcp;
  friend class TcpSocket;

  // From a socket of its own, which is half open: the handshake is over.
  void established(TcpSocket& socket) noexcept;
  // ... or it has ended before anybody has accepted it.
  void lost(TcpSocket& socket) noexcept;

  void synchronize(const Received& what, const Tuple& tuple, const wire::TcpHeader& syn,
                   const wire::Sequence* floor, TimePoint now) noexcept;
  bool take_cookie(const Received& what, const Tuple& tuple, const wire::TcpHeader& header,
                   Payload payload, TimePoint now) noexcept;
  // Null when there is no memory for it.
  TcpSocket* make_socket(const Received& what, const Tuple& tuple, const Route& route) noexcept;
  SocketHandle take() noexcept;
  void tell_acceptors() noexcept;

  Tcp& tcp_;
  Endpoint bound_;
  const Settings settings_;
  bool closed_ = false;
  bool finishing_ = false;
  // Cookies that were given out may come back until then.
  TimePoint cookies_until_ = TimePoint::min();
  List<TcpSocket> half_open_;
  List<TcpSocket> backlog_;
  std::size_t half_open_count_ = 0;
  std::size_t backlog_count_ = 0;
  WaitQueue acceptors_;
};

}  // namespace sundog::net::tcp
