#include "sundog/io/unix/uring/poller.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "sundog/io/unix/failure.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

std::string why_not(int error) {
  switch (error) {
    case ENOSYS:
      return "io_uring is missing: this kernel is too old, or a seccomp filter hides it";
    case EPERM:
      return "io_uring is forbidden here: by a seccomp filter (containers do this), or by the "
             "sysctl kernel.io_uring_disabled";
    case ENOMEM:
      return "io_uring gets no memory: raise the limit of locked memory (ulimit -l)";
    default:
      return "io_uring cannot be set up";
  }
}

// An entry has room for 32 bits of a size; and no call moves more than this at once (read(2)). What
// is larger is read and written in several calls, as after any short one.
constexpr std::size_t call_bytes_max = 0x7fff'f000;
unsigned capped(std::size_t size) noexcept {
  return static_cast<unsigned>(std::min(size, call_bytes_max));
}

// Of a message with as many parts as may be; the kernel writes its head.
const msghdr message_layout = {.msg_name = nullptr,
                               .msg_namelen = ReceivePool::name_bytes,
                               .msg_iov = nullptr,
                               .msg_iovlen = 0,
                               .msg_control = nullptr,
                               .msg_controllen = 0,
                               .msg_flags = 0};

// Turns what is asked of the kernel into an entry, all but the user_data.
struct Fill {
  io_uring_sqe& entry;
  int fd;

  void operator()(const Request::Receive& it) const {
    io_uring_prep_recv(&entry, fd, it.bytes.data(), capped(it.bytes.size()), 0);
    // Trying an empty socket first would be a wasted try in the kernel.
    if (it.expect_empty) entry.ioprio = IORING_RECVSEND_POLL_FIRST;
  }
  void operator()(const Request::Send& it) const {
    io_uring_prep_send(&entry, fd, it.bytes.data(), capped(it.bytes.size()), MSG_NOSIGNAL);
  }
  void operator()(const Request::Read& it) const {
    io_uring_prep_read(&entry, fd, it.bytes.data(), capped(it.bytes.size()),
                       static_cast<std::uint64_t>(it.offset));
  }
  void operator()(const Request::Write& it) const {
    io_uring_prep_write(&entry, fd, it.bytes.data(), capped(it.bytes.size()),
                        static_cast<std::uint64_t>(it.offset));
  }
  void operator()(const Request::ReadVector& it) const {
    io_uring_prep_readv(&entry, fd, it.pieces.data(), static_cast<unsigned>(it.pieces.size()),
                        static_cast<std::uint64_t>(it.offset));
  }
  void operator()(const Request::WriteVector& it) const {
    io_uring_prep_writev(&entry, fd, it.pieces.data(), static_cast<unsigned>(it.pieces.size()),
                         static_cast<std::uint64_t>(it.offset));
  }
  void operator()(const Request::SendZeroCopy& it) const {
    io_uring_prep_send_zc(&entry, fd, it.bytes.data(), capped(it.bytes.size()), MSG_NOSIGNAL, 0);
  }
  void operator()(const Request::ReceiveMany& it) const {
    io_uring_prep_recv_multishot(&entry, fd, nullptr, 0, 0);
    select_buffers(*it.pool);
  }
  void operator()(const Request::ReceiveMessages& it) const {
    // The kernel only reads the layout.
    io_uring_prep_recvmsg_multishot(&entry, fd, const_cast<msghdr*>(&message_layout), 0);
    select_buffers(*it.pool);
  }
  void operator()(const Request::ReceiveMessage& it) const {
    io_uring_prep_recvmsg(&entry, fd, it.message, 0);
  }
  void operator()(const Request::SendMessage& it) const {
    io_uring_prep_sendmsg(&entry, fd, it.message, MSG_NOSIGNAL);
  }
  void operator()(const Request::AcceptMany&) const {
    io_uring_prep_multishot_accept(&entry, fd, nullptr, nullptr, SOCK_CLOEXEC);
  }
  void operator()(const Request::Connect& it) const {
    io_uring_prep_connect(&entry, fd, it.address, it.size);
  }
  void operator()(const Request::Poll& it) const {
    io_uring_prep_poll_add(&entry, fd, static_cast<unsigned short>(it.events));
  }
  void operator()(const Request::Open& it) const {
    io_uring_prep_openat(&entry, AT_FDCWD, it.path, it.flags | O_CLOEXEC, it.mode);
  }
  void operator()(const Request::Sync& it) const {
    io_uring_prep_fsync(&entry, fd, it.data_only ? IORING_FSYNC_DATASYNC : 0);
  }
  void operator()(const Request::Stat& it) const {
    io_uring_prep_statx(&entry, fd, it.path, it.flags, STATX_BASIC_STATS, it.status);
  }

