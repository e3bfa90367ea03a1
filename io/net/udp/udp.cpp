#include "sundog/io/net/udp/udp.hpp"

#include <algorithm>
#include <array>
#include <system_error>

#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/udp.hpp"
#include "sundog/io/turn.hpp"

namespace sundog::net {
namespace {

// RFC 6335 section 6.
constexpr std::uint32_t first_dynamic_port = 49'152;
constexpr std::uint32_t dynamic_ports = 16'384;

[[noreturn]] void fail(std::errc error, const char* what, const Endpoint& endpoint) {
  throw std::system_error(std::make_error_code(error), what + endpoint.to_string());
}

// Whether sockets at both would get the same datagrams.
bool overlap(const IpAddress& one, const IpAddress& other) noexcept {
  if (one == other || one == IpAddress::any_v6() || other == IpAddress::any_v6()) return true;
  return one.family() == other.family() && (one.is_any() || other.is_any());
}

bool overlap(InterfaceId one, InterfaceId other) noexcept {
  return one == other || one == any_interface || other == any_interface;
}

}  // namespace

// --- a socket ---

UdpSocket::UdpSocket(Udp& udp, const Endpoint& bound, InterfaceId interface) noexcept
    : udp_(udp), bound_(bound), interface_(interface), queue_(udp.memory_) {}

UdpSocket::~UdpSocket() { close(); }

void UdpSocket::close() noexcept {
  if (closed_) return;
  closed_ = true;
  udp_.bucket(bound_.port()).remove(*this);
  udp_.ip_.stop_waiting(waiter_);
  for (QueuedWait* wait = receivers_.first(); wait != nullptr; wait = receivers_.first()) {
    static_cast<ReceiveDatagram*>(wait)->error_ = std::errc::operation_canceled;
    receivers_.wake_first();
  }
  senders_.wake_all();
  queue_.clear();
}

bool UdpSocket::takes(const IpAddress& destination, std::uint16_t port,
                      InterfaceId interface) const noexcept {
  return port == bound_.port() && overlap(bound_.address(), destination) &&
         overlap(interface_, interface);
}

void UdpSocket::take(const Endpoint& from, const ReceivedPacket& packet, std::size_t start,
                     std::size_t bytes) noexcept {
  const bool shows_mapped = bound_.address() == IpAddress::any_v6();
  const Endpoint peer(shows_mapped ? from.address().mapped() : from.address(), from.port());
  if (receivers_.empty()) {
    if (queue_.push(peer, packet, start, bytes)) {
      ++udp_.statistics_.received;
    } else {
      ++udp_.statistics_.no_room;
    }
    return;
  }
  // Straight to whoever waits.
  auto& receiver = *static_cast<ReceiveDatagram*>(receivers_.first());
  const std::size_t size = std::min(bytes, receiver.buffer_.size());
  packet.copy(start, receiver.buffer_.first(size));
  receiver.received_ = ReceivedDatagram{size, peer, size < bytes};
  ++udp_.statistics_.received;
  receivers_.wake_first();
}

const Route& UdpSocket::find_route(const Endpoint& peer) {
  const IpAddress target = peer.address().unmapped();
  if (route_generation_ == udp_.ip_.generation() && route_.destination == target) return route_;
  RouteQuery query;
  query.destination = target;
  query.interface = interface_;
  query.source = bound_.address();
  if (query.source.is_any()) {
    query.source = target.is_v4() ? IpAddress::any_v4() : IpAddress::any_v6();
  }
  const bool other_family =
      bound_.address() != IpAddress::any_v6() && bound_.address().family() != target.family();
  std::errc error = other_family ? std::errc::network_unreachable : std::errc{};
  Route route;
  if (!other_family) route = udp_.ip_.route(query, error);
  if (error != std::errc{}) fail(error, "cannot send to ", peer);
  // A zone names the interface: another one would be another way.
  route_generation_ = target.zone().empty() ? udp_.ip_.generation() : 0;
  return route_ = route;
}

bool UdpSocket::try_send(Bytes message, const Endpoint& peer) {
  if (closed_) fail(std::errc::bad_file_descriptor, "cannot send to ", peer);
  if (peer.port() == 0) fail(std::errc::invalid_argument, "cannot send to ", peer);
  const Route& route = find_route(peer);
  const std::size_t bytes = wire::udp_header_bytes + message.size();
  // IPv6 packets are not cut.
  const std::size_t bytes_max =
      route.source.is_v4() ? ip_packet_bytes_max - ipv4_header_bytes : route.transport_bytes_max();
  if (bytes > bytes_max) fail(std::errc::message_size, "cannot send to ", peer);
  std::array<std::byte, wire::udp_header_bytes> header{};
  wire::write_udp(header, {bound_.port(), peer.port(), static_cast<std::uint16_t>(bytes), 0});
  Sending sending;
  sending.protocol = ProtocolNumber::udp;
  sending.checksum_offset = wire::udp_checksum_offset;
  const std::array<Bytes, 2> pieces = {header, message};
  if (!udp_.ip_.try_send(route, pieces, sending)) return false;
  ++udp_.statistics_.sent;
  return true;
}

void UdpSocket::want_room() noexcept {
  if (!waiter_.listed()) udp_.ip_.wait_for_room(route_, waiter_);
}

ReceivedDatagram ReceiveDatagram::await_resume() const {
  if (error_ == std::errc{}) return received_;
  throw std::system_error(std::make_error_code(error_),
                          "cannot receive at " + socket_->bound().to_string());
}

bool ReceiveDatagram::try_now() {
  if (socket_->closed()) {
    error_ = std::errc::bad_file_descriptor;
    return true;
  }
  if (socket_->queue_.empty()) return false;
  const std::size_t bytes = socket_->queue_.pop(received_.peer, buffer_);
  received_.size = std::min(bytes, buffer_.size());
  received_.truncated = received_.size < bytes;
  return true;
}

std::string ReceiveDatagram::describe() const {
  return "datagram at " + socket_->bound().to_string();
}

namespace {

// Not a member: the handle may be moved, or gone, while this waits.
Task<void> send_from(std::shared_ptr<UdpSocket> socket, Bytes message, Endpoint peer) {
  while (!socket->try_send(message, peer)) {
    socket->want_room();
    co_await turn_in(socket->senders(), "room for a datagram");
    if (socket->closed()) fail(std::errc::operation_canceled, "cannot send to ", peer);
  }
}

}  // namespace

Task<void> DirectDatagrams::send(Bytes message, Endpoint peer) {
  return send_from(socket_, message, peer);
}

// --- all sockets ---

Udp::Udp(Ip& ip, RandomSource& random) noexcept : ip_(ip), random_(random) {
  ip_.add(ProtocolNumber::udp, *this);
}
Udp::~Udp() {
  for (const List<UdpSocket>& sockets : sockets_) {
    SUNDOG_ASSERT(sockets.empty(), "a stack ended before its datagram sockets");
  }
}

bool Udp::is_free(const Endpoint& endpoint, InterfaceId interface) const noexcept {
  const List<UdpSocket>& sockets = sockets_[endpoint.port() % bucket_count];
  for (const UdpSocket* one = sockets.first(); one != nullptr; one = sockets.after(*one)) {
    if (one->takes(endpoint.address(), endpoint.port(), interface)) return false;
  }
  return true;
}

std::uint16_t Udp::free_port(const IpAddress& address, InterfaceId interface) {
  const std::uint32_t start = random_.below(dynamic_ports);
  for (std::uint32_t i = 0; i < dynamic_ports; ++i) {
    const auto port = static_cast<std::uint16_t>(first_dynamic_port + (start + i) % dynamic_ports);
    if (is_free(Endpoint(address, port), interface)) return port;
  }
  fail(std::errc::address_in_use, "no port is free at ", Endpoint(address, 0));
}

std::shared_ptr<UdpSocket> Udp::bind(const Endpoint& endpoint, InterfaceId interface) {
  const IpAddress address = ip_.in_numbered_zone(endpoint.address().unmapped());
  if (!address.is_any() && !ip_.is_own(address)) {
    fail(std::errc::address_not_available, "cannot bind to ", endpoint);
  }
  const std::uint16_t port = endpoint.port() != 0 ? endpoint.port() : free_port(address, interface);
  const Endpoint bound(address, port);
  if (!is_free(bound, interface)) fail(std::errc::address_in_use, "cannot bind to ", endpoint);
  auto socket = std::make_shared<UdpSocket>(*this, bound, interface);
  bucket(port).add(*socket);
  return socket;
}

std::uint16_t Udp::checksum_offset() const noexcept { return wire::udp_checksum_offset; }

void Udp::received(const Received& what, ReceivedPacket packet) noexcept {
  const auto header = wire::parse_udp(what.header, what.transport_bytes);
  if (!header || what.segment_bytes != 0) {
    ++statistics_.wrong;
    return;
  }
  const Endpoint peer(what.source, header->source_port);
  const std::size_t start = what.transport_start + wire::udp_header_bytes;
  const std::size_t bytes = header->total_bytes - wire::udp_header_bytes;
  UdpSocket* found = nullptr;
  List<UdpSocket>& sockets = bucket(header->destination_port);
  for (UdpSocket* one = sockets.first(); one != nullptr; one = sockets.after(*one)) {
    if (!one->takes(what.destination, header->destination_port, what.interface)) continue;
    if (what.is_group) {
      one->take(peer, packet, start, bytes);
      found = one;
    } else if (found == nullptr || one->names_address()) {
      found = one;
    }
  }
  if (found == nullptr) {
    ++statistics_.no_port;
    return ip_.refuse(what, packet, ErrorReport::Kind::port_unreachable);
  }
  if (!what.is_group) found->take(peer, packet, start, bytes);
}

bool Udp::has_sent(const ErrorReport& report) const noexcept {
  if (report.header.size() < wire::udp_header_bytes) return false;
  const std::uint16_t port = wire::read_u16(report.header, 0);
  return !is_free(Endpoint(report.source, port), any_interface);
}

}  // namespace sundog::net
