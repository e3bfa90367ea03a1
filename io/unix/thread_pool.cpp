#include "sundog/io/unix/thread_pool.hpp"

#include <csignal>
#include <system_error>

#include "sundog/runtime/language/probe.hpp"

namespace sundog {

ThreadPool& ThreadPool::shared() {
  static ThreadPool pool;
  return pool;
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  there_is_work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::add(Work& work) {
  const std::lock_guard lock(mutex_);
  if (waiting_count_ >= idle_count_ && threads_.size() < threads_max) {
    // Signals are the business of the loops' threads.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      threads_.emplace_back([this] { serve(); });
    } catch (const std::system_error&) {
      SUNDOG_PROBE("there was no further thread for the pool");
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      // With fewer threads it takes longer; with none it would never be done.
      if (threads_.empty()) throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  work.next_ = nullptr;
  work.previous_ = last_;
  (last_ == nullptr ? first_ : last_->next_) = &work;
  last_ = &work;
  work.waiting_ = true;
  ++waiting_count_;
  there_is_work_.notify_one();
}

void ThreadPool::unlink(Work& work) noexcept {
  (work.previous_ == nullptr ? first_ : work.previous_->next_) = work.next_;
  (work.next_ == nullptr ? last_ : work.next_->previous_) = work.previous_;
  work.waiting_ = false;
  --waiting_count_;
}

bool ThreadPool::take_back(Work& work) noexcept {
  const std::lock_guard lock(mutex_);
  if (!work.waiting_) return false;
  unlink(work);
  return true;
}

void ThreadPool::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_count_;
    there_is_work_.wait(lock, [this] { return first_ != nullptr || ending_; });
    --idle_count_;
    if (ending_) return;
    Work& work = *first_;
    unlink(work);
    lock.unlock();
    work.run();
    lock.lock();
  }
}

}  // namespace sundog
