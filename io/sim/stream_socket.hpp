// StreamSocket: one end of a simulated connection, as the kernel keeps it.
//
// It behaves as TCP does where a program can see it: bytes arrive whole and in order; a window
// limits what is under way; a reset overtakes nothing; data for a closed end is answered by a
// reset. Whoever opened it owns the near end through a SocketHandle; what is still to be sent is
// sent after that is gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/sim/call.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/io/sim/network.hpp"

namespace sundog::sim {

class StreamSocket : public std::enable_shared_from_this<StreamSocket> {
 public:
  //   connecting --> established --> failed (error_ says why)
  //        +-------------------------> failed
  enum class State : std::uint8_t { connecting, established, failed };

  StreamSocket(Host& host, const Endpoint& local, const Endpoint& remote);

  // Its two ends; its number in traces; whose it is.
  const Endpoint& local() const noexcept { return local_; }
  const Endpoint& remote() const noexcept { return remote_; }
  std::uint64_t object() const noexcept { return object_; }
  Host& host() const noexcept { return host_; }

  // --- what calls do; nothing: the call is parked ------------------------------------------------

  // Begins the handshake at first.
  std::optional<int> connect(Call& call);
  std::optional<int> receive(Call& call, MutableBytes buffer);
  std::optional<int> send(Call& call, Bytes bytes);
  std::optional<int> shutdown();
  void withdraw(const Call& call) noexcept;

  // The owner is gone: calls that are under way end, with closed_meanwhile.
  void close() noexcept;
  // The connection ends at once, on both sides.
  void reset();
  void power_cut();
  void set_descriptor(Descriptor descriptor) noexcept { descriptor_ = std::move(descriptor); }

  // Ties two new ends together: established on this side.
  void accept_from(const std::shared_ptr<StreamSocket>& peer) noexcept;

 private:
  struct Segment {
    enum class Kind : std::uint8_t { data, finish, reset };
    Kind kind = Kind::data;
    std::vector<std::byte> bytes;
    // In sequence numbers.
    std::uint32_t length() const noexcept {
      return kind == Kind::finish ? 1 : static_cast<std::uint32_t>(bytes.size());
    }
  };

  void handshake(int attempts_left);
  void knock();
  void answered(StreamSocket& other);
  Network::Packet packet(int flags, Bytes payload = {}) const;
  Network::Packet refusal() const;
  void transmit(Segment segment);
  void deliver_oldest();
  void arrive(Segment segment);
  void acknowledge(std::size_t bytes);
  void fail(int error);
  void wake_parked();
  void refused();

  Host& host_;
  const Endpoint local_;
  const Endpoint remote_;
  const std::uint64_t object_;
  std::optional<Descriptor> descriptor_;
  std::weak_ptr<StreamSocket> peer_;
  State state_ = State::connecting;
  bool handshake_begun_ = false;
  bool admitted_ = false;
  int error_ = 0;
  bool closed_ = false;
  bool receive_ended_ = false;
  bool send_ended_ = false;

  // What has arrived and was not read; the first `taken_` bytes were.
  std::vector<std::byte> received_;
  std::size_t taken_ = 0;
  // How much the peer has room for in all, and how much of that is on its way or unread.
  std::size_t window_bytes_;
  std::size_t unacknowledged_ = 0;
  // Sent and not arrived: in order, each with one carriage under way.
  std::deque<Segment> sent_;

  // In sequence numbers, the handshake not counted.
  std::uint32_t sent_count_ = 0;
  std::uint32_t arrived_count_ = 0;

  Call* receiver_ = nullptr;
  Call* sender_ = nullptr;
};

// Owns the near end of a connection: closes it. Move-only. Calls share the end with it.
class SocketHandle {
 public:
  SocketHandle() = default;
  explicit SocketHandle(std::shared_ptr<StreamSocket> socket) noexcept
      : socket_(std::move(socket)) {}
  SocketHandle(SocketHandle&& other) noexcept = default;
  SocketHandle& operator=(SocketHandle&& other) noexcept {
    if (this != &other) {
      const SocketHandle before(std::move(*this));
      socket_ = std::move(other.socket_);
    }
    return *this;
  }
  ~SocketHandle() {
    if (socket_) socket_->close();
  }
  explicit operator bool() const noexcept { return socket_ != nullptr; }
  StreamSocket& operator*() const noexcept { return *socket_; }
  StreamSocket* operator->() const noexcept { return socket_.get(); }
  const std::shared_ptr<StreamSocket>& share() const noexcept { return socket_; }

 private:
  std::shared_ptr<StreamSocket> socket_;
};

}  // namespace sundog::sim
