#include "sundog/io/sim/ports.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "sundog/io/sim/acceptor.hpp"
#include "sundog/io/sim/datagram.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/io/sim/stream_socket.hpp"

namespace sundog::sim {
namespace {

// The dynamic ports of RFC 6335 section 6.
constexpr std::uint16_t ephemeral_first = 49152;
constexpr std::uint16_t ephemeral_count = 16384;

// Whether what is bound to `wide` gets what comes to `address`.
bool covers(const IpAddress& wide, const IpAddress& address) noexcept {
  if (wide == address) return true;
  return wide.is_any() && (wide.is_v6() || address.is_v4());
}

template <class Map>
auto* find_in(const Map& map, const Endpoint& target) noexcept {
  for (const IpAddress& address :
       {target.address(), target.address().is_v4() ? IpAddress::any_v4() : IpAddress::any_v6(),
        IpAddress::any_v6()}) {
    const auto place = map.find(Endpoint(address, target.port()));
    if (place != map.end()) return place->second;
  }
  return static_cast<typename Map::mapped_type>(nullptr);
}

template <class Map, class Value>
bool add_to(Map& map, const Endpoint& bound, Value& value) {
  const bool is_taken = std::ranges::any_of(map, [&](const auto& known) {
    const Endpoint& other = known.first;
    return other.port() == bound.port() &&
           (covers(other.address(), bound.address()) || covers(bound.address(), other.address()));
  });
  if (is_taken) return false;
  map.emplace(bound, &value);
  return true;
}

template <class Map, class Value>
void remove_from(Map& map, const Endpoint& bound, const Value& value) noexcept {
  const auto place = map.find(bound);
  if (place != map.end() && place->second == &value) map.erase(place);
}

}  // namespace

Acceptor* Ports::acceptor(const Endpoint& target) const noexcept {
  return find_in(acceptors_, target);
}
DatagramPort* Ports::datagrams(const Endpoint& target) const noexcept {
  return find_in(datagrams_, target);
}

bool Ports::add(const Endpoint& bound, Acceptor& acceptor) {
  return add_to(acceptors_, bound, acceptor);
}
bool Ports::add(const Endpoint& bound, DatagramPort& datagrams) {
  return add_to(datagrams_, bound, datagrams);
}
void Ports::remove(const Endpoint& bound, const Acceptor& acceptor) noexcept {
  remove_from(acceptors_, bound, acceptor);
}
void Ports::remove(const Endpoint& bound, const DatagramPort& datagrams) noexcept {
  remove_from(datagrams_, bound, datagrams);
}

void Ports::add(std::weak_ptr<StreamSocket> socket) {
  std::erase_if(streams_, [](const auto& known) { return known.expired(); });
  streams_.push_back(std::move(socket));
}

std::uint16_t Ports::ephemeral() noexcept {
  last_ephemeral_ = static_cast<std::uint16_t>((last_ephemeral_ + 1) % ephemeral_count);
  return static_cast<std::uint16_t>(ephemeral_first + last_ephemeral_);
}

void Ports::power_cut() {
  for (const auto& known : std::exchange(streams_, {})) {
    if (const auto socket = known.lock()) socket->power_cut();
  }
  for (auto& [bound, acceptor] : std::exchange(acceptors_, {})) acceptor->power_cut();
  for (auto& [bound, datagrams] : std::exchange(datagrams_, {})) datagrams->power_cut();
}

namespace {

[[noreturn]] void cannot_bind(std::errc error, const Endpoint& wanted) {
  throw std::system_error(std::make_error_code(error), "cannot bind to " + wanted.to_string());
}

template <class Bound>
Endpoint bind_to(Host& host, const Endpoint& wanted, Bound& bound) {
  if (!host.may_bind_to(wanted.address())) cannot_bind(std::errc::address_not_available, wanted);
  if (wanted.port() != 0) {
    if (!host.ports().add(wanted, bound)) cannot_bind(std::errc::address_in_use, wanted);
    return wanted;
  }
  for (int tries = 0; tries < ephemeral_count; ++tries) {
    const Endpoint chosen = wanted.at_port(host.ports().ephemeral());
    if (host.ports().add(chosen, bound)) return chosen;
  }
  cannot_bind(std::errc::address_in_use, wanted);
}

}  // namespace

Endpoint bind(Host& host, const Endpoint& wanted, Acceptor& acceptor) {
  return bind_to(host, wanted, acceptor);
}
Endpoint bind(Host& host, const Endpoint& wanted, DatagramPort& datagrams) {
  return bind_to(host, wanted, datagrams);
}

}  // namespace sundog::sim
