// Ports: what listens on a simulated host, and its connections.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace sundog::sim {

class Acceptor;
class DatagramPort;
class StreamSocket;

class Ports {
 public:
  Ports() = default;

  // What listens on a port, or null.
  Acceptor* acceptor(std::uint16_t port) const noexcept;
  DatagramPort* datagrams(std::uint16_t port) const noexcept;

  // False: the port is taken.
  bool add(std::uint16_t port, Acceptor& acceptor);
  bool add(std::uint16_t port, DatagramPort& datagrams);
  void remove(std::uint16_t port, const Acceptor& acceptor) noexcept;
  void remove(std::uint16_t port, const DatagramPort& datagrams) noexcept;

  // Connections are known here so that a power cut finds them.
  void add(std::weak_ptr<StreamSocket> socket);
  // A port for the near end of a connection.
  std::uint16_t ephemeral() noexcept;
  // A number for a new object of this host, for the trace.
  std::uint64_t next_object() noexcept { return ++last_object_; }

  // Everything is gone at once; peers hear of it when they send something, or after a while.
  void power_cut();

 private:
  std::map<std::uint16_t, Acceptor*> acceptors_;
  std::map<std::uint16_t, DatagramPort*> datagrams_;
  std::vector<std::weak_ptr<StreamSocket>> streams_;
  std::uint16_t last_ephemeral_ = 0;
  std::uint64_t last_object_ = 0;
};

}  // namespace sundog::sim
