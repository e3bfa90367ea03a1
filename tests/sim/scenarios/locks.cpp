// Mutex and Semaphore under tasks that wait, hold, give up and are cancelled: never too many
// inside, and first come, first served.
#include <chrono>
#include <vector>

#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/semaphore.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;

// A model of the line in front of a lock: who came when, and how much is held.
class Line {
 public:
  Line(World& world, std::size_t places) : world_(world), places_(places) {}

  // Somebody who waits, and leaves the line when it is let in, or when its frame is destroyed.
  class Waiting {
   public:
    explicit Waiting(Line& line) : line_(line), job_(Scheduler::current().running()) {
      line.waiting_.push_back(job_);
    }
    ~Waiting() { leave(); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    void let_in() {
      for (const Job* earlier : line_.waiting_) {
        if (earlier == job_) break;
        // One that was let in, or cancelled, is out of the line, though it did not run yet.
        if (earlier->state() == Job::State::waiting) {
          line_.world_.fail("locks: somebody who came earlier still waits");
        }
      }
      leave();
    }

   private:
    void leave() noexcept { std::erase(line_.waiting_, job_); }
    Line& line_;
    const Job* const job_;
  };

  // Somebody inside.
  class Inside {
   public:
    Inside(Line& line, std::size_t count) : line_(line), count_(count) {
      line_.held_ += count;
      if (line_.held_ > line_.places_) line_.world_.fail("locks: too many are inside");
    }
    ~Inside() { line_.held_ -= count_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    Line& line_;
    const std::size_t count_;
  };

  bool at_rest() const noexcept { return held_ == 0 && waiting_.empty(); }

 private:
  World& world_;
  const std::size_t places_;
  std::size_t held_ = 0;
  std::vector<const Job*> waiting_;
};

constexpr std::size_t permits = 4;

class Locks {
 public:
  explicit Locks(World& world)
      : world_(world),
        mutex_line_(world, 1),
        semaphore_(permits),
        semaphore_line_(world, permits) {}

  Task<void> run() {
    const auto body = [&](Scope& tasks) -> Task<void> {
      const std::uint64_t count = world_.prng().between(2, 12);
      for (std::uint64_t i = 0; i < count; ++i) tasks.spawn(be_a_user());
      co_return;
    };
    co_await scope(body);
    if (mutex_.locked() || mutex_.waiter_count() != 0 || !mutex_line_.at_rest()) {
      world_.fail("locks: the mutex is held although all have ended");
    }
    if (semaphore_.available() != permits || semaphore_.waiter_count() != 0 ||
        !semaphore_line_.at_rest()) {
      world_.fail("locks: permits were lost, or made");
    }
  }

 private:
  Duration a_while() { return world_.prng().between(0ns, 20ms); }

  Task<void> use_mutex() {
    Line::Waiting waiting(mutex_line_);
    const Mutex::Guard guard = co_await mutex_.lock();
    waiting.let_in();
    const Line::Inside inside(mutex_line_, 1);
    co_await sleep(a_while());
  }
  Task<void> use_semaphore() {
    const std::size_t count = world_.prng().between(1, permits);
    Line::Waiting waiting(semaphore_line_);
    const Semaphore::Permit permit = co_await semaphore_.acquire(count);
    waiting.let_in();
    const Line::Inside inside(semaphore_line_, count);
    co_await sleep(a_while());
  }

  Task<void> be_a_user() {
    const std::uint64_t rounds = world_.prng().between(1, 20);
    for (std::uint64_t i = 0; i < rounds; ++i) {
      Task<void> use = world_.prng().below(2) == 0 ? use_mutex() : use_semaphore();
      if (world_.prng().below(2) == 0) {
        co_await std::move(use);
      } else {
        static_cast<void>(co_await try_timeout(std::move(use), a_while()));
      }
      if (world_.prng().below(4) == 0) co_await sleep(a_while());
    }
  }

  World& world_;
  Mutex mutex_;
  Line mutex_line_;
  Semaphore semaphore_;
  Line semaphore_line_;
};

}  // namespace

void simulate_locks(World& world) {
  world.faults().spare_memory();
  Host& host = world.add_host("host");
  Locks locks(world);
  host.start([&] { return locks.run(); });
  world.run();
}

}  // namespace sundog::sim
