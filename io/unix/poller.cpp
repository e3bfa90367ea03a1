#include "sundog/io/unix/poller.hpp"

#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "sundog/io/unix/epoll/poller.hpp"
#include "sundog/io/unix/uring/poller.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {

const char* Request::name() const noexcept {
  switch (code) {
    case Code::read:
      return "read";
    case Code::write:
      return "write";
    case Code::read_vector:
      return "readv";
    case Code::write_vector:
      return "writev";
    case Code::receive:
    case Code::receive_many:
      return "recv";
    case Code::send:
    case Code::send_zero_copy:
      return "send";
    case Code::receive_message:
    case Code::receive_messages:
      return "recvmsg";
    case Code::send_message:
      return "sendmsg";
    case Code::accept:
      return "accept";
    case Code::accept_many:
      return "accept";
    case Code::connect:
      return "connect";
    case Code::poll:
      return "poll";
    case Code::open:
      return "open";
    case Code::sync:
      return "fsync";
    case Code::stat:
      return "stat";
  }
  return "?";
}

UnixPoller::UnixPoller(bool attempts_first, std::uint64_t receives_ahead_from)
    : attempts_first_(attempts_first),
      receives_ahead_from_(receives_ahead_from),
      post_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (post_fd_ < 0) {
    throw std::system_error(errno, std::system_category(), "the poller cannot make its eventfd");
  }
}

UnixPoller::~UnixPoller() { ::close(post_fd_); }

TimePoint UnixPoller::now() const noexcept {
  timespec time;
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return TimePoint(std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec));
}

void UnixPoller::drain() {
  assert_own_process();
  if (requests_under_way_ == 0) return;
  cancel_everything();
  while (requests_under_way_ > 0) wait(never);
}

// Only async-signal-safe calls and lock-free atomics here: signal handlers post.
void UnixPoller::post(Posted& posted) noexcept {
  static_assert(std::atomic<Posted*>::is_always_lock_free);
  // The bell is the parent's, and the loop that would hear it.
  if (generation_ != fork_generation()) return;
  Posted* head = posts_.load(std::memory_order_relaxed);
  do {
    posted.next_ = head;
  } while (!posts_.compare_exchange_weak(head, &posted, std::memory_order_release,
                                         std::memory_order_relaxed));
  // Who finds the list empty rings the bell; the loop takes the whole list when it hears it.
  if (head == nullptr) {
    const int saved = errno;
    const std::uint64_t one = 1;
    static_cast<void>(!::write(post_fd_, &one, sizeof one));
    errno = saved;
  }
}

void UnixPoller::deliver_posts() noexcept {
  // The bell first, the list then: a post in between rings again.
  std::uint64_t rung;
  static_cast<void>(!::read(post_fd_, &rung, sizeof rung));
  ++system_call_count_;
  // The list is a stack; turn it over so that posts are told in the order in which they came.
  Posted* newest = posts_.exchange(nullptr, std::memory_order_acquire);
  Posted* oldest = nullptr;
  while (newest != nullptr) {
    Posted* next = newest->next_;
    newest->next_ = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != nullptr) {
    Posted* next = oldest->next_;
    oldest->next_ = nullptr;
    oldest->arrived();
    oldest = next;
  }
}

std::unique_ptr<UnixPoller> make_poller(PollerChoice choice) {
  if (choice == PollerChoice::epoll) return std::make_unique<EpollPoller>();
  if (choice == PollerChoice::uring) return std::make_unique<UringPoller>();
  try {
    return std::make_unique<UringPoller>();
  } catch (const std::system_error& error) {
    SUNDOG_PROBE("io_uring was not to be had");
    log::info("{}; going on with epoll", error.what());
    return std::make_unique<EpollPoller>();
  }
}

}  // namespace sundog
