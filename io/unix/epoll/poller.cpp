#include "sundog/io/unix/epoll/poller.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <new>
#include <system_error>
#include <utility>
#include <variant>

#include "sundog/io/unix/failure.hpp"
#include "sundog/io/unix/thread_pool.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

// Errors of accept(2) that are the peer's affair: the next connection may be fine (accept(2),
// "Error handling").
bool concerns_one_peer(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:
      return true;
    default:
      return false;
  }
}

template <class What>
bool is(const Request& request) {
  return std::holds_alternative<What>(request.call);
}

bool on_writable(const Request& request) {
  if (const auto* poll = std::get_if<Request::Poll>(&request.call)) {
    return (poll->events & POLLOUT) != 0;
  }
  return is<Request::Send>(request) || is<Request::Write>(request) ||
         is<Request::SendMessage>(request) || is<Request::Connect>(request);
}

// Readiness says nothing of files and paths: such a call blocks until it is done.
bool concerns_files(const Request& request) {
  return is<Request::Open>(request) || is<Request::Stat>(request) || is<Request::Sync>(request) ||
         is<Request::ReadVector>(request) || is<Request::WriteVector>(request);
}

// The kernel moves 2^31 - 4096 bytes at most in a call: every result is an int.
template <class Result>
int outcome(Result result) {
  return result < 0 ? -errno : static_cast<int>(result);
}

// The calls that may block; made on a thread of the pool.
struct BlockingCalls {
  int fd;

  int operator()(const Request::Read& it) const {
    return outcome(it.offset == Request::own_position
                       ? ::read(fd, it.bytes.data(), it.bytes.size())
                       : ::pread(fd, it.bytes.data(), it.bytes.size(), it.offset));
  }
  int operator()(const Request::Write& it) const {
    return outcome(it.offset == Request::own_position
                       ? ::write(fd, it.bytes.data(), it.bytes.size())
                       : ::pwrite(fd, it.bytes.data(), it.bytes.size(), it.offset));
  }
  int operator()(const Request::ReadVector& it) const {
    const auto count = static_cast<int>(it.pieces.size());
    return outcome(::preadv(fd, it.pieces.data(), count, it.offset));
  }
  int operator()(const Request::WriteVector& it) const {
    const auto count = static_cast<int>(it.pieces.size());
    return outcome(::pwritev(fd, it.pieces.data(), count, it.offset));
  }
  int operator()(const Request::Open& it) const {
    return outcome(::openat(AT_FDCWD, it.path, it.flags | O_CLOEXEC, it.mode));
  }
  int operator()(const Request::Sync& it) const {
    return outcome(it.data_only ? ::fdatasync(fd) : ::fsync(fd));
  }
  int operator()(const Request::Stat& it) const {
    return outcome(::statx(fd, it.path, it.flags, STATX_BASIC_STATS, it.status));
  }
  template <class Other>
  int operator()(const Other&) const {
    return -EINVAL;
  }
};

// Pipes, terminals and the like, which are shared with other processes and therefore left in
// blocking mode: looked at first. A pipe that is writable takes this many bytes without blocking
// (pipe(7)).
constexpr std::size_t pipe_write_bytes_max = PIPE_BUF;

// The events that came; -EAGAIN if none did.
int look(int fd, short events) {
  pollfd one = {.fd = fd, .events = events, .revents = 0};
  const int ready = ::poll(&one, 1, 0);
  if (ready <= 0) return ready < 0 ? -errno : -EAGAIN;
  return one.revents;
}

// The calls that do not block: those on sockets, and those on pipes that are ready.
struct ReadyCalls {
  int fd;
  bool again;  // the call was made before

