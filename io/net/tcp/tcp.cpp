#include "sundog/io/net/tcp/tcp.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "sundog/io/net/wire/fields.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog::net::tcp {
namespace {

// Less than this is copied into the packet: quicker than to note where it lies.
constexpr std::size_t gather_bytes_min = 512;

[[noreturn]] void fail(std::errc error, const char* what, const Endpoint& endpoint) {
  throw std::system_error(std::make_error_code(error), what + endpoint.to_string());
}

// Whether listeners at both would get the same segments.
bool overlap(const IpAddress& one, const IpAddress& other) noexcept {
  if (one == other || one == IpAddress::any_v6() || other == IpAddress::any_v6()) return true;
  return one.family() == other.family() && (one.is_any() || other.is_any());
}

// The payload where it lies, held until the device has read it; null if it must be copied.
LentBlocks* lend(Memory& memory, const Connection& connection, const OutgoingSegment& segment,
                 std::size_t pieces_max) noexcept {
  LentBlocks* const lent = memory.try_lend();
  if (lent == nullptr) return nullptr;
  std::size_t offset = segment.payload_offset;
  const std::size_t end = offset + segment.payload_bytes;
  while (offset < end) {
    if (lent->pieces.size() == pieces_max) {
      lent->released();
      return nullptr;
    }
    const Bytes piece = connection.unacknowledged_piece(offset, end - offset);
    lent->add(piece, connection.unacknowledged_block(offset));
    offset += piece.size();
  }
  return lent;
}

}  // namespace

RouteQuery answer_to(const Received& what) noexcept {
  RouteQuery query;
  query.destination = what.source;
  query.source = what.destination;
  if (what.source.is_link_local()) query.interface = what.interface;
  return query;
}

Tcp::Tcp(Ip& ip, RandomSource& random, Ticks& ticks, Memory& memory) noexcept
    : ip_(ip),
      random_(random),
      ticks_(ticks),
      memory_(memory),
      table_(random),
      secrets_(random),
      cookies_(random) {
  ip_.add(ProtocolNumber::tcp, *this);
  ticks_.add(*this);
}

Tcp::~Tcp() {
  ticks_.remove(*this);
  for (const List<TcpListener>& listeners : listeners_) {
    SUNDOG_ASSERT(listeners.empty(), "a stack ended before its listeners");
  }
  while (TcpSocket* const socket = table_.after(nullptr)) {
    SUNDOG_ASSERT(socket->uses_ == 1, "a stack ended before its connections");
    forget(*socket);
  }
}

// --- the sockets that it keeps ---

void Tcp::keep(TcpSocket& socket) {
  deadlines_.reserve(table_.size() + 1);
  if (!table_.add(socket)) throw std::bad_alloc();
  socket.in_table_ = true;
  socket.add_use();
}

void Tcp::forget(TcpSocket& socket) noexcept {
  if (!socket.in_table_) return;
  socket.in_table_ = false;
  if (socket.listener_ != nullptr) socket.listener_->lost(socket);
  leave_list(socket);
  if (socket.armed()) deadlines_.remove(socket);
  table_.remove(socket);
  socket.drop_use();
}

void Tcp::note_deadline(TcpSocket& socket) noexcept {
  if (!socket.in_table_) return;
  const TimePoint wanted = socket.deadline();
  // One that is noted too early costs a look; so a deadline that only moves on costs nothing.
  if (wanted == never || (socket.armed() && socket.armed_for_ <= wanted)) return;
  if (socket.armed()) deadlines_.remove(socket);
  socket.armed_for_ = wanted;
  deadlines_.add({wanted, &socket});
  if (deadlines_.nearest() == wanted) ticks_.tick_at(wanted);
}

void Tcp::tick(TimePoint now) noexcept {
  // Each at most once: what wants to be called again at once has to wait for the next tick.
  for (std::size_t left = deadlines_.size(); left != 0 && deadlines_.nearest() <= now; --left) {
    static_cast<TcpSocket&>(deadlines_.take_nearest()).due(now);
  }
  if (!deadlines_.empty()) ticks_.tick_at(deadlines_.nearest());
}

void Tcp::add_orphan(TcpSocket& socket) noexcept {
  socket.place_ = TcpSocket::Place::orphan;
  orphans_.add(socket);
  ++orphan_count_;
}

void Tcp::add_time_wait(TcpSocket& socket) noexcept {
  leave_list(socket);
  socket.place_ = TcpSocket::Place::time_wait;
  time_waits_.add(socket);
  ++time_wait_count_;
  if (time_wait_count_ > time_waits_max) time_waits_.first()->give_up(ticks_.now());
}

