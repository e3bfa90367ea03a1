#include "sundog/io/unix/uring/poller.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

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

void select_buffers(io_uring_sqe& entry, std::uint16_t group) noexcept {
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = group;
}

}  // namespace

UringPoller::UringPoller(unsigned submissions, unsigned completions,
                         std::uint64_t receives_ahead_from)
    : UnixPoller(false, receives_ahead_from) {
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
  if (receive_buffers_ != nullptr) receive_buffers_->detach();
  if (message_buffers_ != nullptr) message_buffers_->detach();
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
  request.submitted_ = true;
  request.cancelled_ = false;
  // As io_uring_get_sqe(), which would ask each time how large entries are and who submits them.
  io_uring_sq& queue = ring_.sq;
  const unsigned tail = queue.sqe_tail;
  const bool full = tail - IO_URING_READ_ONCE(*queue.khead) >= queue.ring_entries;
  if (full || queued_.first != nullptr) [[unlikely]] {
    begin_in_full_ring(request);
    return;
  }
  queue.sqe_tail = tail + 1;
  fill(queue.sqes[tail & queue.ring_mask], request);
}

[[gnu::noinline]] void UringPoller::begin_in_full_ring(Request& request) noexcept {
  // Behind those that wait already: requests on one descriptor keep their order.
  io_uring_sqe* entry = queued_.first == nullptr ? next_entry() : nullptr;
  if (entry == nullptr) {
    request.submitted_ = false;
    queued_.push(request);
  } else {
    fill(*entry, request);
  }
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
  io_uring_sqe_set_data(&entry, &request);  // io_uring_prep_*() leave it alone
  // First what a server does all day.
  if (request.code == Code::receive) {
    io_uring_prep_recv(&entry, request.fd, request.buffer, request.size,
                       static_cast<int>(request.flags));
    // Trying an empty socket first would be a wasted try in the kernel.
    if (request.expect_empty) entry.ioprio = IORING_RECVSEND_POLL_FIRST;
  } else if (request.code == Code::send) {
    io_uring_prep_send(&entry, request.fd, request.buffer, request.size,
                       static_cast<int>(request.flags | MSG_NOSIGNAL));
  } else {
    fill_rarer(entry, request);
  }
}

[[gnu::noinline]] void UringPoller::fill_rarer(io_uring_sqe& entry,
                                               const Request& request) noexcept {
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
    case Code::send:
      break;  // fill() has done it
    case Code::send_zero_copy:
      io_uring_prep_send_zc(&entry, request.fd, request.buffer, request.size, flags | MSG_NOSIGNAL,
                            0);
      break;
    case Code::receive_many:
      io_uring_prep_recv_multishot(&entry, request.fd, nullptr, 0, flags);
      select_buffers(entry, ReceiveBuffers::group);
      break;
    case Code::receive_message:
      io_uring_prep_recvmsg(&entry, request.fd, static_cast<msghdr*>(request.buffer),
                            request.flags);
      break;
    case Code::receive_messages:
      // The kernel only reads the layout.
      io_uring_prep_recvmsg_multishot(&entry, request.fd,
                                      const_cast<msghdr*>(&MessageBuffers::layout), request.flags);
      select_buffers(entry, MessageBuffers::group);
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
  ++request.answers_due_;
  io_uring_sqe* entry = queued_.first == nullptr ? next_entry() : nullptr;
  if (entry == nullptr) {
    queued_.push(request);
    return;
  }
  fill_cancel(*entry, request);
}