  int operator()(const Request::Send& it) const {
    return outcome(::send(fd, it.bytes.data(), it.bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  }
  int operator()(const Request::ReceiveMessage& it) const {
    return outcome(::recvmsg(fd, it.message, MSG_DONTWAIT));
  }
  int operator()(const Request::SendMessage& it) const {
    return outcome(::sendmsg(fd, it.message, MSG_DONTWAIT | MSG_NOSIGNAL));
  }
  // The first call begins to connect; when the socket has become writable, it has an outcome
  // (connect(2), EINPROGRESS).
  int operator()(const Request::Connect& it) const {
    if (!again) {
      const int result = outcome(::connect(fd, it.address, it.size));
      // A local socket whose listener's queue is full never becomes writable; nothing but another
      // try would help.
      if (result == -EAGAIN) {
        SUNDOG_PROBE("a local listener's queue was full");
        return -ECONNREFUSED;
      }
      return result == -EINPROGRESS || result == -EINTR ? -EAGAIN : result;
    }
    if (look(fd, POLLOUT) == -EAGAIN) {
      SUNDOG_PROBE("an edge came while a connection was still being made");
      return -EAGAIN;
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return -error;
  }
  int operator()(const Request::Poll& it) const { return look(fd, it.events); }
  int operator()(const Request::Read& it) const {
    const int ready = look(fd, POLLIN);
    return ready < 0 ? ready : BlockingCalls{fd}(it);
  }
  int operator()(const Request::Write& it) const {
    const int ready = look(fd, POLLOUT);
    if (ready < 0) return ready;
    const Bytes first = it.bytes.first(std::min(it.bytes.size(), pipe_write_bytes_max));
    return BlockingCalls{fd}(Request::Write{first, it.offset});
  }
  // Not begun on epoll, or made elsewhere.
  template <class Other>
  int operator()(const Other&) const {
    return -EINVAL;
  }
};

// A request on a file, on its way through a thread.
class BlockingCall final : public ThreadPool::Work, private Posted {
 public:
  using Answer = void (*)(void* poller, Request& request, int result) noexcept;
  BlockingCall(UnixPoller& poller, Request& request, Answer answer)
      : poller_(poller), request_(request), answer_(answer) {}

 private:
  void run() noexcept override {
    result_ = std::visit(BlockingCalls{request_.fd}, request_.call);
    poller_.post(*this);
  }
  void arrived() noexcept override {
    UnixPoller& poller = poller_;
    Request& request = request_;
    const Answer answer = answer_;
    const int result = result_;
    delete this;
    answer(&poller, request, result);
  }

  UnixPoller& poller_;
  Request& request_;
  Answer answer_;
  int result_ = 0;
};

}  // namespace

EpollPoller::EpollPoller()
    : UnixPoller(true, never_ahead), epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_fd_ < 0) {
    throw failure(errno, "the poller cannot make its epoll");
  }
  epoll_event bell = {.events = EPOLLIN, .data = {.fd = post_fd()}};
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, post_fd(), &bell) < 0) {
    const int error = errno;
    ::close(epoll_fd_);
    throw failure(error, "the poller cannot watch its eventfd");
  }
}

EpollPoller::~EpollPoller() {
  drain();
  ::close(epoll_fd_);
}

int EpollPoller::socket_flags() const noexcept { return SOCK_NONBLOCK; }

bool EpollPoller::make_room(int fd) noexcept {
  const auto index = static_cast<std::size_t>(fd);
  if (index < known_.size()) return true;
  try {
    known_.resize(std::max(index + 1, 2 * known_.size()));
    return true;
  } catch (const std::bad_alloc&) {
    SUNDOG_PROBE("there was no memory to know a descriptor");
    return false;
  }
}

// Makes the system call if it cannot block: otherwise gives -EAGAIN.
int EpollPoller::make_call(Request& request, bool again) noexcept {
  if (const auto* it = std::get_if<Request::Receive>(&request.call)) {
    return receive(*it, request.fd);
  }
  ++system_call_count_;
  return std::visit(ReadyCalls{request.fd, again}, request.call);
}

int EpollPoller::receive(const Request::Receive& receive, int fd) noexcept {
  Known& descriptor = known(fd);
  if (descriptor.emptied) return -EAGAIN;
  ++system_call_count_;
  const std::size_t size = receive.bytes.size();
  const int count = outcome(::recv(fd, receive.bytes.data(), size, MSG_DONTWAIT));
  descriptor.emptied = count == -EAGAIN || (count > 0 && static_cast<std::size_t>(count) < size &&
                                            descriptor.registered && !descriptor.hung_up);
  return count;
}

UnixPoller::Attempt EpollPoller::attempt(Request& request, int& result) noexcept {
  if (is<Request::AcceptMany>(request) || concerns_files(request)) return Attempt::not_made;
  if (request.fd < 0 || !make_room(request.fd)) {
    result = request.fd < 0 ? -EBADF : -ENOMEM;
    return Attempt::done;
  }
  if (needs_thread(request)) return Attempt::not_made;
  if (++attempts_in_a_row_ > attempts_in_a_row_max) {
    SUNDOG_PROBE("too many attempts in a turn");
    return Attempt::not_made;
  }
  result = make_call(request, false);
  return result == -EAGAIN ? Attempt::in_vain : Attempt::done;
}

