#include "sundog/io/net/dhcp/client.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <system_error>
#include <utility>

namespace sundog::net::dhcp {
namespace {

constexpr Prefix everywhere = Prefix(IpAddress::any_v4(), 0);
constexpr Duration memory_pause = std::chrono::seconds(1);
// What the largest UDP datagram on Ethernet holds; a server sends no more than it was told.
constexpr std::size_t buffer_bytes = 1500;

}  // namespace

Client::Client(IpLayer& ip, Udp& udp, Ticks& ticks, RandomSource& random, InterfaceId interface,
               std::string host_name)
    : ip_(ip),
      udp_(udp),
      ticks_(ticks),
      interface_(interface),
      link_mtu_(ip.interface(interface).mtu()),
      machine_(ip.interface(interface).link().mac(), std::move(host_name), random, *this) {
  ticks_.add(*this);
}

Client::~Client() { ticks_.remove(*this); }

// While it lives, the machine is at work.
class Client::Running {
 public:
  explicit Running(Client& client) : client_(client) {
    client.socket_ =
        client.udp_.bind(Endpoint(IpAddress::any_v4(), client_port), client.interface_);
  }
  ~Running() {
    client_.machine_.release(client_.ticks_.now());
    client_.socket_->close();
    client_.socket_.reset();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Client& client_;
};

Task<void> Client::run(std::optional<IpAddress> before) {
  const Running running(*this);
  machine_.start(ticks_.now(), before);
  plan();
  std::array<std::byte, buffer_bytes> buffer;
  for (;;) {
    ReceiveDatagram incoming(socket_, buffer);
    const ReceivedDatagram datagram = co_await incoming;
    if (datagram.truncated || datagram.peer.port() != server_port) continue;
    machine_.received(Bytes(buffer).first(datagram.size), ticks_.now());
    plan();
  }
}

Task<Lease> Client::bound() {
  while (lease() == nullptr) co_await news_.wait();
  co_return *lease();
}

void Client::link_came_back() noexcept {
  machine_.link_came_back(ticks_.now());
  plan();
}

void Client::plan() noexcept {
  if (machine_.deadline() != never) ticks_.tick_at(machine_.deadline());
}

void Client::tick(TimePoint now) noexcept {
  if (to_claim_) try_claim();
  machine_.tick(now);
  plan();
}

// What cannot be sent now is lost, as it might be on its way: the machine sends it again.
void Client::send(Bytes message, const IpAddress&, const IpAddress& server) noexcept {
  if (socket_ == nullptr) return;
  try {
    static_cast<void>(socket_->try_send(message, Endpoint(server, server_port)));
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {
  }
}

void Client::claim(const Lease& lease) noexcept {
  to_claim_ = lease.address;
  try_claim();
}

void Client::try_claim() noexcept {
  try {
    ip_.arp(interface_).claim(*to_claim_, *this);
    to_claim_.reset();
  } catch (const std::bad_alloc&) {
    ticks_.tick_at(ticks_.now() + memory_pause);
  }
}

void Client::claimed(const Prefix&) noexcept {
  machine_.claimed(ticks_.now());
  plan();
}

void Client::lost(const Prefix&) noexcept {
  machine_.lost(ticks_.now());
  plan();
}

void Client::use(const Lease& lease) noexcept {
  Interface& interface = ip_.interface(interface_);
  interface.set_mtu(std::min<std::uint32_t>(lease.mtu.value_or(link_mtu_), link_mtu_));
  try {
    if (interface.find(lease.address.address())->prefix != lease.address) {
      interface.set_address(lease.address, AddressState::preferred);
    }
    if (routers_ != lease.routers) set_routes(lease);
  } catch (const std::bad_alloc&) {
    // Without all of its routes, until the lease is renewed.
  }
  news_.broadcast();
}

void Client::set_routes(const Lease& lease) {
  remove_routes();
  // The server's preference is in their order (RFC 2132 section 3.5).
  std::uint32_t metric = 0;
  for (const IpAddress& router : lease.routers.all()) {
    ip_.add_route({everywhere, router, interface_, metric++});
    routers_.add(router);
  }
}

void Client::remove_routes() noexcept {
  std::uint32_t metric = 0;
  for (const IpAddress& router : routers_.all()) {
    ip_.remove_route({everywhere, router, interface_, metric++});
  }
  routers_ = AddressList();
}

void Client::give_up(const Lease& lease) noexcept {
  to_claim_.reset();
  remove_routes();
  ip_.arp(interface_).give_up(lease.address.address());
  ip_.interface(interface_).set_mtu(link_mtu_);
}

}  // namespace sundog::net::dhcp
