// SimDatagrams: a UDP socket of a simulated host. Datagrams may be lost, doubled, overtaken and
// damaged on their way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sundog/io/flow.hpp"
#include "sundog/io/sim/address.hpp"
#include "sundog/io/sim/call.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::sim {

// What the kernel keeps of a bound port.
class DatagramPort {
 public:
  // Datagrams that wait to be received; more are lost.
  static constexpr std::size_t queue_max = 64;
  // Larger ones are refused with EMSGSIZE.
  static constexpr std::size_t payload_bytes_max = 65507;

  // Throws std::system_error: address_in_use, too_many_files_open.
  DatagramPort(Host& host, std::uint16_t port);
  ~DatagramPort();
  DatagramPort(const DatagramPort&) = delete;
  DatagramPort& operator=(const DatagramPort&) = delete;

  Host& host() const noexcept { return host_; }
  std::uint64_t object() const noexcept { return object_; }
  std::uint16_t port() const noexcept { return port_; }

  void arrive(Address from, std::vector<std::byte> bytes);
  std::optional<int> receive(Call& call, MutableBytes buffer, Address& from);
  std::optional<int> send(Address to, Bytes bytes);
  void withdraw() noexcept { parked_ = nullptr; }
  void power_cut();

 private:
  Host& host_;
  const std::uint16_t port_;
  const std::uint64_t object_;
  std::optional<Descriptor> descriptor_;
  std::deque<std::pair<Address, std::vector<std::byte>>> queue_;
  Call* parked_ = nullptr;
  bool down_ = false;
};

// What receive() gives: how many bytes came (the rest of a datagram larger than the buffer is
// lost), and where from.
struct ReceivedDatagram {
  ReceivedDatagram(std::size_t bytes, Address sender) noexcept : size(bytes), from(sender) {}
  std::size_t size;
  Address from;
};

class SimDatagrams {
 public:
  // Binds a port. Throws std::system_error: address_in_use, too_many_files_open.
  SimDatagrams(Host& host, std::uint16_t port);

  Task<ReceivedDatagram> receive(MutableBytes buffer);
  Task<void> send(Address to, Bytes bytes);

 private:
  std::unique_ptr<DatagramPort> port_;
};

}  // namespace sundog::sim
