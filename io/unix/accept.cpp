#include "sundog/io/unix/accept.hpp"

#include <cerrno>
#include <new>
#include <system_error>

#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/language/assert.hpp"
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
    : Request(Code::accept_many, listener.get()), listener_(std::move(listener)) {
  // Made now, so that taking in a connection cannot fail for lack of memory.
  connections_.reserve(2 * connections_max);
}

void AcceptQueue::start() noexcept {
  if (under_way_ || abandoned_ || armed()) return;
  under_way_ = true;
  stopping_ = false;
  UnixPoller::current().begin(*this);
}

void AcceptQueue::completed(int result, bool more, bool) noexcept {
  if (!more) under_way_ = false;
  if (result >= 0) {
    keep(result);
  } else if (exhausted(-result) && !abandoned_) {
    SUNDOG_PROBE("descriptors or memory ran out while accepting");
    Timers::current().arm_after(*this, exhausted_pause);
  } else if (broken(-result)) {
    SUNDOG_PROBE("a listener broke");
    error_ = -result;
  }
  if (abandoned_) {
    if (!more) {
      while (taken_ < connections_.size()) ::close(take());
      delete this;
    }
    return;
  }
  hand_out();
  const std::size_t waiting = connections_.size() - taken_;
  if (under_way_ && !stopping_ && waiting >= connections_max) {
    SUNDOG_PROBE("more connections were accepted than wanted");
    stopping_ = true;
    UnixPoller::current().cancel(*this);
  }
  if (!under_way_ && first_ != nullptr && error_ == 0) {
    SUNDOG_PROBE("accepting was begun again");
    start();
  }
}

// More than there was room made for come when many had been accepted before cancel() was heard.
void AcceptQueue::keep(int connection) noexcept {
  try {
    connections_.push_back(connection);
  } catch (const std::bad_alloc&) {
    Descriptor(connection).close();
  }
}

int AcceptQueue::take() noexcept {
  const int taken = connections_[taken_++];
  if (taken_ == connections_.size()) {
    connections_.clear();
    taken_ = 0;
  }
  return taken;
}

void AcceptQueue::hand_out() noexcept {
  while (first_ != nullptr && (taken_ < connections_.size() || error_ != 0)) {
    AcceptOperation& waiter = *first_;
    first_ = waiter.next_;
    (first_ == nullptr ? last_ : first_->previous_) = nullptr;
    if (error_ != 0) {
      waiter.error_ = error_;
    } else {
      waiter.fd_ = take();
    }
    waiter.wake();
  }
}

void AcceptQueue::abandon() noexcept {
  SUNDOG_ASSERT(first_ == nullptr, "an Acceptor was destroyed while a task waits in accept()");
  abandoned_ = true;
  if (armed()) Timers::current().cancel(*this);
  while (taken_ < connections_.size()) Descriptor(take()).close();
  if (!under_way_) {
    delete this;
    return;
  }
  UnixPoller::current().cancel(*this);
}

AcceptOperation::~AcceptOperation() { Descriptor(fd_).close(); }

bool AcceptOperation::await_ready() noexcept {
  if (queue_.first_ != nullptr || queue_.taken_ == queue_.connections_.size()) return false;
  fd_ = queue_.take();
  return true;
}

void AcceptOperation::enqueue() noexcept {
  previous_ = queue_.last_;
  (queue_.last_ == nullptr ? queue_.first_ : queue_.last_->next_) = this;
  queue_.last_ = this;
  queue_.error_ == 0 ? queue_.start() : queue_.hand_out();
}

void AcceptOperation::cancel() noexcept {
  (previous_ == nullptr ? queue_.first_ : previous_->next_) = next_;
  (next_ == nullptr ? queue_.last_ : next_->previous_) = previous_;
  unwind();
}

Socket AcceptOperation::await_resume() {
  if (error_ != 0) throw std::system_error(error_, std::system_category(), "accept");
  return Socket(Descriptor(std::exchange(fd_, -1)));
}

std::string AcceptOperation::describe() const {
  return "accept on descriptor " + std::to_string(queue_.listener());
}

}  // namespace sundog::detail
