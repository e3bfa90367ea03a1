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

#include "sundog/io/unix/thread_pool.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

using Code = Request::Code;

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

bool on_writable(const Request& request) {
  switch (request.code) {
    case Code::write:
    case Code::write_vector:
    case Code::send:
    case Code::send_message:
    case Code::connect:
      return true;
    case Code::poll:
      return (request.flags & POLLOUT) != 0;
    default:
      return false;
  }
}

bool concerns_path(Code code) {
  return code == Code::open || code == Code::stat || code == Code::sync;
}

template <class Result>
int outcome(Result result) {
  return result < 0 ? -errno : static_cast<int>(result);
}

// Of the requests that have an offset: whether it says where, or is the descriptor's own.
bool positioned(const Request& request) { return request.offset >= 0; }

// The calls that may block; made on a thread of the pool.
int call_blocking(Request& request) {
  const auto* vector = static_cast<const iovec*>(request.buffer);
  const auto count = static_cast<int>(request.size);
  switch (request.code) {
    case Code::read:
      return outcome(positioned(request)
                         ? ::pread(request.fd, request.buffer, request.size, request.offset)
                         : ::read(request.fd, request.buffer, request.size));
    case Code::write:
      return outcome(positioned(request)
                         ? ::pwrite(request.fd, request.buffer, request.size, request.offset)
                         : ::write(request.fd, request.buffer, request.size));
    case Code::read_vector:
      return outcome(positioned(request) ? ::preadv(request.fd, vector, count, request.offset)
                                         : ::readv(request.fd, vector, count));
    case Code::write_vector:
      return outcome(positioned(request) ? ::pwritev(request.fd, vector, count, request.offset)
                                         : ::writev(request.fd, vector, count));
    case Code::open:
      return outcome(::openat(AT_FDCWD, request.path, static_cast<int>(request.flags) | O_CLOEXEC,
                              request.mode));
    case Code::sync:
      return outcome(request.flags == 1 ? ::fdatasync(request.fd) : ::fsync(request.fd));
    case Code::stat:
      return outcome(::statx(request.fd, request.path, static_cast<int>(request.flags),
                             STATX_BASIC_STATS, static_cast<struct statx*>(request.buffer)));
    default:
      return -EINVAL;
  }
}

// Pipes, terminals and the like, which are shared with other processes and therefore left in
// blocking mode: looked at first. A pipe that is writable takes this many bytes without blocking
// (pipe(7)).
constexpr std::size_t pipe_write_bytes_max = PIPE_BUF;

int call_stream(Request& request) {
  pollfd look = {.fd = request.fd,
                 .events = static_cast<short>(on_writable(request) ? POLLOUT : POLLIN),
                 .revents = 0};
  if (request.code == Code::poll) look.events = static_cast<short>(request.flags);
  const int ready = ::poll(&look, 1, 0);
  if (ready <= 0) return ready < 0 ? -errno : -EAGAIN;
  if (request.code == Code::poll) return look.revents;
  if (request.code == Code::write) {
    return outcome(
        ::write(request.fd, request.buffer, std::min(request.size, pipe_write_bytes_max)));
  }
  if (request.code == Code::write_vector) {
    const auto* vector = static_cast<const iovec*>(request.buffer);
    return outcome(
        ::write(request.fd, vector->iov_base, std::min(vector->iov_len, pipe_write_bytes_max)));
  }
  return call_blocking(request);
}

// A request on a file, on its way through a thread.
class BlockingCall final : public ThreadPool::Work, private Posted {
 public:
  using Answer = void (*)(void* poller, Request& request, int result) noexcept;
  BlockingCall(UnixPoller& poller, Request& request, Answer answer)
      : poller_(poller), request_(request), answer_(answer) {}

 private:
  void run() noexcept override {
    result_ = call_blocking(request_);
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
    throw std::system_error(errno, std::system_category(), "the poller cannot make its epoll");
  }
  epoll_event bell = {.events = EPOLLIN, .data = {.fd = post_fd()}};
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, post_fd(), &bell) < 0) {
    const int error = errno;
    ::close(epoll_fd_);
    throw std::system_error(error, std::system_category(), "the poller cannot watch its eventfd");
  }
}

