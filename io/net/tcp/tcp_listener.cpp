#include "sundog/io/net/tcp/tcp_listener.hpp"

#include <new>
#include <system_error>
#include <utility>

#include "sundog/io/net/tcp/listener.hpp"
#include "sundog/io/net/tcp/tcp.hpp"

namespace sundog::net::tcp {

bool TcpListener::takes(const IpAddress& destination, std::uint16_t port) const noexcept {
  if (port != bound_.port()) return false;
  const IpAddress& address = bound_.address();
  if (address == IpAddress::any_v6()) return true;
  if (address.is_any()) return destination.is_v4();
  return address == destination;
}

void TcpListener::close() noexcept {
  if (closed_) return;
  closed_ = true;
  tcp_.bucket(bound_.port()).remove(*this);
  const TimePoint now = tcp_.ticks_.now();
  while (TcpSocket* const socket = half_open_.first()) socket->give_up(now);
  while (TcpSocket* const socket = backlog_.first()) socket->give_up(now);
  tell_acceptors();
}

void TcpListener::finish() noexcept {
  if (closed_ || finishing_) return;
  finishing_ = true;
  const TimePoint now = tcp_.ticks_.now();
  TcpSocket* next = nullptr;
  for (TcpSocket* socket = half_open_.first(); socket != nullptr; socket = next) {
    next = half_open_.after(*socket);
    // It has been sent again already.
    if (socket->deadline() > now + rto_initial) socket->give_up(now);
  }
  if (finished()) tell_acceptors();
}

void TcpListener::tell_acceptors() noexcept {
  while (!acceptors_.empty()) {
    static_cast<AcceptOne*>(acceptors_.first())->error_ = std::errc::operation_canceled;
    acceptors_.wake_first();
  }
}

// --- segments ---

void TcpListener::segment(const Received& what, const Tuple& tuple, const wire::TcpHeader& header,
                          Payload payload, const wire::Sequence* floor, TimePoint now) noexcept {
  // RFC 9293 section 3.10.7.2.
  if (header.flags.rst) return;
  if (finishing_) {
    tcp_.refuse(what, header, payload.size());
    return;
  }
  if (header.flags.ack) {
    const bool taken = !header.flags.syn && take_cookie(what, tuple, header, payload, now);
    if (!taken) tcp_.refuse(what, header, payload.size());
    return;
  }
  if (header.flags.syn) synchronize(what, tuple, header, floor, now);
}

void TcpListener::synchronize(const Received& what, const Tuple& tuple, const wire::TcpHeader& syn,
                              const wire::Sequence* floor, TimePoint now) noexcept {
  if (backlog_count_ >= backlog_max) {
    ++tcp_.statistics_.backlog_drops;
    return;
  }
  std::errc error{};
  const Route route = tcp_.ip_.route(answer_to(what), error);
  if (error != std::errc{}) return;
  Secrets secrets = tcp_.secrets_.of(tuple, now);
  // As far behind as an earlier connection's window can have reached.
  if (floor != nullptr) secrets.initial = later(secrets.initial, *floor + receive_buffer_max);
  if (half_open_count_ >= half_open_max) {
    ++tcp_.statistics_.cookies_sent;
    cookies_until_ = now + 2 * cookie_period;
    const Path path = TcpSocket::path_of(route);
    tcp_.send_alone(route, tcp_.cookies_.answer(tuple, syn, secrets, path, settings_, now));
    return;
  }
  TcpSocket* const socket = make_socket(what, tuple, route);
  if (socket == nullptr) return;
  socket->place_ = TcpSocket::Place::half_open;
  half_open_.add(*socket);
  ++half_open_count_;
  socket->open_passive(*this, secrets, syn, now);
}

bool TcpListener::take_cookie(const Received& what, const Tuple& tuple,
                              const wire::TcpHeader& header, Payload payload,
                              TimePoint now) noexcept {
  if (now >= cookies_until_) return false;
  const auto remembered = tcp_.cookies_.remember(tuple, header, now);
  if (!remembered) {
    ++tcp_.statistics_.cookies_wrong;
    return false;
  }
  // Neither taken nor refused: the peer sends it again.
  if (backlog_count_ >= backlog_max) {
    ++tcp_.statistics_.backlog_drops;
    return true;
  }
  std::errc error{};
  const Route route = tcp_.ip_.route(answer_to(what), error);
  if (error != std::errc{}) return true;
  TcpSocket* const socket = make_socket(what, tuple, route);
  if (socket == nullptr) return true;
  ++tcp_.statistics_.cookies_taken;
  socket->place_ = TcpSocket::Place::half_open;
  half_open_.add(*socket);
  ++half_open_count_;
  Secrets secrets = tcp_.secrets_.of(tuple, now);
  secrets.initial = remembered->initial;
  const SocketHandle held(socket);
  socket->open_remembered(*this, secrets, remembered->syn, now);
  socket->segment(header, payload, now);
  // It has sent no SYN that it could send again.
  if (socket->connecting()) socket->give_up(now);
  return true;
}

TcpSocket* TcpListener::make_socket(const Received& what, const Tuple& tuple,
                                    const Route& route) noexcept {
  const IpAddress peer = takes_both_families() ? what.source.mapped() : what.source;
  TcpSocket* socket = nullptr;
  try {
    socket = new TcpSocket(tcp_, settings_, tuple, route, Endpoint(peer, tuple.peer.port()));
    tcp_.keep(*socket);
  } catch (const std::bad_alloc&) {
    // As if the network had lost it.
    ++tcp_.statistics_.memory_drops;
    delete socket;
    return nullptr;
  }
  return socket;
}

// --- what becomes of a connection ---

void TcpListener::established(TcpSocket& socket) noexcept {
  half_open_.remove(socket);
  --half_open_count_;
  if (acceptors_.empty()) {
    socket.place_ = TcpSocket::Place::backlog;
    backlog_.add(socket);
    ++backlog_count_;
    return;
  }
  socket.place_ = TcpSocket::Place::nowhere;
  socket.listener_ = nullptr;
  static_cast<AcceptOne*>(acceptors_.first())->accepted_ = SocketHandle(&socket);
  acceptors_.wake_first();
  if (finished()) tell_acceptors();
}

void TcpListener::lost(TcpSocket& socket) noexcept {
  if (socket.place_ == TcpSocket::Place::half_open) {
    half_open_.remove(socket);
    --half_open_count_;
  } else {
    backlog_.remove(socket);
    --backlog_count_;
  }
  socket.place_ = TcpSocket::Place::nowhere;
  socket.listener_ = nullptr;
  if (finished()) tell_acceptors();
}

SocketHandle TcpListener::take() noexcept {
  TcpSocket& socket = *backlog_.take_first();
  --backlog_count_;
  socket.place_ = TcpSocket::Place::nowhere;
  socket.listener_ = nullptr;
  return SocketHandle(&socket);
}

}  // namespace sundog::net::tcp
