// ThreadPool: the threads of this process that make blocking calls, for all of its loops.
//
// Threads start when there is work and none is free, up to a limit, and end with the process. Work
// is done in the order in which it came.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace sundog {

class ThreadPool {
 public:
  // getaddrinfo and slow disks keep a thread busy for long; more than this would not make either
  // faster.
  static constexpr std::size_t threads_max = 16;

  // Something to be done on a thread. Its memory belongs to whoever adds it, until run() ends.
  class Work {
   public:
    virtual void run() noexcept = 0;

   protected:
    ~Work() = default;

   private:
    friend class ThreadPool;
    Work* next_ = nullptr;
    Work* previous_ = nullptr;
    bool waiting_ = false;
  };

  static ThreadPool& shared();
  ~ThreadPool();

  // From any thread. Throws std::system_error if no thread is there and none can be started.
  void add(Work& work);
  // Takes back work that no thread has begun; false: it runs, or has run.
  bool take_back(Work& work) noexcept;

 private:
  ThreadPool() = default;
  void serve();
  void unlink(Work& work) noexcept;

  std::mutex mutex_;
  std::condition_variable there_is_work_;
  std::vector<std::thread> threads_;
  std::size_t idle_count_ = 0;
  std::size_t waiting_count_ = 0;
  Work* first_ = nullptr;
  Work* last_ = nullptr;
  bool ending_ = false;
};

}  // namespace sundog