EpollPoller::~EpollPoller() {
  drain();
  ::close(epoll_fd_);
}

int EpollPoller::socket_flags() const noexcept { return SOCK_NONBLOCK; }

void EpollPoller::Queue::push(Request& request) noexcept {
  request.next_ = nullptr;
  request.previous_ = last;
  (last == nullptr ? first : last->next_) = &request;
  last = &request;
  request.listed_ = true;
}

void EpollPoller::Queue::remove(Request& request) noexcept {
  (request.previous_ == nullptr ? first : request.previous_->next_) = request.next_;
  (request.next_ == nullptr ? last : request.next_->previous_) = request.previous_;
  request.listed_ = false;
}

EpollPoller::Known& EpollPoller::known(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= known_.size()) known_.resize(std::max(index + 1, 2 * known_.size()));
  return known_[index];
}

// Makes the system call if it cannot block: otherwise gives -EAGAIN.
int EpollPoller::call(Request& request) noexcept {
  ++system_call_count_;
  const int flags = static_cast<int>(request.flags);
  switch (request.code) {
    case Code::receive: {
      Known& descriptor = known(request.fd);
      if (descriptor.emptied) {
        --system_call_count_;
        return -EAGAIN;
      }
      const int count =
          outcome(::recv(request.fd, request.buffer, request.size, flags | MSG_DONTWAIT));
      descriptor.emptied =
          count == -EAGAIN || (count > 0 && static_cast<std::size_t>(count) < request.size &&
                               descriptor.registered && !descriptor.hung_up);
      return count;
    }
    case Code::send:
      return outcome(
          ::send(request.fd, request.buffer, request.size, flags | MSG_DONTWAIT | MSG_NOSIGNAL));
    case Code::receive_message:
      return outcome(
          ::recvmsg(request.fd, static_cast<msghdr*>(request.buffer), flags | MSG_DONTWAIT));
    case Code::send_message:
      return outcome(::sendmsg(request.fd, static_cast<const msghdr*>(request.buffer),
                               flags | MSG_DONTWAIT | MSG_NOSIGNAL));
    case Code::accept:
      return outcome(::accept4(request.fd, request.address, request.address_size, SOCK_CLOEXEC));
    case Code::connect:
      return call_connect(request);
    default:
      return call_stream(request);
  }
}

// The first call begins to connect; when the socket has become writable, it has an outcome
// (connect(2), EINPROGRESS).
int EpollPoller::call_connect(Request& request) noexcept {
  if (!request.submitted_) {
    request.submitted_ = true;
    const int result = outcome(::connect(request.fd, request.address, *request.address_size));
    // A local socket whose listener's queue is full never becomes writable; nothing but another try
    // would help.
    if (result == -EAGAIN) {
      SUNDOG_PROBE("a local listener's queue was full");
      return -ECONNREFUSED;
    }
    return result == -EINPROGRESS || result == -EINTR ? -EAGAIN : result;
  }
  pollfd look = {.fd = request.fd, .events = POLLOUT, .revents = 0};
  if (::poll(&look, 1, 0) == 0) {
    SUNDOG_PROBE("an edge came while a connection was still being made");
    return -EAGAIN;
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(request.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return -error;
}

bool EpollPoller::attempt(Request& request, int& result) noexcept {
  request.submitted_ = false;
  request.tried_ = false;
  if (request.code == Code::accept_many || needs_thread(request) ||
      ++attempts_in_a_row_ > attempts_in_a_row_max) {
    if (attempts_in_a_row_ > attempts_in_a_row_max) SUNDOG_PROBE("too many attempts in a turn");
    return false;
  }
  result = call(request);
  request.tried_ = result == -EAGAIN;
  return !request.tried_;
}

bool EpollPoller::needs_thread(const Request& request) noexcept {
  if (concerns_path(request.code)) return true;
  if (request.code != Code::read && request.code != Code::write &&
      request.code != Code::read_vector && request.code != Code::write_vector) {
    return false;
  }
  Known& descriptor = known(request.fd);
  if (!descriptor.kind_known) {
    struct stat status;
    descriptor.kind_known = true;
    descriptor.is_file =
        ::fstat(request.fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode));
  }
  return descriptor.is_file;
}

void EpollPoller::begin(Request& request) noexcept {
  ++requests_under_way_;
  request.cancelled_ = false;
  if (needs_thread(request)) {
    const auto answer = [](void* poller, Request& done, int result) noexcept {
      static_cast<EpollPoller*>(poller)->finish(done, result);
    };
    try {
      ThreadPool::shared().ensure_thread();
      ThreadPool::shared().add(*new BlockingCall(*this, request, answer));
      request.in_thread_ = true;
    } catch (const std::bad_alloc&) {
      fail(request, -ENOMEM);
    } catch (const std::system_error&) {
      SUNDOG_PROBE("a blocking call found no thread");
      // As io_uring says it when the kernel has no thread for a request.
      fail(request, -ECANCELED);
    }
  } else if (request.tried_) {
    // await_ready() has just tried it in vain.
    request.tried_ = false;
    wait_for_edge(request);
  } else {
    due_.push(request);
  }
}

// The request never began; it is answered in the next wait().
void EpollPoller::fail(Request& request, int error) noexcept {
  request.saved_result_ = error;
  request.failed_ = true;
  due_.push(request);
}

void EpollPoller::wait_for_edge(Request& request) noexcept {
  Known& descriptor = known(request.fd);
  Request*& place = on_writable(request) ? descriptor.writer : descriptor.reader;
  SUNDOG_ASSERT(place == nullptr, "two tasks read, or two write, on one descriptor at once");
  place = &request;
  if (descriptor.registered) return;
  epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                       .data = {.fd = request.fd}};
  ++system_call_count_;
  if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, request.fd, &event) < 0 && errno != EEXIST) {
    SUNDOG_PROBE("epoll refused a descriptor");
    place = nullptr;
    fail(request, -errno);
    return;
  }
  descriptor.registered = true;
}

