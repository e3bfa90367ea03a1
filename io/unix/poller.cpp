#include "sundog/io/unix/poller.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "sundog/io/unix/epoll/poller.hpp"
#include "sundog/io/unix/failure.hpp"
#include "sundog/io/unix/uring/poller.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {

namespace {

struct Name {
  const char* operator()(const Request::Read&) const { return "read"; }
  const char* operator()(const Request::Write&) const { return "write"; }
  const char* operator()(const Request::ReadVector&) const { return "preadv"; }
  const char* operator()(const Request::WriteVector&) const { return "pwritev"; }
  const char* operator()(const Request::Receive&) const { return "recv"; }
  const char* operator()(const Request::Send&) const { return "send"; }
  const char* operator()(const Request::SendZeroCopy&) const { return "send"; }
  const char* operator()(const Request::ReceiveMany&) const { return "recv"; }
  const char* operator()(const Request::ReceiveMessages&) const { return "recvmsg"; }
  const char* operator()(const Request::ReceiveMessage&) const { return "recvmsg"; }
  const char* operator()(const Request::SendMessage&) const { return "sendmsg"; }
  const char* operator()(const Request::AcceptMany&) const { return "accept"; }
  const char* operator()(const Request::Connect&) const { return "connect"; }
  const char* operator()(const Request::Poll&) const { return "poll"; }
  const char* operator()(const Request::Open&) const { return "open"; }
  const char* operator()(const Request::Sync&) const { return "fsync"; }
  const char* operator()(const Request::Stat&) const { return "stat"; }
};

}  // namespace

const char* Request::name() const noexcept { return std::visit(Name(), call); }

UnixPoller::UnixPoller(bool attempts_first, std::uint64_t receives_ahead_from)
    : attempts_first_(attempts_first),
      receives_ahead_from_(receives_ahead_from),
      post_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (post_fd_ < 0) {
    throw failure(errno, "the poller cannot make its eventfd");
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

[[gnu::noinline]] void UnixPoller::add_outside_of_table(Request& request) noexcept {
  if (request.fd >= 0) grow_table(static_cast<unsigned>(request.fd) + 1);
  const auto index = static_cast<unsigned>(request.fd);
  link(index < table_size_ ? table_[index] : outside_of_table_, request);
}

void UnixPoller::grow_table(unsigned size) noexcept {
  size = std::max({size, 2 * table_size_, 64U});
  std::unique_ptr<Request*[]> larger(new (std::nothrow) Request*[size]());
  if (larger == nullptr) return;
  for (unsigned i = 0; i < table_size_; ++i) {
    larger[i] = table_[i];
    if (larger[i] != nullptr) larger[i]->link_on_descriptor_ = &larger[i];
  }
  table_ = std::move(larger);
  table_size_ = size;
  // Those that there was no memory for.
  Request* next = std::exchange(outside_of_table_, nullptr);
  while (Request* request = next) {
    next = request->next_on_descriptor_;
    const auto index = static_cast<unsigned>(request->fd);
    link(index < table_size_ ? table_[index] : outside_of_table_, *request);
  }
}

Request* UnixPoller::first_on(int fd) const noexcept {
  const auto index = static_cast<unsigned>(fd);
  return index < table_size_ ? table_[index] : outside_of_table_;
}

bool UnixPoller::part(int fd) noexcept {
  bool in_use = false;
  for (Request* request = first_on(fd); request != nullptr;
       request = request->next_on_descriptor_) {
    if (request->fd != fd) continue;
    in_use = true;
    if (std::exchange(request->closed_, true)) continue;
    SUNDOG_PROBE("a descriptor was closed under a request");
    request->closing();
    cancel(*request);
  }
  if (!in_use) ++closed_count_;
  return !in_use;
}

void UnixPoller::close(int fd) noexcept { part(fd) ? close_now(fd) : vacate(fd); }

void UnixPoller::occupy(int fd) noexcept {
  SUNDOG_PROBE("a descriptor's number was taken longer than what it named");
  ++system_call_count_;
  static_cast<void>(::dup3(post_fd_, fd, O_CLOEXEC));
}

void UnixPoller::close_by_end_of_turn(int fd) noexcept {
  if (part(fd)) close_soon(fd);
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
  // The thread that finds the list empty rings the bell; the loop takes the whole list when it
  // hears it.
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
