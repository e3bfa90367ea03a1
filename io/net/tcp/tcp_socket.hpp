// TcpSocket: a connection with its place in the stack: between the machine (connection.hpp) on one
// side, and on the others IP, the table of all connections, and the tasks that read and write.
//
// After each call to the machine comes settle(), which does what follows from it: tasks that waited
// are served, the listener hears of a new connection, the deadline is noted; and a connection that
// has ended leaves the table.
//
// It is held by the table until its connection has ended, and by whoever has a SocketHandle: the
// application's connection (flow.hpp) and the waits. So it outlives the application's interest in
// it, which close() ends: what was written is still sent, and the peer's end waited for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/tcp/connection.hpp"
#include "sundog/io/net/tcp/payload.hpp"
#include "sundog/io/net/tcp/tuple.hpp"
#include "sundog/runtime/language/list.hpp"
#include "sundog/runtime/wait_queue.hpp"
#include "sundog/timers/timer.hpp"

namespace sundog::net::tcp {

class Tcp;
class TcpListener;
class TcpSocket;
class ReadSome;
class WriteAll;

// A share in a socket, or none.
class SocketHandle {
 public:
  SocketHandle() noexcept = default;
  explicit SocketHandle(TcpSocket* socket) noexcept;
  SocketHandle(const SocketHandle& other) noexcept : SocketHandle(other.socket_) {}
  SocketHandle(SocketHandle&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
  SocketHandle& operator=(SocketHandle other) noexcept {
    std::swap(socket_, other.socket_);
    return *this;
  }
  ~SocketHandle();

  explicit operator bool() const noexcept { return socket_ != nullptr; }
  TcpSocket* operator->() const noexcept { return socket_; }
  TcpSocket& operator*() const noexcept { return *socket_; }

 private:
  TcpSocket* socket_ = nullptr;
};

// In one of the stack's lists at most, which Place says.
class TcpSocket final : public ListLink, public TimerHook, private Output {
 public:
  //                          established                 accept()
  //   half_open (listener's) -----------> backlog (its) -----------> nowhere (the application's)
  //                                                                     | close()
  //                                          time_wait <-- orphan <-----+
  enum class Place : std::uint8_t { nowhere, half_open, backlog, orphan, time_wait };

  // For Tcp, which keeps it. The peer is shown to the application as `shown`.
  TcpSocket(Tcp& tcp, const Settings& settings, const Tuple& tuple, const Route& route,
            const Endpoint& shown_peer);
  ~TcpSocket();
  // Of the frame pool's memory: connections that come and go allocate nothing.
  static void* operator new(std::size_t bytes);
  static void operator delete(void* memory, std::size_t bytes) noexcept;

  // What fits on this way.
  static Path path_of(const Route& route) noexcept;

  // --- beginning: see Connection ---

  void open_active(const Secrets& secrets, TimePoint now) noexcept;
  void open_passive(TcpListener& listener, const Secrets& secrets, const wire::TcpHeader& syn,
                    TimePoint now) noexcept;
  void open_remembered(TcpListener& listener, const Secrets& secrets, const wire::TcpHeader& syn,
                       TimePoint now) noexcept;

  // --- from below; each may be the end of this object ---

  void segment(const wire::TcpHeader& header, Payload payload, TimePoint now) noexcept;
  // The time that was noted has come.
  void due(TimePoint now) noexcept;
  void failed(const ErrorReport& report, TimePoint now) noexcept;
  // It makes room for another: a TIME-WAIT that is not needed, or an orphan of too many.
  void give_up(TimePoint now) noexcept;

  // --- from above; the caller has a handle ---

  // See DirectConnection. Who waits for it fails with operation_canceled.
  void close() noexcept;
  void shutdown(TimePoint now) noexcept;
  // Closing is a reset: because the application wants it, or has broken off in the middle of a
  // message.
  void reset_on_close() noexcept { resets_ = true; }
  void set_keep_alive(Duration idle, TimePoint now) noexcept;

  const Connection& connection() const noexcept { return connection_; }
  Connection& connection() noexcept { return connection_; }
  const Tuple& tuple() const noexcept { return tuple_; }
  // As the application sees them: those of a listener of both families are all IPv6.
  Endpoint shown_local() const noexcept;
  const Endpoint& shown_peer() const noexcept { return shown_peer_; }
  // "192.0.2.1:40000 to 192.0.2.2:80"
  std::string describe() const;
  Tcp& tcp() const noexcept { return tcp_; }

  // --- connecting ---

  // The handshake is not over.
  bool connecting() const noexcept { return connecting_; }
  // It has led to a connection, whatever became of that.
  bool was_established() const noexcept { return was_established_; }

 private:
  friend class Connecting;
  friend class ReadSome;
  friend class SocketHandle;
  friend class SocketTable;
  friend class Tcp;
  friend class TcpListener;
  friend class WriteAll;

  // In line for room in a device.
  class Waiter final : public RoomWaiter {
   public:
    explicit Waiter(TcpSocket& socket) noexcept : socket_(socket) {}
    void room() noexcept override { socket_.room(); }

   private:
    TcpSocket& socket_;
  };

  bool send(const Connection& connection, const OutgoingSegment& segment) noexcept override;
  // Nothing: settle() comes after each call anyway.
  void changed() noexcept override {}
  void room() noexcept;

  // Before a call: has the route found anew, if it may have changed.
  void prepare(TimePoint now) noexcept;
  // After it. May be the end of this object.
  void settle(TimePoint now) noexcept;
  void note_state() noexcept;
  void serve_reader(TimePoint now) noexcept;
  void serve_writer(TimePoint now) noexcept;
  // When due() is wanted.
  TimePoint deadline() const noexcept;
  Path path() const noexcept { return path_of(route_); }

  void add_use() noexcept { ++uses_; }
  void drop_use() noexcept {
    if (--uses_ == 0) delete this;
  }

  Tcp& tcp_;
  Connection connection_;
  const Tuple tuple_;
  const Endpoint shown_peer_;
  Route route_;
  std::uint32_t route_generation_;
  std::uint32_t hash_ = 0;               // both are the table's
  TcpSocket* next_in_bucket_ = nullptr;  //
  TcpListener* listener_ = nullptr;      // until it is accepted
  std::uint32_t uses_ = 0;
  Place place_ = Place::nowhere;
  bool has_route_ = true;
  bool in_table_ = false;
  bool connecting_ = true;
  bool was_established_ = false;
  bool closed_ = false;
  bool resets_ = false;
  TimePoint armed_for_ = never;  // as the TimerHook's heap has it
  TimePoint retry_at_ = never;   // a writer, for whom there was no memory
  TimePoint confirmed_at_;
  WaitQueue readers_;  // one at most, as of the writers
  WaitQueue writers_;
  Waiter waiter_{*this};
};

inline SocketHandle::SocketHandle(TcpSocket* socket) noexcept : socket_(socket) {
  if (socket_ != nullptr) socket_->add_use();
}
inline SocketHandle::~SocketHandle() {
  if (socket_ != nullptr) socket_->drop_use();
}

}  // namespace sundog::net::tcp
