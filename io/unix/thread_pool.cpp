#include "sundog/io/unix/thread_pool.hpp"

#include <pthread.h>

#include <csignal>
#include <new>
#include <system_error>

#include "sundog/io/unix/fork.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {

ThreadPool& ThreadPool::shared() {
  static ThreadPool pool;
  return pool;
}

// Made by shared() only, so that there is one, and the fork handlers find it.
ThreadPool::ThreadPool() {
  if (const int error = ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child)) {
    throw std::system_error(error, std::system_category(), "no memory for a pool of threads");
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  there_is_work_.notify_all();
  for (std::size_t i = 0; i < thread_count_; ++i) threads_[i].join();
}

// No thread of the pool is between two states while the process is copied.
void ThreadPool::before_fork() noexcept { shared().mutex_.lock(); }
void ThreadPool::after_fork_in_parent() noexcept { shared().mutex_.unlock(); }

// The threads are not here; std::thread would insist on joining them, and the condition variable
// counts those that wait for it. All of it is made anew over the old, whose destructors do not run.
void ThreadPool::after_fork_in_child() noexcept {
  ThreadPool& pool = shared();
  SUNDOG_PROBE("a child of fork began with an empty pool");
  new (&pool.mutex_) std::mutex;
  new (&pool.there_is_work_) std::condition_variable;
  new (&pool.threads_) std::array<std::thread, threads_max>;
  pool.thread_count_ = 0;
  pool.idle_count_ = 0;
  pool.waiting_count_ = 0;
  new (&pool.work_) List<Work>;
}

// With the lock held.
void ThreadPool::start_thread() {
  // Signals are the business of the loops' threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    threads_[thread_count_] = std::thread([this] { serve(); });
    ++thread_count_;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ThreadPool::ensure_thread() {
  const std::lock_guard lock(mutex_);
  if (thread_count_ > 0) return;
  try {
    start_thread();
  } catch (const std::system_error& error) {
    SUNDOG_PROBE("there was no thread at all for the pool");
    throw std::system_error(error.code(),
                            "no thread can be started for work that blocks: raise the limit of "
                            "threads (ulimit -u, or the container's pids.max)");
  }
}

void ThreadPool::add(Work& work) noexcept {
  const std::lock_guard lock(mutex_);
  SUNDOG_ASSERT(thread_count_ > 0, "call ensure_thread() before anything is given to the pool");
  if (waiting_count_ >= idle_count_ && thread_count_ < threads_max) {
    try {
      start_thread();
    } catch (const std::exception&) {
      // With fewer threads it takes longer.
      SUNDOG_PROBE("there was no further thread for the pool");
    }
  }
  work_.add(work);
  ++waiting_count_;
  there_is_work_.notify_one();
}

bool ThreadPool::take_back(Work& work) noexcept {
  const std::lock_guard lock(mutex_);
  if (!work.listed()) return false;
  work_.remove(work);
  --waiting_count_;
  return true;
}

void ThreadPool::serve() {
  const std::uint32_t generation = fork_generation();
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_count_;
    there_is_work_.wait(lock, [this] { return !work_.empty() || ending_; });
    --idle_count_;
    if (ending_) return;
    Work& work = *work_.take_first();
    --waiting_count_;
    lock.unlock();
    work.run();
    SUNDOG_ASSERT(
        generation == fork_generation(),
        "this process was forked inside of offloaded work, which is its parent's: let the "
        "child exec, _exit or run() a task of its own before that work ends");
    lock.lock();
  }
}

}  // namespace sundog