 private:
  void select_buffers(const ReceivePool& pool) const {
    entry.flags |= IOSQE_BUFFER_SELECT;
    entry.buf_group = pool.group();
  }
};

// What a request waits for that could not be done at once; 0: nothing of the kind.
struct Readiness {
  short operator()(const Request::Receive&) const { return POLLIN; }
  short operator()(const Request::ReceiveMany&) const { return POLLIN; }
  short operator()(const Request::ReceiveMessage&) const { return POLLIN; }
  short operator()(const Request::ReceiveMessages&) const { return POLLIN; }
  short operator()(const Request::AcceptMany&) const { return POLLIN; }
  short operator()(const Request::Read&) const { return POLLIN; }
  short operator()(const Request::Write&) const { return POLLOUT; }
  short operator()(const Request::Send&) const { return POLLOUT; }
  short operator()(const Request::SendZeroCopy&) const { return POLLOUT; }
  short operator()(const Request::SendMessage&) const { return POLLOUT; }
  template <class Other>
  short operator()(const Other&) const {
    return 0;
  }
};

short readiness_for(const Request& request) { return std::visit(Readiness(), request.call); }

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
  if (result < 0) throw failure(-result, why_not(-result));
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
  for (const PoolPlace& place : pools_) {
    if (place.pool != nullptr) place.pool->detach();
  }
  // Closes that were asked for and not submitted yet.
  io_uring_submit(&ring_);
  io_uring_queue_exit(&ring_);
}

void UringPoller::begin(Request& request) noexcept {
  add(request);
  marks(request) = {.result = 0,
                    .answers_due = 1,
                    .submitted = true,
                    .cancelled = false,
                    .left = false,
                    .looking = false};
  // As io_uring_get_sqe(), which would ask each time how large entries are and who submits them.
  io_uring_sq& queue = ring_.sq;
  const unsigned tail = queue.sqe_tail;
  const bool full = tail - IO_URING_READ_ONCE(*queue.khead) >= queue.ring_entries;
  if (full || queued_.first() != nullptr) [[unlikely]] {
    submit(request);
    return;
  }
  queue.sqe_tail = tail + 1;
  fill(queue.sqes[tail & queue.ring_mask], request);
}