void UringPoller::fill_cancel(io_uring_sqe& entry, Request& request) noexcept {
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
  io_uring_sqe_set_data64(entry, nobody_asked);
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
  io_uring_sqe_set_data64(entry, nobody_asked);
  // Nobody waits for the answer; like close(2) on Linux it must not be repeated whatever it says.
  if ((ring_.features & IORING_FEAT_CQE_SKIP) != 0) entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

std::shared_ptr<ReceiveBuffers> UringPoller::receive_buffers() noexcept {
  if (!receives_ahead() || no_receive_buffers_) return nullptr;
  if (receive_buffers_ == nullptr) {
    try {
      receive_buffers_ = std::make_shared<ReceiveBuffers>(ring_);
    } catch (const std::exception& error) {
      SUNDOG_PROBE("there are no shared receive buffers");
      no_receive_buffers_ = true;
      log::debug("nothing is received ahead: {}", error.what());
    }
  }
  return receive_buffers_;
}

std::shared_ptr<MessageBuffers> UringPoller::message_buffers() noexcept {
  if (message_buffers_ == nullptr && !no_message_buffers_) {
    try {
      message_buffers_ = std::make_shared<MessageBuffers>(ring_);
    } catch (const std::exception& error) {
      SUNDOG_PROBE("there are no message buffers");
      no_message_buffers_ = true;
      log::debug("no datagram is received ahead: {}", error.what());
    }
  }
  return message_buffers_;
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
      request->submitted_ = true;
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
  assert_own_process();
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
  const Duration left = deadline == TimePoint::min() || completions_there
                            ? Duration::zero()
                            : time_until(deadline, now());
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
  // Given back one by one: what is woken here may submit, and a full ring then needs the room.
  const io_uring_cq queue = ring_.cq;  // a copy: nothing that is called here changes it
  for (unsigned head = *queue.khead; head != io_uring_smp_load_acquire(queue.ktail); ++head) {
    const io_uring_cqe& completion = queue.cqes[head & queue.ring_mask];
    const std::uint64_t user_data = completion.user_data;
    const int result = completion.res;
    const std::uint32_t flags = completion.flags;
    io_uring_smp_store_release(queue.khead, head + 1);
    constexpr std::uint32_t rarer = IORING_CQE_F_MORE | IORING_CQE_F_BUFFER;
    const bool ordinary = (user_data & special) == 0 && (flags & rarer) == 0;
    auto* request = ordinary ? reinterpret_cast<Request*>(user_data) : nullptr;
    if (ordinary && request->answers_due_ == 1) [[likely]] {
      --requests_under_way_;
      request->completed(result, false, (flags & IORING_CQE_F_SOCK_NONEMPTY) != 0);
    } else {
      answered(user_data, result, flags);
    }
  }
}

[[gnu::noinline]] void UringPoller::answered(std::uint64_t user_data, int result,
                                             std::uint32_t flags) noexcept {
  if ((user_data & nobody_asked) != 0) return;
  if ((user_data & post_bell) != 0) {
    answered_bell(result, flags);
    return;
  }
  auto& request = *reinterpret_cast<Request*>(user_data & ~answer_to_cancel);
  if ((user_data & answer_to_cancel) == 0) {
    const bool left = (flags & IORING_CQE_F_SOCK_NONEMPTY) != 0;
    if ((flags & IORING_CQE_F_BUFFER) != 0) {
      const unsigned id = flags >> IORING_CQE_BUFFER_SHIFT;
      if (request.code == Request::Code::receive_messages) {
        request.buffer = &(*message_buffers_)[id];
      } else {
        request.buffer = &(*receive_buffers_)[id];
      }
    }
    if ((flags & IORING_CQE_F_MORE) != 0) {
      request.completed(result, true, left);
      return;
    }
    request.left_ = left;
    request.saved_result_ = result;
    // Its cancellation need not be sent any more.
    if (request.listed_) {
      SUNDOG_PROBE("a result came before its cancellation was sent");
      queued_.remove(request);
      --request.answers_due_;
    }
  }
  answer_received(request);
}

void UringPoller::answered_bell(int result, std::uint32_t flags) noexcept {
  posts_heard_ = (flags & IORING_CQE_F_MORE) != 0;
  if (!posts_heard_) SUNDOG_PROBE("the bell of posts must be armed again");
  if (result >= 0) deliver_posts();
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
