// UringPoller: Unix requests on io_uring.
//
// One io_uring_enter a turn submits what was begun, waits, and collects. Rings are made with
// SINGLE_ISSUER, DEFER_TASKRUN and COOP_TASKRUN where the kernel has them (6.1), with less where it
// has not. What the man pages leave to the caller is handled here: a full submission queue
// (requests queue up in order behind it), an overflowing completion queue (the kernel keeps the
// rest and hands it over in the next turns), multishot requests that end early (the caller is told
// and begins anew), cancellation whose two answers come in either order.
#pragma once

#include <liburing.h>

#include <array>
#include <cstdint>

#include "sundog/io/unix/poller.hpp"

namespace sundog {

class UringPoller final : public UnixPoller {
 public:
  // Entries of the submission queue: how many requests one turn can hand over in one system call.
  static constexpr unsigned submissions_default = 256;
  // Completions are more: every connection may have one under way.
  static constexpr unsigned completions_default = 4096;

  // Receiving ahead of the readers spares the kernel a good part of its work when so many requests
  // are under way; with fewer it makes no difference (bench: receives).
  static constexpr std::uint64_t receives_ahead_from_default = 256;

  // Throws std::system_error that says why io_uring is not available: seccomp, the sysctl
  // kernel.io_uring_disabled, an old kernel. Sizes are rounded up to powers of two; small ones are
  // for tests.
  explicit UringPoller(unsigned submissions = submissions_default,
                       unsigned completions = completions_default,
                       std::uint64_t receives_ahead_from = receives_ahead_from_default);
  ~UringPoller() override;

  void wait(TimePoint deadline) override;
  void begin(Request& request) noexcept override;
  Attempt attempt(Request&, int&) noexcept override { return Attempt::not_made; }
  void begin_after(Attempt, Request& request) noexcept override { begin(request); }
  void cancel(Request& request) noexcept override;
  std::shared_ptr<ReceivePool> receive_pool(const ReceivePool::Kind& kind) noexcept override;
  bool sends_without_copy() const noexcept override { return true; }
  // Blocking sockets: on a non-blocking one io_uring gives EAGAIN back instead of waiting.
  int socket_flags() const noexcept override { return 0; }
  const char* name() const noexcept override { return "io_uring"; }

 private:
  // What a completion's user_data says in the bits that a pointer to a request leaves free. None of
  // them: it is the answer to that request.
  static constexpr std::uint64_t answer_to_cancel = 1;  // of the request it points to
  static constexpr std::uint64_t answer_to_look = 2;    // for the request it points to
  static constexpr std::uint64_t nobody_asked = 4;      // it points to none
  static constexpr std::uint64_t post_bell = 5;         // nor does this
  static constexpr std::uint64_t special = answer_to_cancel | answer_to_look | nobody_asked;
  static_assert(alignof(Request) > special);

  // What is noted about a request that was begun.
  struct Marks {
    int result;                // of the request, while its cancellation is not answered
    std::uint8_t answers_due;  // one, and one more for a cancellation that was sent
    bool submitted;
    bool cancelled;
    bool left;     // as result, see completed()
    bool looking;  // until its descriptor is ready: it was answered with EAGAIN
  };
  static Marks& marks(Request& request) noexcept { return marks_of<Marks>(request); }

  void set_up(unsigned submissions, unsigned completions);
  void cancel_everything() noexcept override;
  void close_now(int fd) noexcept override;
  void close_soon(int fd) noexcept override;
  void vacate(int fd) noexcept override;

  io_uring_sqe* next_entry() noexcept;
  void submit(Request& request) noexcept;
  void look(Request& request) noexcept;
  void looked(Request& request, int result) noexcept;
  static void fill(io_uring_sqe& entry, Request& request) noexcept;
  static void fill_rarer(io_uring_sqe& entry, Request& request) noexcept;
  static void fill_look(io_uring_sqe& entry, Request& request) noexcept;
  void fill_cancel(io_uring_sqe& entry, Request& request) noexcept;
  void submit_queued() noexcept;
  void listen_for_posts() noexcept;
  void enter(TimePoint deadline) noexcept;
  void collect() noexcept;
  void answered(std::uint64_t user_data, int result, std::uint32_t flags) noexcept;
  void answered_in_the_end(Request& request, int result) noexcept;
  static void hand_over_piece(Request& request, std::uint32_t flags) noexcept;
  void answered_bell(int result, std::uint32_t flags) noexcept;
  void answer_received(Request& request) noexcept;

  struct PoolPlace {
    std::shared_ptr<ReceivePool> pool;  // made when first needed
    bool refused = false;               // the kernel does not have it, or there was no memory
  };

  io_uring ring_ = {};
  std::array<PoolPlace, ReceivePool::kinds> pools_;  // by their group's number
  // Requests, and cancellations of submitted requests, that found the submission queue full.
  RequestQueue queued_;
  bool posts_heard_ = false;
  bool everything_cancelled_ = false;
};

}  // namespace sundog