// Of those that read or write at their descriptor.
bool EpollPoller::needs_thread(const Request& request) noexcept {
  if (!is<Request::Read>(request) && !is<Request::Write>(request)) return false;
  Known& descriptor = known(request.fd);
  if (!descriptor.kind_known) {
    descriptor.kind_known = true;
    descriptor.is_file = is_file(request.fd);
  }
  if (!descriptor.is_file) return false;
  const bool may_wait = descriptor.registered && is<Request::Read>(request);
  return !may_wait || look(request.fd, POLLIN) != -EAGAIN;
}

bool EpollPoller::is_file(int fd) noexcept {
  struct stat status;
  if (::fstat(fd, &status) != 0) return false;
  if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode) && !S_ISCHR(status.st_mode)) {
    return false;
  }
  const bool can_wait = watch(fd) != EPERM;
  // A device that nobody can wait for, such as /dev/zero, takes its time as files do.
  return !S_ISCHR(status.st_mode) || !can_wait;
}

// Makes the descriptor known to epoll; gives 0 or the errno.
int EpollPoller::watch(int fd) noexcept {
  Known& descriptor = known(fd);
  if (descriptor.registered) return 0;
  epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.fd = fd}};
  ++system_call_count_;
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) < 0 && errno != EEXIST) return errno;
  descriptor.registered = true;
  return 0;
}

void EpollPoller::begin(Request& request) noexcept { begin_after(Attempt::not_made, request); }

void EpollPoller::begin_after(Attempt attempt, Request& request) noexcept {
  add(request);
  const bool in_vain = attempt == Attempt::in_vain;
  marks(request) = {.failure = 0, .cancelled = false, .in_thread = false, .called = in_vain};
  if (concerns_files(request)) {
    call_on_thread(request);
  } else if (request.fd < 0 || !make_room(request.fd)) {
    fail(request, request.fd < 0 ? -EBADF : -ENOMEM);
  } else if (needs_thread(request)) {
    call_on_thread(request);
  } else if (in_vain) {
    wait_for_edge(request);
  } else {
    due_.push(request);
  }
}

void EpollPoller::call_on_thread(Request& request) noexcept {
  const auto answer = [](void* poller, Request& done, int result) noexcept {
    static_cast<EpollPoller*>(poller)->finish(done, result);
  };
  try {
    ThreadPool::shared().ensure_thread();
    ThreadPool::shared().add(*new BlockingCall(*this, request, answer));
    marks(request).in_thread = true;
  } catch (const std::bad_alloc&) {
    fail(request, -ENOMEM);
  } catch (const std::system_error&) {
    SUNDOG_PROBE("a blocking call found no thread");
    // As io_uring says it when the kernel has no thread for a request.
    fail(request, -ECANCELED);
  }
}

// The request never began; it is answered in the next wait().
void EpollPoller::fail(Request& request, int failure) noexcept {
  marks(request).failure = failure;
  due_.push(request);
}

void EpollPoller::wait_for_edge(Request& request) noexcept {
  Known& descriptor = known(request.fd);
  Request*& place = on_writable(request) ? descriptor.writer : descriptor.reader;
  SUNDOG_ASSERT(place == nullptr, "two tasks read, or two write, on one descriptor at once");
  place = &request;
  if (const int error = watch(request.fd)) {
    SUNDOG_PROBE("epoll refused a descriptor");
    place = nullptr;
    fail(request, -error);
  }
}

void EpollPoller::cancel(Request& request) noexcept {
  if (std::exchange(marks(request).cancelled, true)) return;
  // A call that a thread makes cannot be taken back: its result will come.
  if (marks(request).in_thread) {
    SUNDOG_PROBE("a blocking call was cancelled on its thread");
    return;
  }
  if (request.queued_) return;
  Known& descriptor = known(request.fd);
  (on_writable(request) ? descriptor.writer : descriptor.reader) = nullptr;
  due_.push(request);
}

// A local socket has no edge for that.
void EpollPoller::look_again(int fd) noexcept {
  Known* descriptor = find(fd);
  if (descriptor == nullptr) return;
  if (Request* writer = std::exchange(descriptor->writer, nullptr)) due_.push(*writer);
}

void EpollPoller::cancel_everything() noexcept {
  for (Request* request = due_.first(); request != nullptr; request = request->next_in_queue_) {
    marks(*request).cancelled = true;
  }
  for (Known& descriptor : known_) {
    if (descriptor.reader != nullptr) cancel(*descriptor.reader);
    if (descriptor.writer != nullptr) cancel(*descriptor.writer);
  }
}