void EpollPoller::cancel(Request& request) noexcept {
  if (request.cancelled_) return;
  request.cancelled_ = true;
  // A call that a thread makes cannot be taken back: its result will come.
  if (request.listed_ || request.in_thread_) {
    if (request.in_thread_) SUNDOG_PROBE("a blocking call was cancelled on its thread");
    return;
  }
  Known& descriptor = known(request.fd);
  (on_writable(request) ? descriptor.writer : descriptor.reader) = nullptr;
  due_.push(request);
}

void EpollPoller::cancel_everything() noexcept {
  for (Request* request = due_.first; request != nullptr; request = request->next_) {
    request->cancelled_ = true;
  }
  for (Known& descriptor : known_) {
    if (descriptor.reader != nullptr) cancel(*descriptor.reader);
    if (descriptor.writer != nullptr) cancel(*descriptor.writer);
  }
}

void EpollPoller::close(int fd) noexcept {
  Known& descriptor = known(fd);
  SUNDOG_ASSERT(descriptor.reader == nullptr && descriptor.writer == nullptr,
                "a descriptor was closed while a task waits for it");
  // A child process may still hold a copy, which would go on to report edges for a number that
  // means something else by then.
  if (descriptor.registered) {
    ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
    ++system_call_count_;
  }
  descriptor = Known();
  ++closed_count_;
  ++system_call_count_;
  ::close(fd);
}

void EpollPoller::finish(Request& request, int result) noexcept {
  --requests_under_way_;
  ++answer_count_;
  request.in_thread_ = false;
  request.tried_ = false;
  const bool left = request.code != Code::receive || !known(request.fd).emptied;
  request.completed(result, false, left);
}

void EpollPoller::try_again(Request& request) noexcept {
  if (request.code == Code::accept_many) {
    accept_all(request);
    return;
  }
  const int result = call(request);
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
      if (request.cancelled_) {
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
  Request* last = due_.last;
  bool more = last != nullptr;
  while (more) {
    Request& request = *due_.first;
    more = &request != last;
    due_.remove(request);
    if (std::exchange(request.failed_, false)) {
      finish(request, request.saved_result_);
    } else if (request.cancelled_) {
      SUNDOG_PROBE("a request was taken back");
      finish(request, -ECANCELED);
    } else {
      try_again(request);
    }
  }
  return answer_count_ != before || due_.first != nullptr;
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
