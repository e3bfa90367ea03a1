// RingKernel: what Linux does behind an io_uring, simulated from a seed.
//
// liburing.cpp puts it in the place of the real kernel, below the production UringPoller, sockets
// and listeners, which run as they are. Everything that the man pages leave open is drawn: how much
// an operation transfers, when and in which order completions come, whether a multishot operation
// goes on, whether a cancellation comes before, with or after the completion, interrupted waits,
// deferred completions, submissions that are not taken, and rings so small that they are full and
// overflow all the time.
//
// On the other side of the sockets are peers (peer.hpp). What the program does wrong on the way (a
// closed descriptor used, one closed under an operation, a ring torn down too early) is noted as a
// problem.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sundog/io/sim/prng.hpp"
#include "tests/sim/ring/peer.hpp"

namespace sundog::sim::ring {

class RingKernel {
 public:
  explicit RingKernel(std::uint64_t seed);

  // The one that the program's calls go to, for as long as it lives; null for the real kernel.
  static RingKernel* current() noexcept;
  ~RingKernel();
  RingKernel(const RingKernel&) = delete;
  RingKernel& operator=(const RingKernel&) = delete;

  // Sizes for the poller to ask for.
  unsigned submissions() const noexcept { return submissions_; }
  unsigned completions() const noexcept { return completions_; }
  Prng& prng() noexcept { return prng_; }
  std::int64_t now_ns() const noexcept { return now_ns_; }

  std::vector<std::unique_ptr<Peer>>& peers() noexcept { return peers_; }
  bool all_peers_gone() const noexcept;
  // The first thing that went wrong, or an empty text.
  const std::string& problem() const noexcept { return problem_; }

  // --- for liburing.cpp: as the functions of these names, on success 0 or a count, or -errno
  // ------

  int set_up(io_uring& ring, unsigned entries, io_uring_params& parameters);
  void tear_down(io_uring& ring);
  int submit(io_uring& ring);
  int submit_and_get_events(io_uring& ring);
  // Without a time limit: until a completion is there.
  int submit_and_wait(io_uring& ring, std::optional<std::int64_t> timeout_ns);
  int add_buffers(const io_uring_buf_reg& group);
  void remove_buffers(unsigned group);

  // Whether the descriptor is a simulated socket.
  bool owns(int fd) const noexcept { return fd >= fd_first; }
  int close(int fd);
  int shut_down(int fd);

 private:
  // Above what this process can have of its own.
  static constexpr int fd_first = 50'000;

  // Submitted and not completed.
  struct Operation {
    io_uring_sqe entry;
    // The other side of the socket it names, which it holds though the descriptor is closed.
    Peer* peer = nullptr;
    // A cancellation came too late to stop it.
    bool running = false;
  };
  struct BufferGroup {
    io_uring_buf_ring* ring;
    unsigned mask;
    std::uint16_t head = 0;
  };

  bool chance(PartsPerMillion ppm) noexcept { return prng_.chance(ppm); }
  void problem(std::string what);
  Peer* peer_of(int fd) const noexcept;

  void start(const io_uring_sqe& entry);
  bool step();
  bool ready(const Operation& operation) const;
  void run(std::size_t index);
  void receive(std::size_t index);
  void send(std::size_t index);
  void accept(std::size_t index);
  void cancel(const io_uring_sqe& entry);
  void cancel_all();
  void stop(std::size_t index);
  // The operation is no more; its socket ends with it if the program has closed it.
  void forget(std::size_t index);
  void end_if_unheld(Peer& peer);
  // More: the operation goes on.
  void complete(std::size_t index, int result, std::uint32_t flags, bool more);
  void answer(std::uint64_t user_data, int result, std::uint32_t flags);
  bool more_to_come() noexcept;

  void post(io_uring& ring);
  unsigned posted_count(const io_uring& ring) const noexcept;
  void show_flags(io_uring& ring) noexcept;

  Prng prng_;
  unsigned submissions_;
  unsigned completions_;
  // Completions are shown in enter only, as with DEFER_TASKRUN.
  bool deferred_;
  // Drawn once for all: some worlds are hasty, others always give a little.
  PartsPerMillion short_ppm_;
  PartsPerMillion interrupted_ppm_;
  PartsPerMillion refused_ppm_;
  PartsPerMillion multishot_end_ppm_;

  std::int64_t now_ns_ = 1'000'000'000;
  std::vector<Operation> operations_;
  // Completed, not yet in the completion queue.
  std::vector<io_uring_cqe> due_;
  std::deque<io_uring_cqe> overflow_;
  std::map<unsigned, BufferGroup> buffers_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::map<int, Peer*> sockets_;
  std::string problem_;

  // The rings' memory, which the program reads and writes.
  struct Memory;
  std::unique_ptr<Memory> memory_;
};

}  // namespace sundog::sim::ring