void EpollPoller::forget(int fd) noexcept {
  Known* descriptor = find(fd);
  if (descriptor == nullptr) return;
  // A child process may still hold a copy, which would go on to report edges for a number that
  // means something else by then.
  if (descriptor->registered) {
    ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
    ++system_call_count_;
  }
  *descriptor = Known();
}

void EpollPoller::close_now(int fd) noexcept {
  forget(fd);
  ++system_call_count_;
  ::close(fd);
}

// Whatever is not with a thread has been cancelled, and makes no system call any more.
void EpollPoller::vacate(int fd) noexcept {
  for (Request* request = first_on(fd); request != nullptr;
       request = request->next_on_descriptor_) {
    if (request->fd == fd && marks(*request).in_thread) return;
  }
  forget(fd);
  occupy(fd);
}

void EpollPoller::finish(Request& request, int result) noexcept {
  ++answer_count_;
  const Known* descriptor = is<Request::Receive>(request) ? find(request.fd) : nullptr;
  const bool left = descriptor == nullptr || !descriptor->emptied;
  remove(request);
  if (request.closed_) close(request.fd);
  request.completed(result, false, left);
}

void EpollPoller::try_again(Request& request) noexcept {
  if (is<Request::AcceptMany>(request)) {
    accept_all(request);
    return;
  }
  const int result = make_call(request, std::exchange(marks(request).called, true));
  if (result == -EAGAIN) {
    SUNDOG_PROBE("a request was tried in vain and waits for an edge");
    wait_for_edge(request);
  } else {
    finish(request, result);
  }
}

void EpollPoller::accept_all(Request& request) noexcept {
  for (unsigned count = 0; count < attempts_in_a_row_max; ++count) {
    ++system_call_count_;
    const int fd = outcome(::accept4(request.fd, nullptr, nullptr, SOCK_CLOEXEC));
    if (fd == -EAGAIN) {
      wait_for_edge(request);
      return;
    }
    if (fd >= 0) {
      ++answer_count_;
      request.completed(fd, true, true);
      if (marks(request).cancelled) {
        SUNDOG_PROBE("accepting was cancelled by what it accepted");
        return;  // the cancellation has queued it for its end
      }
    } else if (!concerns_one_peer(-fd)) {
      SUNDOG_PROBE("accept failed for good");
      finish(request, fd);
      return;
    }
  }
  // More may wait, and no edge will tell: again in the next turn.
  SUNDOG_PROBE("more connections came than are accepted in a turn");
  due_.push(request);
}

void EpollPoller::edge(int fd, std::uint32_t events) noexcept {
  Known& descriptor = known(fd);
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    descriptor.emptied = false;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
      SUNDOG_PROBE("a peer hung up");
      descriptor.hung_up = true;
    }
    if (Request* reader = std::exchange(descriptor.reader, nullptr)) try_again(*reader);
  }
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    if (Request* writer = std::exchange(known(fd).writer, nullptr)) try_again(*writer);
  }
}

// Tries, or answers, what was begun since the last turn. True if something was answered.
bool EpollPoller::run_due() noexcept {
  const std::uint64_t before = answer_count_;
  Request* last = due_.last();
  bool more = last != nullptr;
  while (more) {
    Request& request = *due_.first();
    more = &request != last;
    due_.remove(request);
    if (marks(request).failure != 0) {
      finish(request, marks(request).failure);
    } else if (marks(request).cancelled) {
      SUNDOG_PROBE("a request was taken back");
      finish(request, -ECANCELED);
    } else {
      try_again(request);
    }
  }
  return answer_count_ != before || due_.first() != nullptr;
}

void EpollPoller::wait(TimePoint deadline) {
  assert_own_process();
  attempts_in_a_row_ = 0;
  if (run_due()) deadline = TimePoint::min();
  timespec timeout = {.tv_sec = 0, .tv_nsec = 0};
  if (deadline != never && deadline != TimePoint::min()) {
    const Duration left = time_until(deadline, now());
    timeout = {.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
  }
  ++system_call_count_;
  // Interrupted by a signal is as good as nothing came: the loop looks again.
  const int count = ::epoll_pwait2(epoll_fd_, events_.data(), static_cast<int>(events_.size()),
                                   deadline == never ? nullptr : &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (event.data.fd == post_fd()) {
      deliver_posts();
    } else {
      edge(event.data.fd, event.events);
    }
  }
}

}  // namespace sundog
