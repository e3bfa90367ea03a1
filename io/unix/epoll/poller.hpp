// EpollPoller: Unix requests on epoll, for where io_uring is forbidden.
//
// A request is tried at once; only when it would block does it wait for the descriptor's next edge.
// Each descriptor is made known to epoll once, edge-triggered for both directions, and never
// changed again, so the steady state costs the system calls of the requests and one epoll_wait a
// turn. A read that did not fill its buffer emptied the socket: the next read waits for the edge
// without trying. Descriptors need not be non-blocking, except those of listening and connecting
// sockets (socket_flags).
//
// Files, and devices such as /dev/null, are always ready for epoll, and block: requests on them go
// to a thread (thread_pool.hpp). What the kernel calls a file and can be waited for all the same,
// such as /proc/kmsg, goes there when it is ready: a thread that waited could not be called back.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <vector>

#include "sundog/io/unix/poller.hpp"

namespace sundog {

class EpollPoller final : public UnixPoller {
 public:
  static constexpr std::size_t events_per_turn_max = 256;
  // So many requests in a row may succeed at once before the others get their turn.
  static constexpr unsigned attempts_in_a_row_max = 64;

  EpollPoller();
  ~EpollPoller() override;

  void wait(TimePoint deadline) override;
  void begin(Request& request) noexcept override;
  Attempt attempt(Request& request, int& result) noexcept override;
  void begin_after(Attempt attempt, Request& request) noexcept override;
  void cancel(Request& request) noexcept override;
  void look_again(int fd) noexcept override;
  std::shared_ptr<ReceivePool> receive_pool(const ReceivePool::Kind&) noexcept override {
    return nullptr;
  }
  bool sends_without_copy() const noexcept override { return false; }
  int socket_flags() const noexcept override;
  const char* name() const noexcept override { return "epoll"; }

 private:
  // What is known of a descriptor; its number is the index in the table.
  struct Known {
    Request* reader = nullptr;  // waits for the next edge of readability
    Request* writer = nullptr;
    bool registered = false;
    bool kind_known = false;
    bool is_file = false;  // blocking, and always ready for epoll unless it is registered
    bool emptied = false;  // the last read took everything; no edge since
    bool hung_up = false;  // the end or an error stands in the stream: no further edge will come
  };
  // What is noted about a request that was begun.
  struct Marks {
    int failure;  // it could not be begun: a negated errno; else 0
    bool cancelled;
    bool in_thread;
    bool called;  // its system call was made before
  };
  static Marks& marks(Request& request) noexcept { return marks_of<Marks>(request); }

  void cancel_everything() noexcept override;
  void close_now(int fd) noexcept override;
  void vacate(int fd) noexcept override;
  void forget(int fd) noexcept;
  // Makes room in the table; false: there is no memory for it. For every descriptor that a request
  // is made on.
  bool make_room(int fd) noexcept;
  Known& known(int fd) noexcept { return known_[static_cast<std::size_t>(fd)]; }
  Known* find(int fd) noexcept {
    return static_cast<std::size_t>(fd) < known_.size() ? &known(fd) : nullptr;
  }
  bool needs_thread(const Request& request) noexcept;
  bool is_file(int fd) noexcept;
  int watch(int fd) noexcept;
  void call_on_thread(Request& request) noexcept;
  int make_call(Request& request, bool again) noexcept;
  int receive(const Request::Receive& receive, int fd) noexcept;
  void wait_for_edge(Request& request) noexcept;
  void try_again(Request& request) noexcept;
  void accept_all(Request& request) noexcept;
  void edge(int fd, std::uint32_t events) noexcept;
  bool run_due() noexcept;
  void fail(Request& request, int failure) noexcept;
  void finish(Request& request, int result) noexcept;

  int epoll_fd_;
  std::vector<Known> known_;
  // To be tried, or answered, in the next wait().
  RequestQueue due_;
  unsigned attempts_in_a_row_ = 0;
  std::uint64_t answer_count_ = 0;
  std::array<epoll_event, events_per_turn_max> events_;
};

}  // namespace sundog
