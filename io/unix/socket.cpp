#include "sundog/io/unix/socket.hpp"

#include <netinet/tcp.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "sundog/io/unix/failure.hpp"
#include "sundog/io/unix/spare_descriptors.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

[[noreturn]] void fail(const std::string& what) { throw failure(errno, what); }

void set_option(int fd, int level, int option, int value, const char* what) {
  if (::setsockopt(fd, level, option, &value, sizeof value) < 0) fail(what);
}

Descriptor make_socket(int family, int type) {
  const int flags = SOCK_CLOEXEC | UnixPoller::current().socket_flags();
  Descriptor descriptor(::socket(family, type | flags, 0));
  if (!descriptor) fail("cannot make a socket");
  return descriptor;
}

// A bound socket of the given type.
Descriptor bind_socket(const Address& address, int type, const ListenOptions& options) {
  Descriptor descriptor = make_socket(address.family(), type);
  const int fd = descriptor.get();
  if (address.family() != AF_UNIX) {
    // A server that restarts must not wait for the last connections' TIME_WAIT.
    if (type == SOCK_STREAM) set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    if (options.share_port) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
  }
  // The IPv6 wildcard takes IPv4 as well, whatever the system's default.
  if (address.family() == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0, "IPV6_V6ONLY");
  if (::bind(fd, address.data(), address.size()) < 0) {
    fail("cannot bind to " + address.to_string());
  }
  return descriptor;
}

// A listening socket.
Descriptor listen_on(const Address& address, const ListenOptions& options) {
  Descriptor descriptor = bind_socket(address, SOCK_STREAM, options);
  // Accepted sockets inherit it: no system call for each connection.
  if (address.family() != AF_UNIX) {
    set_option(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
  }
  if (::listen(descriptor.get(), options.backlog_connections) < 0) {
    fail("cannot listen on " + address.to_string());
  }
  return descriptor;
}

Descriptor bind_datagrams(const Address& address, const ListenOptions& options) {
  return bind_socket(address, SOCK_DGRAM, options);
}

constexpr Duration address_tried_every = std::chrono::milliseconds(2);

// What `make` makes at this address; see ListenOptions::address_awaited_for.
Descriptor make_at(const Address& address, const ListenOptions& options,
                   Descriptor (*make)(const Address&, const ListenOptions&)) {
  const bool may_be_freed = !address.is_path();
  const UnixPoller& poller = UnixPoller::current();
  const TimePoint start = poller.now();
  for (;;) {
    try {
      return make(address, options);
    } catch (const std::system_error& error) {
      const bool in_use = error.code() == std::errc::address_in_use;
      if (!in_use || !may_be_freed || poller.now() - start >= options.address_awaited_for) throw;
    }
    SUNDOG_PROBE("an address was in use, perhaps by a process that has ended");
    const timespec pause = {.tv_sec = 0, .tv_nsec = address_tried_every.count()};
    ::nanosleep(&pause, nullptr);
  }
}

Address name_of(int fd, int (*get)(int, sockaddr*, socklen_t*)) {
  Address address;
  if (get(fd, address.data(), address.room()) < 0) fail("getsockname");
  return address;
}

class ConnectOperation final : public KernelOperation {
 public:
  ConnectOperation(int socket, const Address& peer) noexcept
      : KernelOperation(socket, Connect{peer.data(), peer.size()}) {}
  int await_resume() const noexcept { return result(); }
};

}  // namespace

namespace detail {

bool ReceiveOperation::take() noexcept {
  const int taken = incoming_->inlet->take(the<Receive>().bytes);
  // While it receives, nothing but it can tell what is left.
  bytes_left_ = !incoming_->inlet->receiving();
  finish(taken);
  return true;
}

// An inlet is for a connection that comes back with more; most give all they have at once. The
// common case asks for no more than that: it runs for every request of a server.
bool ReceiveOperation::wait_for_peer(PromiseBase& frame, std::source_location at) {
  const bool came_back = std::exchange(incoming_->has_waited, true);
  const bool may_have_inlet =
      incoming_->inlet != nullptr || (came_back && UnixPoller::current().receives_ahead());
  return may_have_inlet ? wait_at_inlet(frame, at) : start(frame, at);
}

[[gnu::noinline]] bool ReceiveOperation::wait_at_inlet(PromiseBase& frame,
                                                       std::source_location at) {
  if (!open_inlet()) return start(frame, at);
  if (suspend(frame, at)) {
    at_inlet_ = true;
    incoming_->inlet->wait(*this);
  }
  return true;
}

bool ReceiveOperation::open_inlet() noexcept {
  if (incoming_->inlet != nullptr && incoming_->inlet->receiving()) return true;
  UnixPoller& poller = UnixPoller::current();
  std::shared_ptr<ReceivePool> pool =
      poller.receives_ahead() ? poller.receive_pool(ReceivePool::streams) : nullptr;
  if (pool == nullptr) return false;
  if (incoming_->inlet == nullptr) {
    incoming_->inlet.reset(new (std::nothrow) Inlet(fd));
    if (incoming_->inlet == nullptr) return false;
  }
  incoming_->inlet->receive_into(std::move(pool));
  return true;
}

void ReceiveOperation::received() noexcept {
  at_inlet_ = false;
  take();
  wake();
}

void ReceiveOperation::ask_kernel() noexcept {
  at_inlet_ = false;
  the<Receive>().expect_empty = false;
  UnixPoller::current().begin(*this);
}

void ReceiveOperation::cancel() noexcept {
  if (!at_inlet_) return KernelOperation::cancel();
  SUNDOG_PROBE("a read was cancelled that waited at an inlet");
  incoming_->inlet->forget_reader();
  unwind();
}

void ReceiveOperation::part() noexcept {
  incoming_ = nullptr;
  if (!std::exchange(at_inlet_, false)) return;  // if it is at the kernel, its result will come
  finish(-ECANCELED);
  wake();
}

bool SendOperation::start_large(PromiseBase& frame, std::source_location at) {
  if (UnixPoller::current().sends_without_copy()) {
    zero_copy_.reset(new (std::nothrow) ZeroCopy(*this, fd, rest()));
  }
  if (zero_copy_ == nullptr) return start(frame, at);
  if (suspend(frame, at)) zero_copy_->start();
  return true;
}

void SendOperation::all_returned(int error, bool given_up) noexcept {
  finish(error);
  given_up ? unwind() : wake();
}

void SendOperation::cancel() noexcept {
  if (zero_copy_ == nullptr) return KernelOperation::cancel();
  zero_copy_->cancel();
}

// Fills the vector with what is not sent yet, as far as it goes.
void SendPartsOperation::take_parts() noexcept {
  std::size_t count = 0;
  std::size_t skip = first_sent_;
  for (const Bytes part : rest_) {
    if (count == vector_.size()) break;
    if (part.size() > skip) {
      vector_[count].iov_base = const_cast<std::byte*>(part.data() + skip);
      vector_[count].iov_len = part.size() - skip;
      ++count;
    }
    skip = 0;
  }
  message_.msg_iov = vector_.data();
  message_.msg_iovlen = count;
}

bool SendPartsOperation::finished(int result) noexcept {
  std::size_t sent = static_cast<std::size_t>(result) + first_sent_;
  while (!rest_.empty() && sent >= rest_.front().size()) {
    sent -= rest_.front().size();
    rest_ = rest_.subspan(1);
  }
  first_sent_ = sent;
  take_parts();
  return message_.msg_iovlen == 0;
}

void SendMessageOperation::cannot_send() const {
  throw std::system_error(-result(), std::system_category(), "cannot send to " + peer_.to_string());
}

}  // namespace detail

