#include "sundog/io/unix/accept.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "sundog/io/unix/socket.hpp"
#include "sundog/io/unix/spare_descriptors.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/text/log.hpp"

namespace sundog::detail {
namespace {

log::Source accept_log("accept");

// Descriptors or memory are exhausted: accepting works again when some are given back.
bool exhausted(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// The listener itself is broken: no further accept can work.
bool broken(int error) { return error == EBADF || error == EINVAL || error == ENOTSOCK; }

}  // namespace

AcceptQueue::AcceptQueue(Descriptor listener, bool shared)
    : Multishot(listener.get(), AcceptMany()), listener_(std::move(listener)), shared_(shared) {
  // Made now, so that taking in a connection cannot fail for lack of memory.
  connections_.reserve(2 * connections_max);
}

void AcceptQueue::accept() noexcept {
  if (receiving() || armed() || finishing_) return;
  // What was lent to files comes back first.
  if (!SpareDescriptors::shared().refill()) {
    SUNDOG_PROBE("connections wait until files have descriptors again");
    rest();
    return;
  }
  start();
}

// A listener that is closed resets the connections that the kernel has made and nobody has taken.
void AcceptQueue::finish() noexcept {
  if (finishing_) return;
  finishing_ = true;
  if (armed()) Timers::current().cancel(*this);
  if (!shared_) take_backlog();
  if (receiving()) {
    stop();
  } else {
    error_ = ECANCELED;
  }
  hand_out();
}

// The kernel drops from now on whatever a client sends to the listener, so that nothing comes in
// between the last that is taken and the end. (A client whose handshake that is tries again, and
// then finds nobody, or the program that listens next.)
void AcceptQueue::take_backlog() noexcept {
  sock_filter drop_all = {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
  const sock_fprog program = {.len = 1, .filter = &drop_all};
  ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return;
  const int wanted = SOCK_CLOEXEC | UnixPoller::current().socket_flags();
  for (;;) {
    const int connection = ::accept4(fd, nullptr, nullptr, wanted);
    const bool aborted = connection < 0 && (errno == EINTR || errno == ECONNABORTED);
    if (aborted) continue;
    if (connection < 0) return;
    came(connection);
  }
}

void AcceptQueue::tell_of_exhaustion(int error) noexcept {
  if (std::exchange(told_of_exhaustion_, true)) return;
  try {
    accept_log.warning(
        "{} while accepting: further connections wait until others close{}",
        std::system_category().message(error),
        error == EMFILE ? "; raise the limit (ulimit -n), or allow fewer connections" : "");
  } catch (const std::bad_alloc&) {
    SUNDOG_PROBE("there was no memory to tell that descriptors or memory ran out");
  }
}

void AcceptQueue::came(int connection) noexcept {
  // More than there was room made for come when many had been accepted before the request was taken
  // back.
  try {
    connections_.push_back(connection);
  } catch (const std::bad_alloc&) {
    Descriptor(connection).close();
  }
  hand_out();
}

void AcceptQueue::ended(int result) noexcept {
  if (finishing_) {
    error_ = ECANCELED;
    hand_out();
    return;
  }
  if (exhausted(-result)) {
    SUNDOG_PROBE("descriptors or memory ran out while accepting");
    tell_of_exhaustion(-result);
    rest();
  } else if (broken(-result)) {
    SUNDOG_PROBE("a listener broke");
    error_ = -result;
    hand_out();
  }
  if (!tasks_.empty()) {
    SUNDOG_PROBE("accepting was begun again");
    accept();
  }
}

void AcceptQueue::rest() noexcept {
  try {
    Timers::current().arm_after(*this, exhausted_pause);
  } catch (const std::bad_alloc&) {
    // Without memory for the pause it is tried again in the next turn.
    SUNDOG_PROBE("there was no memory to rest from accepting");
  }
}

int AcceptQueue::take() noexcept {
  const int taken = connections_[taken_++];
  if (waiting() == 0) {
    connections_.clear();
    taken_ = 0;
  }
  return taken;
}

void AcceptQueue::hand_out() noexcept {
  while (!tasks_.empty() && (waiting() > 0 || error_ != 0)) {
    AcceptOperation& task = *tasks_.take_first();
    if (waiting() > 0) {
      task.fd_ = take();
    } else {
      task.error_ = error_;
    }
    task.wake();
  }
}

void AcceptQueue::drop() noexcept {
  while (waiting() > 0) Descriptor(take()).close();
}

void AcceptQueue::close() noexcept {
  error_ = ECANCELED;
  hand_out();
  if (armed()) Timers::current().cancel(*this);
  listener_.close();
  abandon();
}

AcceptOperation::~AcceptOperation() { Descriptor(fd_).close(); }

bool AcceptOperation::await_ready() noexcept {
  if (queue_ == nullptr) {
    error_ = EBADF;
    return true;
  }
  if (!queue_->tasks_.empty() || queue_->waiting() == 0) return false;
  fd_ = queue_->take();
  return true;
}

void AcceptOperation::enqueue() noexcept {
  queue_->tasks_.add(*this);
  if (queue_->error_ != 0) {
    queue_->hand_out();
  } else if (queue_->receiving()) {
    queue_->hear();
  } else {
    queue_->accept();
  }
}

void AcceptOperation::cancel() noexcept {
  queue_->tasks_.remove(*this);
  queue_->hear();
  unwind();
}

Socket AcceptOperation::await_resume() {
  if (error_ == ECANCELED) {
    throw std::system_error(error_, std::system_category(), "accept: the listener was closed");
  }
  if (error_ != 0) throw std::system_error(error_, std::system_category(), "accept");
  return Socket(Descriptor(std::exchange(fd_, -1)));
}

std::string AcceptOperation::describe() const {
  return "accept on descriptor " + std::to_string(queue_->listener());
}

}  // namespace sundog::detail