void Tcp::limit_orphans(TimePoint now) noexcept {
  if (orphan_count_ > orphans_max) orphans_.first()->give_up(now);
}

void Tcp::leave_list(TcpSocket& socket) noexcept {
  if (socket.place_ == TcpSocket::Place::orphan) {
    orphans_.remove(socket);
    --orphan_count_;
  } else if (socket.place_ == TcpSocket::Place::time_wait) {
    time_waits_.remove(socket);
    --time_wait_count_;
  }
  socket.place_ = TcpSocket::Place::nowhere;
}

// --- from above ---

SocketHandle Tcp::connect(const Endpoint& peer) {
  constexpr const char* what = "cannot connect to ";
  if (peer.port() == 0) fail(std::errc::invalid_argument, what, peer);
  std::errc error{};
  RouteQuery query;
  query.destination = peer.address().unmapped();
  query.source = query.destination.is_v4() ? IpAddress::any_v4() : IpAddress::any_v6();
  const Route route = ip_.route(query, error);
  // No address that a packet could come from is no network of this family.
  if (error == std::errc::address_not_available || route.is_group) {
    error = std::errc::network_unreachable;
  }
  if (error != std::errc{}) fail(error, what, peer);
  const TimePoint now = ticks_.now();
  Tuple tuple{Endpoint(route.source, 0), Endpoint(route.destination, peer.port())};
  tuple.local = tuple.local.at_port(choose_port(tuple, peer, now));
  std::unique_ptr<TcpSocket> fresh(new TcpSocket(*this, settings_, tuple, route, peer));
  keep(*fresh);
  const SocketHandle socket(fresh.release());
  socket->open_active(secrets_.of(tuple, now), now);
  return socket;
}

std::uint16_t Tcp::choose_port(const Tuple& tuple, const Endpoint& peer, TimePoint now) {
  TcpSocket* spare = nullptr;
  const auto is_free = [&](std::uint16_t port) {
    const Tuple wanted{tuple.local.at_port(port), tuple.peer};
    // Nothing connects to itself, nor takes a port that a service waits at.
    if (wanted.local == wanted.peer) return false;
    if (find_listener(tuple.local.address(), port) != nullptr) return false;
    TcpSocket* const taken = table_.find(wanted);
    if (taken != nullptr && taken->place_ == TcpSocket::Place::time_wait) spare = taken;
    return taken == nullptr;
  };
  if (const auto port = secrets_.port(tuple, is_free)) return *port;
  if (spare == nullptr) {
    fail(std::errc::address_not_available, "no port is free for a connection to ", peer);
  }
  // Sequence numbers and timestamps of the new connection are behind those of the old one.
  const std::uint16_t port = spare->tuple().local.port();
  spare->give_up(now);
  return port;
}

bool Tcp::is_free(const Endpoint& endpoint) const noexcept {
  const List<TcpListener>& listeners = listeners_[endpoint.port() % bucket_count];
  for (const TcpListener* one = listeners.first(); one != nullptr; one = listeners.after(*one)) {
    if (one->bound().port() == endpoint.port() &&
        overlap(one->bound().address(), endpoint.address())) {
      return false;
    }
  }
  return true;
}

std::uint16_t Tcp::free_port(const IpAddress& address) {
  const std::uint32_t start = random_.below(ephemeral_ports);
  for (std::uint32_t i = 0; i < ephemeral_ports; ++i) {
    const auto port =
        static_cast<std::uint16_t>(first_ephemeral_port + (start + i) % ephemeral_ports);
    if (is_free(Endpoint(address, port))) return port;
  }
  fail(std::errc::address_in_use, "no port is free at ", Endpoint(address, 0));
}

std::shared_ptr<TcpListener> Tcp::listen(const Endpoint& endpoint) {
  const IpAddress address = endpoint.address().unmapped();
  if (!address.is_any() && !ip_.is_own(address)) {
    fail(std::errc::address_not_available, "cannot listen at ", endpoint);
  }
  const std::uint16_t port = endpoint.port() != 0 ? endpoint.port() : free_port(address);
  const Endpoint bound(address, port);
  if (!is_free(bound)) fail(std::errc::address_in_use, "cannot listen at ", endpoint);
  auto listener = std::make_shared<TcpListener>(*this, bound, settings_);
  bucket(port).add(*listener);
  return listener;
}

TcpListener* Tcp::find_listener(const IpAddress& destination, std::uint16_t port) noexcept {
  TcpListener* found = nullptr;
  List<TcpListener>& listeners = bucket(port);
  for (TcpListener* one = listeners.first(); one != nullptr; one = listeners.after(*one)) {
    if (!one->takes(destination, port)) continue;
    if (found == nullptr || one->names_address()) found = one;
  }
  return found;
}