Task<Socket> Socket::connect(Address peer) {
  Socket socket(make_socket(peer.family(), SOCK_STREAM));
  ConnectOperation operation(socket.descriptor(), peer);
  const int result = co_await operation;
  if (result < 0) {
    throw std::system_error(-result, std::system_category(),
                            "cannot connect to " + peer.to_string());
  }
  if (peer.family() != AF_UNIX) socket.set_no_delay(true);
  co_return socket;
}

std::pair<Socket, Socket> Socket::pair() {
  int fds[2];
  const int flags = SOCK_CLOEXEC | UnixPoller::current().socket_flags();
  if (::socketpair(AF_UNIX, SOCK_STREAM | flags, 0, fds) < 0) fail("cannot make a pair of sockets");
  return {Socket(Descriptor(fds[0])), Socket(Descriptor(fds[1]))};
}

Task<void> Socket::shutdown() {
  // A peer that is gone has nothing left to be told.
  if (::shutdown(descriptor_.get(), SHUT_WR) == 0) {
    UnixPoller::current().look_again(descriptor_.get());
  } else if (errno != ENOTCONN) {
    fail("shutdown");
  }
  co_return;
}

void Socket::let_go() noexcept {
  if (incoming_.reader != nullptr) incoming_.reader->part();
  incoming_ = {};
  if (UnixPoller* poller = Current<UnixPoller>::find()) {
    poller->close_by_end_of_turn(descriptor_.release());
  } else {
    descriptor_.close();
  }
}

void Socket::reset_on_close() noexcept {
  const linger now = {.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void Socket::set_no_delay(bool on) {
  set_option(descriptor_.get(), IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0, "TCP_NODELAY");
}

void Socket::set_keep_alive(bool on, std::chrono::seconds idle) {
  const int fd = descriptor_.get();
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0, "SO_KEEPALIVE");
  if (!on) return;
  // What does not fit is more than the kernel takes, too, and it says so.
  constexpr std::int64_t seconds_max = std::numeric_limits<int>::max();
  const auto seconds = std::clamp<std::int64_t>(idle.count(), -1, seconds_max);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(seconds), "TCP_KEEPIDLE");
}

Address Socket::local_address() const { return name_of(descriptor_.get(), ::getsockname); }
Address Socket::peer_address() const { return name_of(descriptor_.get(), ::getpeername); }

Acceptor::Acceptor(const Address& address, ListenOptions options)
    : queue_(new detail::AcceptQueue(make_at(address, options, listen_on), options.share_port)) {}

Address Acceptor::local_address() const {
  return name_of(queue_ == nullptr ? -1 : queue_->listener(), ::getsockname);
}

std::size_t Acceptor::connections_max() const noexcept {
  // Numbers are given from the lowest, so the listener's own says about how many are in use.
  constexpr std::size_t for_others = 8;
  const std::size_t used = queue_ == nullptr ? 0 : static_cast<std::size_t>(queue_->listener());
  const std::size_t kept = used + for_others + SpareDescriptors::shared().wanted();
  const std::size_t limit = SpareDescriptors::limit();
  return limit > kept ? limit - kept : 1;
}

Datagrams::Datagrams(const Address& address, ListenOptions options)
    : queue_(
          new detail::MessageQueue(make_at(address, options, bind_datagrams), address.family())) {}

Address Datagrams::local_address() const {
  return name_of(detail::socket_of(queue_), ::getsockname);
}

}  // namespace sundog
