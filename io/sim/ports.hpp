// Ports: what listens on a simulated host, and its connections.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "sundog/io/endpoint.hpp"

namespace sundog::sim {

class Acceptor;
class DatagramPort;
class Host;
class StreamSocket;

class Ports {
 public:
  Ports() = default;

  // What is bound to where something has come to, or null: exactly there, or to all addresses of
  // its family, or to all.
  Acceptor* acceptor(const Endpoint& target) const noexcept;
  DatagramPort* datagrams(const Endpoint& target) const noexcept;

  // False: another one would get what comes there, or some of it.
  bool add(const Endpoint& bound, Acceptor& acceptor);
  bool add(const Endpoint& bound, DatagramPort& datagrams);
  void remove(const Endpoint& bound, const Acceptor& acceptor) noexcept;
  void remove(const Endpoint& bound, const DatagramPort& datagrams) noexcept;

  // Connections are known here so that a power cut finds them.
  void add(std::weak_ptr<StreamSocket> socket);
  // A port for the near end of a connection, or for one who asked for any.
  std::uint16_t ephemeral() noexcept;
  // A number for a new object of this host, for the trace.
  std::uint64_t next_object() noexcept { return ++last_object_; }

  // Everything is gone at once; peers hear of it when they send something, or after a while.
  void power_cut();

 private:
  std::map<Endpoint, Acceptor*> acceptors_;
  std::map<Endpoint, DatagramPort*> datagrams_;
  std::vector<std::weak_ptr<StreamSocket>> streams_;
  std::uint16_t last_ephemeral_ = 0;
  std::uint64_t last_object_ = 0;
};

// Binds something of a host's to an endpoint, and gives where it is then: port 0 asks for any that
// is free. Throws std::system_error that names the endpoint: address_in_use, address_not_available.
Endpoint bind(Host& host, const Endpoint& wanted, Acceptor& acceptor);
Endpoint bind(Host& host, const Endpoint& wanted, DatagramPort& datagrams);

}  // namespace sundog::sim
