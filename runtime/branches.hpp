// Branches: an owner whose jobs stand side by side in an array: the common part of join and pick.
#pragma once

#include <cstddef>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "sundog/runtime/job.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::detail {

// void has no values; where results are put side by side, std::monostate stands for it.
template <class T>
using Regular = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

class Branches : public Owner {
 public:
  Job* next_child(Job* after) noexcept override {
    std::size_t index = after == nullptr ? 0 : static_cast<std::size_t>(after - jobs_) + 1;
    while (index < count_ && jobs_[index].state() == Job::State::ended) ++index;
    return index < count_ ? &jobs_[index] : nullptr;
  }

 protected:
  ~Branches() = default;

  // The array outlives the wait.
  void set_jobs(Job* jobs, std::size_t count) noexcept {
    jobs_ = jobs;
    count_ = count;
  }
  void start_all() {
    alive_ = count_;
    for (std::size_t i = 0; i < count_; ++i) jobs_[i].start();
  }
  void cancel_all() noexcept {
    for (std::size_t i = 0; i < count_; ++i) jobs_[i].cancel();
  }
  // One more has ended; true when it was the last.
  bool last_ended() noexcept { return --alive_ == 0; }

  // What a branch computed; it must have ended by itself.
  template <class T>
  static Result<T>& result_of(Job& job) noexcept {
    return static_cast<TaskPromise<T>*>(job.root())->result;
  }
  template <class T>
  static Regular<T> take_regular(Job& job) {
    if constexpr (std::is_void_v<T>) {
      result_of<T>(job).take();
      return {};
    } else {
      return result_of<T>(job).take();
    }
  }

  Job* jobs_ = nullptr;
  std::size_t count_ = 0;

 private:
  std::size_t alive_ = 0;
};

}  // namespace sundog::detail
