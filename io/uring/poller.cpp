#include "io/uring/poller.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "runtime/probe.hpp"

namespace sundog {
namespace {

// The user_data of the read on the eventfd; no request can have this address.
constexpr std::uint64_t post_bell = 2;

std::string why_not(int error) {
  switch (error) {
    case ENOSYS:
      return "io_uring is not there: this kernel is too old, or a seccomp filter hides it";
    case EPERM:
      return "io_uring is forbidden here: by a seccomp filter (containers do this), or by the "
             "sysctl kernel.io_uring_disabled";
    case ENOMEM:
      return "io_uring cannot have its memory: see ulimit -l";
    default:
      return "io_uring cannot be set up";
  }
}

}  // namespace

UringPoller::UringPoller(unsigned submissions, unsigned completions) {
  set_up(submissions, completions);
  listen_for_posts();
}

void UringPoller::set_up(unsigned submissions, unsigned completions) {
  constexpr unsigned always = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
  // From the best to what every kernel since 5.19 takes. EINVAL means: this kernel does not know
  // that flag.
  constexpr unsigned choices[] = {
      IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
          IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
      IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
      0,
  };
  int result = -EINVAL;
  for (const unsigned choice : choices) {
    io_uring_params parameters = {};
    parameters.flags = always | choice;
    parameters.cq_entries = completions;
    result = io_uring_queue_init_params(submissions, &ring_, &parameters);
    if (result == 0) break;
    if (result != -EINVAL) break;
    SUNDOG_PROBE("an older kernel: a ring was asked for with less");
  }
  if (result < 0) throw std::system_error(-result, std::system_category(), why_not(-result));
  // Without these, completions could be lost or waiting would need a second system call.
  if ((ring_.features & IORING_FEAT_NODROP) == 0 || (ring_.features & IORING_FEAT_EXT_ARG) == 0) {
    io_uring_queue_exit(&ring_);
    throw std::system_error(ENOSYS, std::system_category(), why_not(ENOSYS));
  }
  // Saves the kernel a look-up of the ring's descriptor in every enter; not having it costs only
  // that.
  static_cast<void>(io_uring_register_ring_fd(&ring_));
}

UringPoller::~UringPoller() {
  drain();
  // Closes that were asked for and not submitted yet.
  io_uring_submit(&ring_);
  io_uring_queue_exit(&ring_);
}

void UringPoller::Queue::push(Request& request) noexcept {
  request.next_ = nullptr;
  request.previous_ = last;
  (last == nullptr ? first : last->next_) = &request;
  last = &request;
  request.listed_ = true;
}

void UringPoller::Queue::remove(Request& request) noexcept {
  (request.previous_ == nullptr ? first : request.previous_->next_) = request.next_;
  (request.next_ == nullptr ? last : request.next_->previous_) = request.previous_;
  request.listed_ = false;
}

void UringPoller::begin(Request& request) noexcept {
  ++requests_under_way_;
  request.answers_due_ = 1;
  request.submitted_ = false;
  request.cancelled_ = false;
  // Behind those that wait already: requests on one descriptor keep their order.
  io_uring_sqe* entry = queued_.first == nullptr ? next_entry() : nullptr;
  if (entry == nullptr) {
    queued_.push(request);
    return;
  }
  fill(*entry, request);
}

// A free entry, or null when the submission queue is full even after handing it over.
io_uring_sqe* UringPoller::next_entry() noexcept {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  if (entry == nullptr) [[unlikely]] {
    SUNDOG_PROBE("the submission queue was full");
    ++system_call_count_;
    io_uring_submit(&ring_);
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

void UringPoller::fill(io_uring_sqe& entry, Request& request) noexcept {
  using Code = Request::Code;
  const auto size = static_cast<unsigned>(request.size);
  const auto offset = static_cast<std::uint64_t>(request.offset);
  const auto flags = static_cast<int>(request.flags);
  switch (request.code) {
    case Code::read:
      io_uring_prep_read(&entry, request.fd, request.buffer, size, offset);
      break;
    case Code::write:
      io_uring_prep_write(&entry, request.fd, request.buffer, size, offset);
      break;
    case Code::read_vector:
      io_uring_prep_readv(&entry, request.fd, static_cast<const iovec*>(request.buffer), size,
                          offset);
      break;
    case Code::write_vector:
      io_uring_prep_writev(&entry, request.fd, static_cast<const iovec*>(request.buffer), size,
                           offset);
      break;
    case Code::receive:
      io_uring_prep_recv(&entry, request.fd, request.buffer, request.size, flags);
      // Trying an empty socket first would be a wasted try in the kernel.
      if (request.expect_empty) entry.ioprio |= IORING_RECVSEND_POLL_FIRST;
      break;
    case Code::send:
      io_uring_prep_send(&entry, request.fd, request.buffer, request.size, flags | MSG_NOSIGNAL);
      break;
    case Code::receive_message:
      io_uring_prep_recvmsg(&entry, request.fd, static_cast<msghdr*>(request.buffer),
                            request.flags);
      break;
    case Code::send_message:
      io_uring_prep_sendmsg(&entry, request.fd, static_cast<const msghdr*>(request.buffer),
                            request.flags | MSG_NOSIGNAL);
      break;
    case Code::accept:
      io_uring_prep_accept(&entry, request.fd, request.address, request.address_size, SOCK_CLOEXEC);
      break;
    case Code::accept_many:
      io_uring_prep_multishot_accept(&entry, request.fd, nullptr, nullptr, SOCK_CLOEXEC);
      break;
    case Code::connect:
      io_uring_prep_connect(&entry, request.fd, request.address, *request.address_size);
      break;
    case Code::poll:
      io_uring_prep_poll_add(&entry, request.fd, request.flags);
      break;
    case Code::open:
      io_uring_prep_openat(&entry, AT_FDCWD, request.path, flags | O_CLOEXEC, request.mode);
      break;
    case Code::sync:
      io_uring_prep_fsync(&entry, request.fd, flags == 1 ? IORING_FSYNC_DATASYNC : 0);
      break;
    case Code::stat:
      io_uring_prep_statx(&entry, request.fd, request.path, flags, STATX_BASIC_STATS,
                          static_cast<struct statx*>(request.buffer));
      break;
  }
  io_uring_sqe_set_data(&entry, &request);
  request.submitted_ = true;
}

// A request is not finished before its cancellation has been answered too: a new request at the
// same address could be hit.
void UringPoller::cancel(Request& request) noexcept {
  if (request.cancelled_) return;
  request.cancelled_ = true;
  // Not submitted yet: submit_queued() sees the mark and answers in the kernel's place.
  if (request.listed_) {
    SUNDOG_PROBE("a request was cancelled before the kernel had it");
    return;
  }
  io_uring_sqe* entry = queued_.first == nullptr ? next_entry() : nullptr;
  if (entry == nullptr) {
    queued_.push(request);
    return;
  }
  fill_cancel(*entry, request);
}

void UringPoller::fill_cancel(io_uring_sqe& entry, Request& request) noexcept {
  ++request.answers_due_;
  const auto address = reinterpret_cast<std::uint64_t>(&request);
  io_uring_prep_cancel64(&entry, address, 0);
  io_uring_sqe_set_data64(&entry, address | answer_to_cancel);
}

void UringPoller::cancel_everything() noexcept {
  io_uring_sqe* entry = next_entry();
  // The kernel may take nothing for a while: short of memory, or until completions that overflowed
  // are collected.
  while (entry == nullptr) {
    SUNDOG_PROBE("the ring was full when everything had to be cancelled");
    io_uring_submit_and_get_events(&ring_);
    collect();
    entry = next_entry();
  }
  io_uring_prep_cancel(entry, nullptr, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
  io_uring_sqe_set_data64(entry, 0);
}

void UringPoller::close(int fd) noexcept {
  ++closed_count_;
  io_uring_sqe* entry = queued_.first == nullptr ? next_entry() : nullptr;
  if (entry == nullptr) {
    SUNDOG_PROBE("a close found no room in the ring");
    ++system_call_count_;
    ::close(fd);
    return;
  }
  io_uring_prep_close(entry, fd);
  io_uring_sqe_set_data64(entry, 0);
  // Nobody waits for the answer; like close(2) on Linux it must not be repeated whatever it says.
  if ((ring_.features & IORING_FEAT_CQE_SKIP) != 0) entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

// Moves queued requests and cancellations into the submission queue, as many as fit.
void UringPoller::submit_queued() noexcept {
  while (Request* request = queued_.first) {
    if (request->cancelled_ && !request->submitted_) {
      queued_.remove(*request);
      request->saved_result_ = -ECANCELED;
      answer_received(*request);
      continue;
    }
    io_uring_sqe* entry = next_entry();
    if (entry == nullptr) return;
    queued_.remove(*request);
    if (request->submitted_) {
      fill_cancel(*entry, *request);
    } else {
      fill(*entry, *request);
    }
  }
}

void UringPoller::listen_for_posts() noexcept {
  io_uring_sqe* entry = next_entry();
  if (entry == nullptr) return;  // wait() tries again
  io_uring_prep_poll_multishot(entry, post_fd(), POLLIN);
  io_uring_sqe_set_data64(entry, post_bell);
  posts_heard_ = true;
}

void UringPoller::wait(TimePoint deadline) {
  submit_queued();
  if (!posts_heard_) [[unlikely]]
    listen_for_posts();
  enter(deadline);
  collect();
}

// One system call at most: submits, runs the kernel's deferred work, and blocks until a completion
// or the deadline. Errors are left alone on purpose: interrupted, out of time, a full completion
// queue (EBUSY) or short of memory (EAGAIN) all mean the same to the loop, that it comes back in
// the next turn.
void UringPoller::enter(TimePoint deadline) noexcept {
  const bool completions_there = io_uring_cq_ready(&ring_) > 0;
  if (deadline == never && !completions_there) {
    ++system_call_count_;
    io_uring_submit_and_wait(&ring_, 1);
    return;
  }
  const Duration left =
      deadline == TimePoint::min() || completions_there ? Duration::zero() : deadline - now();
  if (left > Duration::zero()) {
    __kernel_timespec timeout = {.tv_sec = left.count() / 1'000'000'000,
                                 .tv_nsec = left.count() % 1'000'000'000};
    io_uring_cqe* first = nullptr;
    ++system_call_count_;
    io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
    return;
  }
  // Only a look. Nothing to hand over and nothing deferred in the kernel: the look costs no system
  // call.
  const unsigned kernel_flags = IO_URING_READ_ONCE(*ring_.sq.kflags);
  const bool deferred = (kernel_flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
  if (io_uring_sq_ready(&ring_) > 0 || deferred) {
    ++system_call_count_;
    io_uring_submit_and_get_events(&ring_);
  }
}

void UringPoller::collect() noexcept {
  io_uring_cqe* completion;
  // Peeking one by one, as what is woken here may submit, and with a full ring that reaps
  // completions too.
  while (io_uring_cq_ready(&ring_) > 0 && io_uring_peek_cqe(&ring_, &completion) == 0) {
    const std::uint64_t user_data = completion->user_data;
    const int result = completion->res;
    const std::uint32_t flags = completion->flags;
    io_uring_cqe_seen(&ring_, completion);
    answered(user_data, result, flags);
  }
}

void UringPoller::answered(std::uint64_t user_data, int result, std::uint32_t flags) noexcept {
  if (user_data == 0) return;
  if (user_data == post_bell) {
    posts_heard_ = (flags & IORING_CQE_F_MORE) != 0;
    if (!posts_heard_) SUNDOG_PROBE("the bell of posts must be armed again");
    if (result >= 0) deliver_posts();
    return;
  }
  auto& request = *reinterpret_cast<Request*>(user_data & ~answer_to_cancel);
  if ((user_data & answer_to_cancel) == 0) {
    request.left_ = (flags & IORING_CQE_F_SOCK_NONEMPTY) != 0;
    if ((flags & IORING_CQE_F_MORE) != 0) {
      request.completed(result, true, request.left_);
      return;
    }
    request.saved_result_ = result;
    // Its cancellation need not be sent any more.
    if (request.listed_) {
      SUNDOG_PROBE("a result came before its cancellation was sent");
      queued_.remove(request);
    }
  }
  answer_received(request);
}

void UringPoller::answer_received(Request& request) noexcept {
  if (--request.answers_due_ > 0) {
    SUNDOG_PROBE("one of two answers came");
    return;
  }
  --requests_under_way_;
  request.completed(request.saved_result_, false, request.left_);
}

}  // namespace sundog
