#include "sundog/io/unix/accept.hpp"

#include <unistd.h>

#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::detail {
namespace {

// Descriptors or memory are exhausted: accepting works again when some are given back.
bool exhausted(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// The listener itself is broken: no further accept can work.
bool broken(int error) { return error == EBADF || error == EINVAL || error == ENOTSOCK; }

}  // namespace

AcceptQueue::AcceptQueue(Descriptor listener)
    : Multishot(listener.get(), AcceptMany()), listener_(std::move(listener)) {
  // Made now, so that taking in a connection cannot fail for lack of memory.
  connections_.reserve(2 * connections_max);
}

void AcceptQueue::accept() noexcept {
  if (receiving() || armed()) return;
  start();
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
  if (exhausted(-result)) {
    SUNDOG_PROBE("descriptors or memory ran out while accepting");
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
    if (error_ != 0) {
      task.error_ = error_;
    } else {
      task.fd_ = take();
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
