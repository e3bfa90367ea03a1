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

#include <cstdint>

#include "sundog/io/unix/poller.hpp"
#include "sundog/io/unix/uring/message_buffers.hpp"
#include "sundog/io/unix/uring/receive_buffers.hpp"

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

  // Throws std::system_error that says why io_uring is not to be had: seccomp, the sysctl
  // kernel.io_uring_disabled, an old kernel. Sizes are rounded up to powers of two; small ones are
  // for tests.
  explicit UringPoller(unsigned submissions = submissions_default,
                       unsigned completions = completions_default,
                       std::uint64_t receives_ahead_from = receives_ahead_from_default);
  ~UringPoller() override;

  void wait(TimePoint deadline) override;
  void begin(Request& request) noexcept override;
  bool attempt(Request&, int&) noexcept override { return false; }
  void cancel(Request& request) noexcept override;
  void close(int fd) noexcept override;
  std::shared_ptr<ReceiveBuffers> receive_buffers() noexcept override;
  std::shared_ptr<MessageBuffers> message_buffers() noexcept override;
  bool sends_without_copy() const noexcept override { return true; }
  // Blocking sockets: on a non-blocking one io_uring gives EAGAIN back instead of waiting.
  int socket_flags() const noexcept override { return 0; }
  const char* name() const noexcept override { return "io_uring"; }

 private:
  // What a completion's user_data says in the bits that a pointer to a request leaves free. None of
  // them: it is the answer to that request.
  static constexpr std::uint64_t answer_to_cancel = 1;  // of the request it points to
  static constexpr std::uint64_t post_bell = 2;
  static constexpr std::uint64_t nobody_asked = 4;
  static constexpr std::uint64_t special = answer_to_cancel | post_bell | nobody_asked;
  static_assert(alignof(Request) > special);

  void set_up(unsigned submissions, unsigned completions);
  void cancel_everything() noexcept override;

  io_uring_sqe* next_entry() noexcept;
  void begin_in_full_ring(Request& request) noexcept;
  static void fill(io_uring_sqe& entry, Request& request) noexcept;
  static void fill_rarer(io_uring_sqe& entry, const Request& request) noexcept;
  void fill_cancel(io_uring_sqe& entry, Request& request) noexcept;
  void submit_queued() noexcept;
  void listen_for_posts() noexcept;
  void enter(TimePoint deadline) noexcept;
  void collect() noexcept;
  void answered(std::uint64_t user_data, int result, std::uint32_t flags) noexcept;
  void answered_bell(int result, std::uint32_t flags) noexcept;
  void answer_received(Request& request) noexcept;

  // Requests, and cancellations of submitted requests, that found the submission queue full; first
  // come first.
  struct Queue {
    Request* first = nullptr;
    Request* last = nullptr;
    void push(Request& request) noexcept;
    void remove(Request& request) noexcept;
  };

  io_uring ring_ = {};
  std::shared_ptr<ReceiveBuffers> receive_buffers_;  // made when first needed
  bool no_receive_buffers_ = false;                  // the kernel does not have them
  std::shared_ptr<MessageBuffers> message_buffers_;
  bool no_message_buffers_ = false;
  Queue queued_;
  bool posts_heard_ = false;
};

}  // namespace sundog
