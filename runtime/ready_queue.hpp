// ReadyQueue: the jobs that are ready, first come, first served.
//
// A ring of pointers, and a list through the jobs for those that the ring has no room for. A ring,
// because the processor can read ahead in it: along a list it finds the next job only in the job
// before, and among a thousand tasks each such step is a miss of the first-level cache. A list
// behind it, because then pushing allocates nothing and cannot fail, however many become ready.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sundog {

class Job;

class ReadyQueue {
 public:
  static constexpr std::size_t ring_jobs = 2048;  // a power of two

  bool empty() const noexcept { return taken_ == pushed_; }
  std::size_t size() const noexcept {
    return static_cast<std::size_t>(pushed_ - taken_) + listed_count_;
  }
  // How many jobs were taken, ever.
  std::uint64_t taken_count() const noexcept { return taken_; }

  // Puts a job at the end. It must be in no queue, and must be taken before it is destroyed.
  void push(Job& job) noexcept {
    if (pushed_ - taken_ == ring_jobs) [[unlikely]] {
      push_listed(job);
    } else {
      ring_[pushed_++ % ring_jobs] = &job;
    }
  }

  // The first; there must be one.
  Job& take() noexcept {
    Job& job = *ring_[taken_++ % ring_jobs];
    if (listed_count_ != 0) [[unlikely]]
      refill();
    return job;
  }

 private:
  void push_listed(Job& job) noexcept;
  void refill() noexcept;

  // Jobs are listed only while the ring is full: who is pushed then must not overtake them.
  std::uint64_t pushed_ = 0;  // into the ring
  std::uint64_t taken_ = 0;
  Job* first_listed_ = nullptr;
  Job* last_listed_ = nullptr;
  std::size_t listed_count_ = 0;
  std::array<Job*, ring_jobs> ring_;
};

}  // namespace sundog
