#include "sundog/io/sim/ports.hpp"

#include <algorithm>

#include "sundog/io/sim/acceptor.hpp"
#include "sundog/io/sim/datagram.hpp"
#include "sundog/io/sim/stream_socket.hpp"

namespace sundog::sim {
namespace {

// The dynamic ports of RFC 6335 section 6.
constexpr std::uint16_t ephemeral_first = 49152;
constexpr std::uint16_t ephemeral_count = 16384;

template <class Map>
auto* find_in(const Map& map, std::uint16_t port) noexcept {
  const auto place = map.find(port);
  return place == map.end() ? nullptr : place->second;
}

template <class Map, class Value>
void remove_from(Map& map, std::uint16_t port, const Value& value) noexcept {
  const auto place = map.find(port);
  if (place != map.end() && place->second == &value) map.erase(place);
}

}  // namespace

Acceptor* Ports::acceptor(std::uint16_t port) const noexcept { return find_in(acceptors_, port); }
DatagramPort* Ports::datagrams(std::uint16_t port) const noexcept {
  return find_in(datagrams_, port);
}

bool Ports::add(std::uint16_t port, Acceptor& acceptor) {
  return acceptors_.try_emplace(port, &acceptor).second;
}
bool Ports::add(std::uint16_t port, DatagramPort& datagrams) {
  return datagrams_.try_emplace(port, &datagrams).second;
}
void Ports::remove(std::uint16_t port, const Acceptor& acceptor) noexcept {
  remove_from(acceptors_, port, acceptor);
}
void Ports::remove(std::uint16_t port, const DatagramPort& datagrams) noexcept {
  remove_from(datagrams_, port, datagrams);
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
  for (auto& [port, acceptor] : std::exchange(acceptors_, {})) acceptor->power_cut();
  for (auto& [port, datagrams] : std::exchange(datagrams_, {})) datagrams->power_cut();
}

}  // namespace sundog::sim