[[gnu::noinline]] void UringPoller::submit(Request& request) noexcept {
  // Behind those that wait already: requests on one descriptor keep their order.
  io_uring_sqe* entry = queued_.first() == nullptr ? next_entry() : nullptr;
  marks(request).submitted = entry != nullptr;
  if (entry == nullptr) {
    queued_.push(request);
  } else if (marks(request).looking) {
    fill_look(*entry, request);
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
  io_uring_sqe_set_data(&entry, &request);  // io_uring_prep_*() leave it alone
  // First what a server does all day.
  if (const auto* receive = std::get_if<Request::Receive>(&request.call)) {
    Fill{entry, request.fd}(*receive);
  } else if (const auto* send = std::get_if<Request::Send>(&request.call)) {
    Fill{entry, request.fd}(*send);
  } else {
    fill_rarer(entry, request);
  }
}

[[gnu::noinline]] void UringPoller::fill_rarer(io_uring_sqe& entry, Request& request) noexcept {
  std::visit(Fill{entry, request.fd}, request.call);
}

void UringPoller::fill_look(io_uring_sqe& entry, Request& request) noexcept {
  io_uring_prep_poll_add(&entry, request.fd, static_cast<unsigned short>(readiness_for(request)));
  io_uring_sqe_set_data64(&entry, reinterpret_cast<std::uint64_t>(&request) | answer_to_look);
}

// On a descriptor that somebody made non-blocking, as the standard streams may be, the kernel gives
// EAGAIN back instead of waiting. Asking again at once would keep the loop busy.
void UringPoller::look(Request& request) noexcept {
  SUNDOG_PROBE("a request was tried in vain on a non-blocking descriptor");
  marks(request).looking = true;
  submit(request);
}

// The descriptor is ready for the request, or the look has failed.
void UringPoller::looked(Request& request, int result) noexcept {
  Marks& noted = marks(request);
  noted.looking = false;
  if (result >= 0 && !noted.cancelled && !everything_cancelled_) {
    submit(request);
    return;
  }
  answered_in_the_end(request, result < 0 ? result : -ECANCELED);
}

// A request is not finished before its cancellation has been answered too: a new request at the
// same address could be hit.
void UringPoller::cancel(Request& request) noexcept {
  Marks& noted = marks(request);
  if (std::exchange(noted.cancelled, true)) return;
  // Not submitted yet: submit_queued() sees the mark and answers in the kernel's place.
  if (request.queued_) {
    SUNDOG_PROBE("a request was cancelled before the kernel had it");
    return;
  }
  ++noted.answers_due;
  io_uring_sqe* entry = queued_.first() == nullptr ? next_entry() : nullptr;
  if (entry == nullptr) {
    queued_.push(request);
    return;
  }
  fill_cancel(*entry, request);
}

void UringPoller::fill_cancel(io_uring_sqe& entry, Request& request) noexcept {
  const auto address = reinterpret_cast<std::uint64_t>(&request);
  const bool looking = marks(request).looking;
  io_uring_prep_cancel64(&entry, looking ? address | answer_to_look : address, 0);
  io_uring_sqe_set_data64(&entry, address | answer_to_cancel);
}

void UringPoller::cancel_everything() noexcept {
  everything_cancelled_ = true;
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

// Not by the ring: the number, a port or a lock would be free only some time after the next submit,
// later even than what is submitted behind it.
void UringPoller::close_now(int fd) noexcept {
  ++system_call_count_;
  ::close(fd);
}

// The kernel holds what a request names until the request has ended. It looks up the number when
// the request is submitted, so all of them must be, and their cancellations too. Only for statx it
// looks when it makes the call, perhaps later on a thread.
void UringPoller::vacate(int fd) noexcept {
  for (Request* request = first_on(fd); request != nullptr;
       request = request->next_on_descriptor_) {
    if (request->fd == fd && std::holds_alternative<Request::Stat>(request->call)) return;
  }
  ++system_call_count_;
  io_uring_submit_and_get_events(&ring_);
  if (queued_.first() == nullptr && io_uring_sq_ready(&ring_) == 0) occupy(fd);
}

void UringPoller::close_soon(int fd) noexcept {
  io_uring_sqe* entry = queued_.first() == nullptr ? next_entry() : nullptr;
  if (entry == nullptr) {
    SUNDOG_PROBE("a close found no room in the ring");
    close_now(fd);
    return;
  }
  io_uring_prep_close(entry, fd);
  io_uring_sqe_set_data64(entry, nobody_asked);
  // Nobody waits for the answer; like close(2) on Linux it must not be repeated whatever it says.
  if ((ring_.features & IORING_FEAT_CQE_SKIP) != 0) entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

std::shared_ptr<ReceivePool> UringPoller::receive_pool(const ReceivePool::Kind& kind) noexcept {
  PoolPlace& place = pools_[kind.group];
  if (place.pool == nullptr && !place.refused) {
    try {
      place.pool = std::make_shared<ReceivePool>(ring_, kind);
    } catch (const std::exception& error) {
      SUNDOG_PROBE("there is no pool to receive into");
      place.refused = true;
      log::debug("data is received only when asked for, which is slower: {}", error.what());
    }
  }
  return place.pool;
}

// Moves queued requests and cancellations into the submission queue, as many as fit.
void UringPoller::submit_queued() noexcept {
  while (Request* request = queued_.first()) {
    Marks& noted = marks(*request);
    if (noted.cancelled && !noted.submitted) {
      queued_.remove(*request);
      noted.result = -ECANCELED;
      answer_received(*request);
      continue;
    }
    io_uring_sqe* entry = next_entry();
    if (entry == nullptr) return;
    queued_.remove(*request);
    if (noted.submitted) {
      fill_cancel(*entry, *request);
      continue;
    }
    noted.submitted = true;
    if (noted.looking) {
      fill_look(*entry, *request);
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
    const bool ordinary = (user_data & special) == 0 && (flags & rarer) == 0 && result != -EAGAIN;
    auto* request = ordinary ? reinterpret_cast<Request*>(user_data) : nullptr;
    if (ordinary && marks(*request).answers_due == 1 && !marks(*request).cancelled) [[likely]] {
      remove(*request);
      request->completed(result, false, (flags & IORING_CQE_F_SOCK_NONEMPTY) != 0);
    } else {
      answered(user_data, result, flags);
    }
  }
}

[[gnu::noinline]] void UringPoller::answered(std::uint64_t user_data, int result,
                                             std::uint32_t flags) noexcept {
  if (user_data == post_bell) {
    answered_bell(result, flags);
    return;
  }
  if ((user_data & nobody_asked) != 0) return;
  auto& request = *reinterpret_cast<Request*>(user_data & ~special);
  if ((user_data & answer_to_cancel) != 0) {
    answer_received(request);
    return;
  }
  if ((user_data & answer_to_look) != 0) {
    looked(request, result);
    return;
  }
  hand_over_piece(request, flags);
  const bool left = (flags & IORING_CQE_F_SOCK_NONEMPTY) != 0;
  if ((flags & IORING_CQE_F_MORE) != 0) {
    request.completed(result, true, left);
    return;
  }
  const bool ends = marks(request).cancelled || everything_cancelled_;
  if (result == -EAGAIN && !ends && readiness_for(request) != 0) {
    look(request);
    return;
  }
  marks(request).left = left;
  answered_in_the_end(request, result);
}

void UringPoller::answered_in_the_end(Request& request, int result) noexcept {
  marks(request).result = result;
  // Its cancellation need not be sent any more.
  if (request.queued_) {
    SUNDOG_PROBE("a result came before its cancellation was sent");
    queued_.remove(request);
    --marks(request).answers_due;
  }
  answer_received(request);
}

// Of those requests that receive into a pool.
void UringPoller::hand_over_piece(Request& request, std::uint32_t flags) noexcept {
  const bool filled = (flags & IORING_CQE_F_BUFFER) != 0;
  const auto id = static_cast<std::uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT);
  if (auto* bytes = std::get_if<Request::ReceiveMany>(&request.call)) {
    bytes->piece = filled ? &bytes->pool->filled(id) : nullptr;
  } else if (auto* messages = std::get_if<Request::ReceiveMessages>(&request.call)) {
    messages->piece = filled ? &messages->pool->filled(id) : nullptr;
  }
}

void UringPoller::answered_bell(int result, std::uint32_t flags) noexcept {
  posts_heard_ = (flags & IORING_CQE_F_MORE) != 0;
  if (!posts_heard_) SUNDOG_PROBE("the bell of posts must be armed again");
  if (result >= 0) deliver_posts();
}

void UringPoller::answer_received(Request& request) noexcept {
  Marks& noted = marks(request);
  if (--noted.answers_due > 0) {
    SUNDOG_PROBE("one of two answers came");
    return;
  }
  remove(request);
  if (request.closed_) close(request.fd);
  request.completed(noted.result, false, noted.left);
}

}  // namespace sundog
