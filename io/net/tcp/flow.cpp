#include "sundog/io/net/tcp/flow.hpp"

#include "sundog/io/net/tcp/tcp.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog::net {
namespace tcp {
namespace {

[[noreturn]] void fail(std::errc error, std::string what, const SocketHandle& socket) {
  if (socket) what += socket->shown_peer().to_string();
  if (error == std::errc::operation_canceled || !socket) what += ": it was closed";
  throw std::system_error(std::make_error_code(error), what);
}

// Of one that has ended: what a call that came too late fails with.
std::errc failure_of(const Connection& connection, std::errc otherwise) noexcept {
  return connection.error() != std::errc{} ? connection.error() : otherwise;
}

}  // namespace

// --- reading ---

std::size_t ReadSome::await_resume() const {
  if (error_ != std::errc{}) fail(error_, "cannot read from ", socket_);
  return count_;
}

bool ReadSome::try_now() {
  if (!socket_ || socket_->closed_) {
    error_ = std::errc::bad_file_descriptor;
    return true;
  }
  SUNDOG_ASSERT(socket_->readers_.empty(), "one task at a time reads from a connection");
  const TimePoint now = socket_->tcp().now();
  if (!try_read(now)) return false;
  socket_->settle(now);
  return true;
}

bool ReadSome::try_read(TimePoint now) noexcept {
  Connection& connection = socket_->connection_;
  if (connection.offered_bytes() != 0) {
    count_ = connection.take_offered(now);
  } else if (connection.readable_bytes() != 0) {
    count_ = connection.read(buffer_, now);
  } else if (connection.at_end()) {
    count_ = 0;
  } else if (connection.state() == State::closed) {
    error_ = failure_of(connection, std::errc::connection_reset);
  } else {
    return false;
  }
  connection.offer({});
  return true;
}

WaitQueue& ReadSome::line() noexcept {
  socket_->connection_.offer(buffer_);
  return socket_->readers_;
}

void ReadSome::left() noexcept {
  // Nothing has come into it, or this would have been woken.
  socket_->connection_.offer({});
}

std::string ReadSome::describe() const { return "read on " + socket_->describe(); }

// --- writing ---

void WriteAll::await_resume() const {
  if (error_ != std::errc{}) fail(error_, "cannot write to ", socket_);
}

bool WriteAll::try_now() {
  if (!socket_ || socket_->closed_) {
    error_ = std::errc::bad_file_descriptor;
    return true;
  }
  SUNDOG_ASSERT(socket_->writers_.empty(), "one task at a time writes to a connection");
  const TimePoint now = socket_->tcp().now();
  socket_->prepare(now);
  const bool done = try_write(now);
  socket_->settle(now);
  return done;
}

bool WriteAll::try_write(TimePoint now) noexcept {
  Connection& connection = socket_->connection_;
  if (!connection.takes_bytes()) {
    error_ = failure_of(connection, std::errc::broken_pipe);
    return true;
  }
  bool took_some = false;
  while (!parts_.empty()) {
    const Bytes part = parts_.front().subspan(done_);
    const std::size_t taken = connection.enqueue(part, now);
    took_some = took_some || taken != 0;
    if (taken < part.size()) {
      done_ += taken;
      break;
    }
    parts_ = parts_.subspan(1);
    done_ = 0;
  }
  has_begun_ = has_begun_ || took_some;
  if (took_some) connection.transmit(now);
  if (parts_.empty()) return true;
  // An acknowledgement makes room; where none is to come it was memory that lacked.
  if (!connection.owes_bytes()) socket_->retry_at_ = deadline_after(now, memory_retry);
  return false;
}

WaitQueue& WriteAll::line() noexcept { return socket_->writers_; }

void WriteAll::left() noexcept {
  if (has_begun_) socket_->reset_on_close();
}

std::string WriteAll::describe() const { return "write on " + socket_->describe(); }

std::string Connecting::describe() const { return "connect " + socket_->describe(); }

}  // namespace tcp

// --- the connection ---

namespace {

// Not a member: the connection may move, or be closed and go, meanwhile.
Task<void> shut_down(tcp::SocketHandle socket) {
  if (!socket) tcp::fail(std::errc::bad_file_descriptor, "cannot shut down", socket);
  if (!socket->connection().takes_bytes() && socket->connection().state() == tcp::State::closed) {
    tcp::fail(tcp::failure_of(socket->connection(), std::errc::not_connected), "cannot shut down ",
              socket);
  }
  socket->shutdown(socket->tcp().now());
  co_return;
}

}  // namespace

Task<void> DirectConnection::shutdown() { return shut_down(socket_); }

void DirectConnection::close() noexcept {
  if (!socket_) return;
  const tcp::SocketHandle closing = std::move(socket_);
  closing->close();
}

void DirectConnection::reset_on_close() noexcept {
  if (socket_) socket_->reset_on_close();
}

tcp::TcpSocket& DirectConnection::socket() const {
  if (!socket_) tcp::fail(std::errc::bad_file_descriptor, "a closed connection", socket_);
  return *socket_;
}

void DirectConnection::set_no_delay(bool on) { socket().connection().set_no_delay(on); }

void DirectConnection::set_keep_alive(bool on, Duration idle) {
  socket().set_keep_alive(on ? idle : Duration(0), socket().tcp().now());
}

Endpoint DirectConnection::local_address() const { return socket().shown_local(); }
Endpoint DirectConnection::peer_address() const { return socket().shown_peer(); }
tcp::Snapshot DirectConnection::snapshot() const { return socket().connection().snapshot(); }

namespace {

// Not a member: whose handle it is may be moved.
Task<void> wait_until_connected(tcp::SocketHandle socket) {
  co_await tcp::Connecting(socket);
  if (socket->was_established()) co_return;
  const std::errc why = tcp::failure_of(socket->connection(), std::errc::connection_refused);
  throw std::system_error(std::make_error_code(why),
                          "cannot connect to " + socket->shown_peer().to_string());
}

// Not with a reference: tasks copy what they are given.
Task<DirectConnection> connect_to(tcp::Tcp* tcp, Endpoint peer) {
  // Closes it, whatever happens from here on.
  DirectConnection connection(tcp->connect(peer));
  co_await connection.connected();
  co_return connection;
}

}  // namespace

Task<void> DirectConnection::connected() { return wait_until_connected(socket_); }

Task<DirectConnection> connect_from(tcp::Tcp& tcp, Endpoint peer) { return connect_to(&tcp, peer); }

}  // namespace sundog::net
