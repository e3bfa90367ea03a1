// SimDatagrams: a UDP socket of a simulated host, as a Datagram. Messages may be lost, doubled,
// overtaken and damaged on their way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sundog/io/datagram.hpp"
#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/sim/call.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::sim {

// What the kernel keeps of a bound socket.
class DatagramPort {
 public:
  // Datagrams that wait to be received; more are lost.
  static constexpr std::size_t queue_max = 64;
  // Larger ones are refused with EMSGSIZE.
  static constexpr std::size_t payload_bytes_max = 65507;

  // Port 0 asks for any that is free. Throws std::system_error: address_in_use,
  // address_not_available, too_many_files_open.
  DatagramPort(Host& host, const Endpoint& wanted);
  ~DatagramPort();
  DatagramPort(const DatagramPort&) = delete;
  DatagramPort& operator=(const DatagramPort&) = delete;

  // Whose it is; its number in traces; where it is bound.
  Host& host() const noexcept { return host_; }
  std::uint64_t object() const noexcept { return object_; }
  const Endpoint& bound() const noexcept { return bound_; }

  // A datagram has come in; it is lost if the queue is full.
  void arrive(const Endpoint& from, std::vector<std::byte> bytes);
  // What came first, its sender, and whether it was cut.
  std::optional<int> receive(Call& call, MutableBytes buffer, Endpoint& from, bool& truncated);
  std::optional<int> send(const Endpoint& to, Bytes bytes);
  void withdraw() noexcept { parked_ = nullptr; }
  // The tasks that receive, in the order in which they came: their calls reach the kernel in any.
  Mutex& line() noexcept { return line_; }
  // Calls that are under way end, with closed_meanwhile.
  void close() noexcept;
  void power_cut();

 private:
  Host& host_;
  Endpoint bound_;
  const std::uint64_t object_;
  std::optional<Descriptor> descriptor_;
  std::deque<std::pair<Endpoint, std::vector<std::byte>>> queue_;
  Call* parked_ = nullptr;
  Mutex line_;
  bool down_ = false;
  bool closed_ = false;
};

class SimDatagrams {
 public:
  struct Received {
    Received(std::size_t bytes, const Endpoint& sender, bool cut) noexcept
        : size(bytes), peer(sender), truncated(cut) {}
    std::size_t size;
    Endpoint peer;
    bool truncated;
  };

  // Bound to an endpoint of the host's; port 0 asks for any that is free. Throws std::system_error:
  // address_in_use, address_not_available, too_many_files_open.
  SimDatagrams(Host& host, const Endpoint& endpoint);
  SimDatagrams(SimDatagrams&& other) noexcept = default;
  SimDatagrams& operator=(SimDatagrams&& other) noexcept {
    if (this != &other) {
      close();
      port_ = std::move(other.port_);
    }
    return *this;
  }
  ~SimDatagrams() { close(); }

  // See Datagram.
  Task<Received> receive(MutableBytes buffer);
  Task<void> send(Bytes message, Endpoint peer);
  void close() noexcept;

  // Throws bad_file_descriptor after close().
  Endpoint local_address() const;

 private:
  std::shared_ptr<DatagramPort> port_;  // calls share it
};

static_assert(Datagram<SimDatagrams>);

}  // namespace sundog::sim
