// UnixPoller: what io_uring and epoll have in common; the Poller (io/poller.hpp) of a Unix process.
//
// One for each thread that runs a main loop. Besides requests it takes posts from other threads and
// from signal handlers, which come in over an eventfd.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <type_traits>

#include "sundog/io/poller.hpp"
#include "sundog/io/unix/fork.hpp"
#include "sundog/io/unix/only_unix.hpp"
#include "sundog/io/unix/request.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/current.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog {

// Something to be done on the loop's thread, handed over from elsewhere (see UnixPoller::post).
class Posted {
 public:
  virtual void arrived() noexcept = 0;

 protected:
  ~Posted() = default;

 private:
  friend class UnixPoller;
  Posted* next_ = nullptr;
};

class [[gnu::visibility("default")]] UnixPoller {
 public:
  // See Poller.
  static constexpr Duration timers_apart = timers_apart_usual;

  virtual ~UnixPoller();
  UnixPoller(const UnixPoller&) = delete;
  UnixPoller& operator=(const UnixPoller&) = delete;

  // This thread's, whose loop must be running.
  static UnixPoller& current() { return Current<UnixPoller>::get(); }

  // CLOCK_MONOTONIC.
  TimePoint now() const noexcept;
  virtual void wait(TimePoint deadline) = 0;
  // Somebody may still wake a task: a request is under way, or a thread or signal handler may post.
  bool waiting() const noexcept { return requests_under_way_ > unheard_ || posters_ > 0; }

  // Starts a request. Never fails: what the kernel refuses comes as its result. Completes inside
  // wait(), never before.
  virtual void begin(Request& request) noexcept = 0;
  // Whether a request is worth an attempt() before it begins.
  bool attempts_first() const noexcept { return attempts_first_; }
  enum class Attempt : unsigned char { done, in_vain, not_made };
  // Tries the request at once. Done: it has the `result` and will not be completed().
  virtual Attempt attempt(Request& request, int& result) noexcept = 0;
  // As begin(), for a request that was just attempted, with this outcome, and is not done.
  virtual void begin_after(Attempt attempt, Request& request) noexcept = 0;
  // Asks that a request that is under way end soon; it is completed as usual, with its result or
  // -ECANCELED.
  virtual void cancel(Request& request) noexcept = 0;
  // Closes a descriptor. Requests under way on it end as if they were cancelled; until the last one
  // has, the number means nothing else. What it named is let go of when this returns: a port can be
  // bound to again, a peer sees the end. Only a request that a thread is busy with keeps it longer.
  // No further request may begin on it.
  void close(int fd) noexcept;
  // The same for a connection, which holds nothing that this process could ask for again in the
  // same turn: io_uring closes it with what else the turn submits, which saves a system call.
  void close_by_end_of_turn(int fd) noexcept;
  // This end of a socket was shut down: what waits to write looks at it again.
  virtual void look_again(int fd) noexcept { static_cast<void>(fd); }
  // Receiving ahead of a stream's readers (io/unix/inlet.hpp) pays now: so many requests are under
  // way.
  bool receives_ahead() const noexcept { return requests_under_way_ >= receives_ahead_from_; }
  // The pool of this kind for sockets that receive ahead of their readers, made when it is first
  // asked for. Null where that cannot be done.
  virtual std::shared_ptr<ReceivePool> receive_pool(const ReceivePool::Kind& kind) noexcept = 0;
  // Whether Request::SendZeroCopy may be begun.
  virtual bool sends_without_copy() const noexcept = 0;
  // Flags for the sockets it works best with: SOCK_NONBLOCK or 0.
  virtual int socket_flags() const noexcept = 0;
  // "io_uring" or "epoll".
  virtual const char* name() const noexcept = 0;

  // Ends every request that is still under way and waits for the last answer: the kernel then holds
  // no pointer of ours.
  void drain();

  // From any thread, and from a signal handler: `posted` will be told on the loop's thread. It must
  // not be posted already.
  void post(Posted& posted) noexcept;
  // Delivers what was posted so far, without waiting: for who is about to destroy a Posted.
  void flush_posts() noexcept { deliver_posts(); }
  // As long as somebody may post, the loop may wait for ever without this being a deadlock.
  void add_poster() noexcept { ++posters_; }
  void remove_poster() noexcept { --posters_; }

  // A request is under way whose answer no task waits for at present.
  void add_unheard() noexcept { ++unheard_; }
  void remove_unheard() noexcept { --unheard_; }