// --- from below ---

void Tcp::received(const Received& what, ReceivedPacket packet) noexcept {
  ++statistics_.segments_in;
  const auto parsed = wire::parse_tcp_header(what.header);
  if (!parsed) {
    ++statistics_.errors_in;
    return;
  }
  // TCP is between two (RFC 9293 section 3.9.2.3).
  if (what.is_group) return;
  const wire::TcpHeader& header = parsed->header;
  const Payload payload(packet, what.transport_start + parsed->header_bytes,
                        what.transport_bytes - parsed->header_bytes);
  const Tuple tuple{Endpoint(what.destination, header.destination_port),
                    Endpoint(what.source, header.source_port)};
  const TimePoint now = ticks_.now();
  wire::Sequence floor;
  bool has_floor = false;
  if (TcpSocket* const socket = table_.find(tuple)) {
    if (!socket->connection().gives_way_to(header)) {
      socket->segment(header, payload, now);
      return;
    }
    floor = socket->connection().next_to_send();
    has_floor = true;
    socket->give_up(now);
  }
  if (TcpListener* const listener = find_listener(what.destination, header.destination_port)) {
    listener->segment(what, tuple, header, payload, has_floor ? &floor : nullptr, now);
  } else {
    refuse(what, header, payload.size());
  }
}

namespace {

constexpr std::size_t quoted_bytes_min = 8;
constexpr std::size_t peer_port_offset = 2;
constexpr std::size_t sequence_offset = 4;

Tuple tuple_of(const ErrorReport& report) noexcept {
  return {Endpoint(report.source, wire::read_u16(report.header, 0)),
          Endpoint(report.destination, wire::read_u16(report.header, peer_port_offset))};
}

}  // namespace

bool Tcp::has_sent(const ErrorReport& report) const noexcept {
  if (report.header.size() < quoted_bytes_min) return false;
  const TcpSocket* const socket = table_.find(tuple_of(report));
  const wire::Sequence sequence(wire::read_u32(report.header, sequence_offset));
  return socket != nullptr && socket->connection().is_under_way(sequence);
}

void Tcp::failed(const ErrorReport& report) noexcept {
  if (TcpSocket* const socket = table_.find(tuple_of(report))) {
    socket->failed(report, ticks_.now());
  }
}

// --- to below ---

bool Tcp::send(const Route& route, const Connection& connection,
               const OutgoingSegment& segment) noexcept {
  const std::size_t header_bytes = wire::tcp_header_bytes(segment.header);
  Outgoing packet = ip_.try_packet(route, header_bytes + segment.payload_bytes);
  if (!packet) return false;
  wire::write_tcp_header(segment.header, packet.bytes());
  Sending sending;
  sending.protocol = ProtocolNumber::tcp;
  sending.checksum_offset = wire::tcp_checksum_offset;
  sending.dont_fragment = true;
  if (segment.segment_bytes != 0) {
    sending.segment_bytes = static_cast<std::uint16_t>(segment.segment_bytes);
    sending.transport_header_bytes = static_cast<std::uint16_t>(header_bytes);
  }
  const std::size_t pieces_max =
      std::min<std::size_t>(route.offloads.gather_pieces_max, LentBlocks::pieces_max);
  if (segment.payload_bytes >= gather_bytes_min && pieces_max != 0) {
    if (LentBlocks* const lent = lend(memory_, connection, segment, pieces_max)) {
      packet.shorten(header_bytes);
      ip_.send(route, std::move(packet), *lent, sending);
      return true;
    }
  }
  if (segment.payload_bytes != 0) {
    connection.copy_unacknowledged(segment.payload_offset, packet.bytes().subspan(header_bytes));
  }
  ip_.send(route, std::move(packet), sending);
  return true;
}

void Tcp::send_alone(const Route& route, const wire::TcpHeader& header) noexcept {
  Outgoing packet = ip_.try_packet(route, wire::tcp_header_bytes(header));
  if (!packet) return;
  wire::write_tcp_header(header, packet.bytes());
  Sending sending;
  sending.protocol = ProtocolNumber::tcp;
  sending.checksum_offset = wire::tcp_checksum_offset;
  sending.dont_fragment = true;
  ++statistics_.segments_out;
  ip_.send(route, std::move(packet), sending);
}

void Tcp::refuse(const Received& what, const wire::TcpHeader& header,
                 std::size_t payload_bytes) noexcept {
  const auto reset = reset_for(header, payload_bytes);
  if (!reset) return;
  std::errc error{};
  const Route route = ip_.route(answer_to(what), error);
  if (error != std::errc{}) return;
  ++statistics_.resets_out;
  send_alone(route, *reset);
}

}  // namespace sundog::net::tcp
