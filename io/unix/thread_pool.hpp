// ThreadPool: the threads of this process that make blocking calls, for all of its loops.
//
// Threads start when there is work and none is free, up to a limit, and end with the process. Work
// is done in the order in which it came.
//
// A child of fork() has none of these threads: it begins with an empty pool, which starts threads
// of its own. Work that waited in the parent's is the parent's.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#include "sundog/runtime/language/list.hpp"

namespace sundog {

class ThreadPool {
 public:
  // getaddrinfo and slow disks keep a thread busy for long; more than this would not make either
  // faster.
  static constexpr std::size_t threads_max = 16;

  // Something to be done on a thread. Its memory belongs to whoever adds it, until run() ends.
  class Work : private ListLink {
   public:
    virtual void run() noexcept = 0;

   protected:
    ~Work() = default;

   private:
    friend class ThreadPool;
    friend class List<Work>;
  };

  // The one of this process, made when it is first asked for.
  static ThreadPool& shared();
  ~ThreadPool();

  // Makes sure that there is a thread at all. From any thread. Throws std::system_error,
  // resource_unavailable_try_again, if none can be started.
  void ensure_thread();
  // From any thread, after ensure_thread(). Starts a further thread if all are busy, and makes do
  // with those there are if it cannot.
  void add(Work& work) noexcept;
  // Takes back work that no thread has begun; false: it runs, or has run.
  bool take_back(Work& work) noexcept;

 private:
  ThreadPool();
  void start_thread();
  void serve();

  static void before_fork() noexcept;
  static void after_fork_in_parent() noexcept;
  static void after_fork_in_child() noexcept;

  std::mutex mutex_;
  std::condition_variable there_is_work_;
  std::size_t thread_count_ = 0;
  std::array<std::thread, threads_max> threads_;
  std::size_t idle_count_ = 0;
  std::size_t waiting_count_ = 0;
  List<Work> work_;
  bool ending_ = false;
};

}  // namespace sundog