  // How many descriptors were closed: who waits for some to become free looks whether it changed.
  std::uint64_t closed_count() const noexcept { return closed_count_; }
  // How many system calls this poller has made itself, for the tests that bound them.
  std::uint64_t system_call_count() const noexcept { return system_call_count_; }

 protected:
  // For `receives_ahead_from`: not at all.
  static constexpr std::uint64_t never_ahead = UINT64_MAX;
  UnixPoller(bool attempts_first, std::uint64_t receives_ahead_from);

  // Asks the kernel to end every request, and waits for none of them.
  virtual void cancel_everything() noexcept = 0;
  // Closes a descriptor that no request names any more.
  virtual void close_now(int fd) noexcept = 0;
  virtual void close_soon(int fd) noexcept { close_now(fd); }
  // Lets go of what a descriptor names, whose requests have been asked to end: occupy() the number,
  // if none of them will use it.
  virtual void vacate(int fd) noexcept = 0;
  // False: requests are under way on it, and the last of them closes it.
  bool part(int fd) noexcept;
  // Something that nobody uses stands behind the number from now on.
  void occupy(int fd) noexcept;

  // All requests on this descriptor are in the list that begins here, perhaps with others.
  Request* first_on(int fd) const noexcept;
  // To be called when a request begins.
  void add(Request& request) noexcept {
    ++requests_under_way_;
    const auto index = static_cast<unsigned>(request.fd);
    if (index >= table_size_) [[unlikely]] {
      add_outside_of_table(request);
    } else {
      link(table_[index], request);
    }
  }
  // To be called when a request has ended, before it is told so. If it was closed_, close() must
  // follow: it may have been the last.
  void remove(Request& request) noexcept {
    --requests_under_way_;
    *request.link_on_descriptor_ = request.next_on_descriptor_;
    if (request.next_on_descriptor_ != nullptr) {
      request.next_on_descriptor_->link_on_descriptor_ = request.link_on_descriptor_;
    }
  }
  // The poller's marks on a request that it has.
  template <class Marks>
  static Marks& marks_of(Request& request) noexcept {
    static_assert(sizeof(Marks) <= Request::marks_bytes && alignof(Marks) <= 4);
    static_assert(std::is_trivial_v<Marks>);
    return *std::launder(reinterpret_cast<Marks*>(request.marks_));
  }

  // What the kernel knows of this poller it shares with the parent of a forked child (fork.hpp).
  void assert_own_process() const noexcept {
    SUNDOG_ASSERT(generation_ == fork_generation(),
                  "this process was forked inside of a task, and the loop is its parent's: let the "
                  "child exec, _exit or run() a task of its own before it comes back to the loop");
  }

  // An eventfd that is readable while something was posted.
  int post_fd() const noexcept { return post_fd_; }
  // To be called when post_fd was readable: tells all that were posted.
  void deliver_posts() noexcept;

  // The counters, which the derived pollers keep.
  std::uint64_t requests_under_way_ = 0;
  std::uint64_t system_call_count_ = 0;
  std::uint64_t closed_count_ = 0;

 private:
  static void link(Request*& first, Request& request) noexcept {
    request.next_on_descriptor_ = first;
    request.link_on_descriptor_ = &first;
    if (first != nullptr) first->link_on_descriptor_ = &request.next_on_descriptor_;
    first = &request;
  }
  void add_outside_of_table(Request& request) noexcept;
  void grow_table(unsigned size) noexcept;

  const std::uint32_t generation_ = fork_generation();
  const bool attempts_first_;
  const std::uint64_t receives_ahead_from_;
  int post_fd_;
  // The requests under way: for each descriptor a list; and one of those that have no descriptor,
  // or one for which there was no memory.
  std::unique_ptr<Request*[]> table_;
  unsigned table_size_ = 0;
  Request* outside_of_table_ = nullptr;
  std::uint64_t unheard_ = 0;
  std::uint64_t posters_ = 0;
  std::atomic<Posted*> posts_ = nullptr;
};

// Which poller is to be made.
enum class PollerChoice { automatic, uring, epoll };

// Makes the poller asked for. `automatic` takes io_uring where kernel and container allow it, else
// epoll, and logs one line that says what stood in the way. Throws std::system_error when the one
// asked for is not available.
std::unique_ptr<UnixPoller> make_poller(PollerChoice choice);

}  // namespace sundog
