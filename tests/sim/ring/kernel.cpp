#include "tests/sim/ring/kernel.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <utility>

#include "sundog/runtime/language/assert.hpp"

namespace sundog::sim::ring {

using namespace std::chrono_literals;

namespace {

constexpr Duration step_max = 200us;
constexpr PartsPerMillion reset_ppm = 2'000;
constexpr PartsPerMillion exhausted_ppm = 20'000;
RingKernel* current_kernel = nullptr;

}  // namespace

struct RingKernel::Memory {
  unsigned sq_head = 0, sq_tail = 0, sq_mask = 0, sq_entries = 0, sq_flags = 0, sq_dropped = 0;
  unsigned cq_head = 0, cq_tail = 0, cq_mask = 0, cq_entries = 0, cq_flags = 0, cq_overflow = 0;
  std::vector<unsigned> sq_array;
  std::vector<io_uring_sqe> sqes;
  std::vector<io_uring_cqe> cqes;
};

RingKernel::RingKernel(std::uint64_t seed)
    : prng_(seed),
      submissions_(1U << prng_.between(0, 6)),
      completions_(submissions_ << prng_.between(0, 4)),
      deferred_(chance(always_ppm / 2)),
      short_ppm_(static_cast<PartsPerMillion>(prng_.below(always_ppm))),
      interrupted_ppm_(chance(always_ppm / 2) ? 100'000 : 0),
      refused_ppm_(chance(always_ppm / 2) ? 100'000 : 0),
      multishot_end_ppm_(static_cast<PartsPerMillion>(prng_.below(always_ppm / 2))) {
  SUNDOG_ASSERT(current_kernel == nullptr, "there is one simulated kernel at a time");
  current_kernel = this;
}

RingKernel::~RingKernel() { current_kernel = nullptr; }
RingKernel* RingKernel::current() noexcept { return current_kernel; }

void RingKernel::problem(std::string what) {
  if (problem_.empty()) problem_ = std::move(what);
}

bool RingKernel::all_peers_gone() const noexcept {
  return std::all_of(peers_.begin(), peers_.end(),
                     [](const auto& peer) { return peer->state == Peer::State::gone; });
}

Peer* RingKernel::peer_of(int fd) const noexcept {
  const auto place = sockets_.find(fd);
  return place == sockets_.end() ? nullptr : place->second;
}

// --- the rings
// ------------------------------------------------------------------------------------

int RingKernel::set_up(io_uring& ring, unsigned entries, io_uring_params& parameters) {
  const bool asks_deferred = (parameters.flags & IORING_SETUP_DEFER_TASKRUN) != 0;
  if (asks_deferred && !deferred_) return -EINVAL;  // an older kernel
  memory_ = std::make_unique<Memory>();
  Memory& memory = *memory_;
  memory.sq_entries = entries;
  memory.sq_mask = entries - 1;
  memory.cq_entries = std::max(parameters.cq_entries, entries);
  memory.cq_mask = memory.cq_entries - 1;
  memory.sq_array.resize(memory.sq_entries);
  memory.sqes.resize(memory.sq_entries);
  memory.cqes.resize(memory.cq_entries);
  // Indices run freely; begun near their overflow, they wrap around soon.
  memory.sq_head = memory.sq_tail = UINT32_MAX - static_cast<unsigned>(prng_.below(50));
  memory.cq_head = memory.cq_tail = UINT32_MAX - static_cast<unsigned>(prng_.below(50));
  ring = {};
  ring.sq.khead = &memory.sq_head;
  ring.sq.ktail = &memory.sq_tail;
  ring.sq.kring_mask = &memory.sq_mask;
  ring.sq.kring_entries = &memory.sq_entries;
  ring.sq.kflags = &memory.sq_flags;
  ring.sq.kdropped = &memory.sq_dropped;
  ring.sq.array = memory.sq_array.data();
  ring.sq.sqes = memory.sqes.data();
  ring.sq.sqe_head = ring.sq.sqe_tail = memory.sq_tail;
  ring.sq.ring_mask = memory.sq_mask;
  ring.sq.ring_entries = memory.sq_entries;
  ring.cq.khead = &memory.cq_head;
  ring.cq.ktail = &memory.cq_tail;
  ring.cq.kring_mask = &memory.cq_mask;
  ring.cq.kring_entries = &memory.cq_entries;
  ring.cq.kflags = &memory.cq_flags;
  ring.cq.koverflow = &memory.cq_overflow;
  ring.cq.cqes = memory.cqes.data();
  ring.cq.ring_mask = memory.cq_mask;
  ring.cq.ring_entries = memory.cq_entries;
  ring.flags = parameters.flags;
  ring.features = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP;
  parameters.features = ring.features;
  return 0;
}

void RingKernel::tear_down(io_uring& ring) {
  for (const Operation& operation : operations_) {
    // What names no memory of the program's: the bell of posts (unix/poller.hpp), cancellations.
    const bool harmless = operation.entry.opcode == IORING_OP_POLL_ADD ||
                          operation.entry.opcode == IORING_OP_ASYNC_CANCEL;
    if (!harmless) {
      problem("the ring was torn down while operations are under way");
    }
  }
  operations_.clear();
  memory_.reset();
  ring = {};
}

unsigned RingKernel::posted_count(const io_uring& ring) const noexcept {
  return *ring.cq.ktail - *ring.cq.khead;
}

void RingKernel::show_flags(io_uring& ring) noexcept {
  unsigned flags = 0;
  if (!overflow_.empty()) flags |= IORING_SQ_CQ_OVERFLOW;
  if (deferred_ && !due_.empty()) flags |= IORING_SQ_TASKRUN;
  *ring.sq.kflags = flags;
}

// Shows some of the completions that are due, in any order; what does not fit overflows, and comes
// first when there is room.
void RingKernel::post(io_uring& ring) {
  const auto put = [&](const io_uring_cqe& completion) {
    ring.cq.cqes[*ring.cq.ktail & ring.cq.ring_mask] = completion;
    ++*ring.cq.ktail;
  };
  while (!overflow_.empty() && posted_count(ring) < ring.cq.ring_entries) {
    put(overflow_.front());
    overflow_.pop_front();
  }
  for (std::size_t count = due_.empty() ? 0 : prng_.between(1, due_.size()); count > 0; --count) {
    const io_uring_cqe completion = due_.front();
    due_.erase(due_.begin());
    if (overflow_.empty() && posted_count(ring) < ring.cq.ring_entries) {
      put(completion);
    } else {
      overflow_.push_back(completion);
    }
  }
  show_flags(ring);
}

int RingKernel::submit(io_uring& ring) {
  *ring.sq.ktail = ring.sq.sqe_head = ring.sq.sqe_tail;
  int count = 0;
  // Short of memory, or with completions that overflowed, it takes some of them or none.
  while (*ring.sq.khead != *ring.sq.ktail && !chance(refused_ppm_)) {
    start(ring.sq.sqes[*ring.sq.khead & ring.sq.ring_mask]);
    ++*ring.sq.khead;
    ++count;
  }
  if (!deferred_ && chance(always_ppm / 2)) {
    step();
    post(ring);
  }
  show_flags(ring);
  return count == 0 && *ring.sq.khead != *ring.sq.ktail ? -EBUSY : count;
}

int RingKernel::submit_and_get_events(io_uring& ring) {
  const int count = submit(ring);
  for (std::uint64_t steps = prng_.below(4); steps > 0; --steps) step();
  post(ring);
  return count;
}

int RingKernel::submit_and_wait(io_uring& ring, std::optional<std::int64_t> timeout_ns) {
  const int count = submit(ring);
  if (count < 0) return count;
  if (chance(interrupted_ppm_)) return -EINTR;
  if (!overflow_.empty() && posted_count(ring) == ring.cq.ring_entries) return -EBUSY;
  const std::optional<std::int64_t> deadline_ns =
      timeout_ns ? std::optional(now_ns_ + *timeout_ns) : std::nullopt;
  for (;;) {
    post(ring);
    if (posted_count(ring) > 0) return count;
    const bool possible = step();
    if (deadline_ns && (!possible || now_ns_ >= *deadline_ns)) {
      now_ns_ = std::max(now_ns_, *deadline_ns);
      return -ETIME;
    }
    SUNDOG_ASSERT(possible || deadline_ns, "the program waits for what can never come");
  }
}

int RingKernel::add_buffers(const io_uring_buf_reg& group) {
  if (chance(refused_ppm_)) return -ENOMEM;
  buffers_[group.bgid] =
      BufferGroup{reinterpret_cast<io_uring_buf_ring*>(group.ring_addr), group.ring_entries - 1};
  return 0;
}
void RingKernel::remove_buffers(unsigned group) { buffers_.erase(group); }

// --- operations
// -----------------------------------------------------------------------------------

void RingKernel::start(const io_uring_sqe& entry) {
  const bool on_socket = entry.opcode == IORING_OP_RECV || entry.opcode == IORING_OP_SEND ||
                         entry.opcode == IORING_OP_SENDMSG;
  if (on_socket && peer_of(entry.fd) == nullptr) {
    problem("an operation names a descriptor that is closed");
    return answer(entry.user_data, -EBADF, 0);
  }
  if (entry.opcode == IORING_OP_CLOSE) {
    const int result = owns(entry.fd) ? close(entry.fd) : ::close(entry.fd);
    if ((entry.flags & IOSQE_CQE_SKIP_SUCCESS) == 0 || result < 0) {
      answer(entry.user_data, result, 0);
    }
    return;
  }
  operations_.push_back({.entry = entry, .peer = on_socket ? peer_of(entry.fd) : nullptr});
}

bool RingKernel::ready(const Operation& operation) const {
  switch (operation.entry.opcode) {
    case IORING_OP_RECV:
      return operation.peer->readable();
    case IORING_OP_ACCEPT:
      return std::any_of(peers_.begin(), peers_.end(),
                         [](const auto& peer) { return peer->state == Peer::State::waiting; });
    case IORING_OP_POLL_ADD: {
      pollfd look = {.fd = operation.entry.fd, .events = POLLIN, .revents = 0};
      return ::poll(&look, 1, 0) == 1;
    }
    default:
      return true;
  }
}

// One thing happens: an operation makes progress, or a peer does. False: nothing can.
bool RingKernel::step() {
  now_ns_ += prng_.between(0ns, step_max).count();
  std::vector<std::size_t> ready_operations;
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    if (ready(operations_[i])) ready_operations.push_back(i);
  }
  std::vector<Peer*> active;
  for (const auto& peer : peers_) {
    if (peer->state == Peer::State::connected && !peer->has_finished && !peer->has_reset) {
      active.push_back(peer.get());
    }
  }
  const std::size_t choices = ready_operations.size() + active.size();
  if (choices == 0) return false;
  const std::size_t chosen = prng_.below(choices);
  if (chosen < ready_operations.size()) {
    run(ready_operations[chosen]);
    return true;
  }
  Peer& peer = *active[chosen - ready_operations.size()];
  if (chance(reset_ppm)) {
    peer.has_reset = true;
    peer.in_socket.clear();
  } else if (peer.sent == peer.script.size()) {
    peer.has_finished = true;
  } else {
    const std::size_t count = prng_.between(1, peer.script.size() - peer.sent);
    const auto first = peer.script.begin() + static_cast<std::ptrdiff_t>(peer.sent);
    peer.in_socket.insert(peer.in_socket.end(), first, first + static_cast<std::ptrdiff_t>(count));
    peer.sent += count;
  }
  return true;
}

void RingKernel::run(std::size_t index) {
  const io_uring_sqe entry = operations_[index].entry;
  switch (entry.opcode) {
    case IORING_OP_RECV:
      return receive(index);
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
      return send(index);
    case IORING_OP_ACCEPT:
      return accept(index);
    case IORING_OP_POLL_ADD:
      return complete(index, POLLIN, 0, more_to_come());
    case IORING_OP_ASYNC_CANCEL:
      operations_.erase(operations_.begin() + static_cast<std::ptrdiff_t>(index));
      return cancel(entry);
    default:
      problem("operation " + std::to_string(entry.opcode) + " is not simulated");
      return complete(index, -EINVAL, 0, false);
  }
}

bool RingKernel::more_to_come() noexcept { return !chance(multishot_end_ppm_); }

void RingKernel::receive(std::size_t index) {
  const io_uring_sqe entry = operations_[index].entry;
  Peer& peer = *operations_[index].peer;
  if (chance(interrupted_ppm_ / 4)) return complete(index, -EINTR, 0, false);
  if (peer.has_reset) return complete(index, -ECONNRESET, 0, false);
  if (peer.in_socket.empty()) return complete(index, 0, 0, false);
  auto* target = reinterpret_cast<std::byte*>(entry.addr);
  std::size_t size = entry.len;
  std::uint32_t flags = 0;
  if ((entry.flags & IOSQE_BUFFER_SELECT) != 0) {
    const auto group = buffers_.find(entry.buf_group);
    if (group == buffers_.end() || group->second.head == group->second.ring->tail) {
      return complete(index, -ENOBUFS, 0, false);
    }
    const io_uring_buf& buffer =
        group->second.ring->bufs[group->second.head++ & group->second.mask];
    target = reinterpret_cast<std::byte*>(buffer.addr);
    size = size == 0 ? buffer.len : std::min<std::size_t>(size, buffer.len);
    flags = IORING_CQE_F_BUFFER | std::uint32_t{buffer.bid} << IORING_CQE_BUFFER_SHIFT;
  }
  size = std::min(size, peer.in_socket.size());
  if (size > 1 && chance(short_ppm_)) size = prng_.between(1, size);
  std::copy_n(peer.in_socket.begin(), size, target);
  peer.in_socket.erase(peer.in_socket.begin(),
                       peer.in_socket.begin() + static_cast<std::ptrdiff_t>(size));
  // Only a hint: bytes may come between the look and the answer.
  if (!peer.in_socket.empty()) flags |= IORING_CQE_F_SOCK_NONEMPTY;
  const bool multishot = (entry.ioprio & IORING_RECV_MULTISHOT) != 0;
  complete(index, static_cast<int>(size), flags, multishot && more_to_come());
}

void RingKernel::send(std::size_t index) {
  const io_uring_sqe entry = operations_[index].entry;
  Peer& peer = *operations_[index].peer;
  if (chance(interrupted_ppm_ / 4)) return complete(index, -EINTR, 0, false);
  if (peer.has_reset) return complete(index, -EPIPE, 0, false);
  std::vector<std::byte> bytes;
  const auto gather = [&](const void* from, std::size_t size) {
    const auto* first = static_cast<const std::byte*>(from);
    bytes.insert(bytes.end(), first, first + size);
  };
  if (entry.opcode == IORING_OP_SEND) {
    gather(reinterpret_cast<const void*>(entry.addr), entry.len);
  } else {
    const auto* message = reinterpret_cast<const msghdr*>(entry.addr);
    for (std::size_t i = 0; i < message->msg_iovlen; ++i) {
      gather(message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
    }
  }
  if (bytes.size() > 1 && chance(short_ppm_)) bytes.resize(prng_.between(1, bytes.size()));
  peer.received.insert(peer.received.end(), bytes.begin(), bytes.end());
  complete(index, static_cast<int>(bytes.size()), 0, false);
}

void RingKernel::accept(std::size_t index) {
  // What accept(2) gives that says nothing about the next connection.
  constexpr int errors[] = {EMFILE, ENOBUFS, ECONNABORTED, EINTR};
  if (chance(exhausted_ppm)) {
    return complete(index, -errors[prng_.below(std::size(errors))], 0, false);
  }
  const auto peer = std::find_if(peers_.begin(), peers_.end(), [](const auto& each) {
    return each->state == Peer::State::waiting;
  });
  int fd = fd_first;
  while (sockets_.contains(fd)) ++fd;
  sockets_.emplace(fd, peer->get());
  (*peer)->state = Peer::State::connected;
  const bool multishot = (operations_[index].entry.ioprio & IORING_ACCEPT_MULTISHOT) != 0;
  complete(index, fd, 0, multishot && more_to_come());
}

void RingKernel::complete(std::size_t index, int result, std::uint32_t flags, bool more) {
  Operation& operation = operations_[index];
  const bool goes_on = more && !operation.running;
  answer(operation.entry.user_data, result, flags | (goes_on ? IORING_CQE_F_MORE : 0));
  if (!goes_on) forget(index);
}

void RingKernel::forget(std::size_t index) {
  Peer* peer = operations_[index].peer;
  operations_.erase(operations_.begin() + static_cast<std::ptrdiff_t>(index));
  if (peer != nullptr && peer->program_closed) end_if_unheld(*peer);
}

void RingKernel::end_if_unheld(Peer& peer) {
  const bool held = std::any_of(operations_.begin(), operations_.end(),
                                [&](const Operation& it) { return it.peer == &peer; });
  if (held) return;
  // Unread bytes make it a reset (RFC 1122 section 4.2.2.13).
  if (!peer.in_socket.empty()) peer.has_reset = true;
  peer.program_finished = true;
  peer.state = Peer::State::gone;
}

// Completions of one operation keep their order; all others may overtake each other.
void RingKernel::answer(std::uint64_t user_data, int result, std::uint32_t flags) {
  const auto same = std::find_if(due_.rbegin(), due_.rend(), [&](const io_uring_cqe& completion) {
    return completion.user_data == user_data;
  });
  const auto earliest = static_cast<std::size_t>(due_.rend() - same);
  const std::size_t place = prng_.between(earliest, due_.size());
  io_uring_cqe completion = {};
  completion.user_data = user_data;
  completion.res = result;
  completion.flags = flags;
  due_.insert(due_.begin() + static_cast<std::ptrdiff_t>(place), completion);
}

// --- cancellation and ends
// ------------------------------------------------------------------------

void RingKernel::stop(std::size_t index) {
  answer(operations_[index].entry.user_data, -ECANCELED, 0);
  forget(index);
}

void RingKernel::cancel_all() {
  while (!operations_.empty()) stop(operations_.size() - 1);
}

void RingKernel::cancel(const io_uring_sqe& entry) {
  if ((entry.cancel_flags & IORING_ASYNC_CANCEL_ANY) != 0) {
    cancel_all();
    return answer(entry.user_data, 0, 0);
  }
  const auto target = std::find_if(
      operations_.begin(), operations_.end(),
      [&](const Operation& operation) { return operation.entry.user_data == entry.addr; });
  if (target == operations_.end()) return answer(entry.user_data, -ENOENT, 0);
  if (ready(*target) && chance(always_ppm / 2)) {
    target->running = true;  // it will come to its own end
    return answer(entry.user_data, -EALREADY, 0);
  }
  stop(static_cast<std::size_t>(target - operations_.begin()));
  answer(entry.user_data, 0, 0);
}

int RingKernel::close(int fd) {
  Peer* peer = peer_of(fd);
  if (peer == nullptr) {
    problem("a descriptor was closed that is not open");
    return -EBADF;
  }
  for (const Operation& operation : operations_) {
    const bool names_it = operation.entry.opcode != IORING_OP_ASYNC_CANCEL;
    if (names_it && operation.entry.fd == fd) {
      problem("a descriptor was closed while an operation on it is under way");
    }
  }
  sockets_.erase(fd);
  peer->program_closed = true;
  end_if_unheld(*peer);
  return 0;
}

int RingKernel::shut_down(int fd) {
  Peer* peer = peer_of(fd);
  if (peer == nullptr) return -EBADF;
  peer->program_finished = true;
  return 0;
}

}  // namespace sundog::sim::ring
