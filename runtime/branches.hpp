// Branches: an owner whose jobs stand side by side in an array: the common part of join and pick.
//
// What join and pick do differently is in JoinOwner and PickOwner, which derive from Branches and
// know nothing of types. BranchTuple and BranchVector stand below them and hold the tasks and their
// jobs; how a result is made of them is again left to join and pick.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/fair.hpp"
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
    alive_ = count;
  }
  void start_in_order() {
    for (std::size_t i = 0; i < count_; ++i) jobs_[i].start();
  }
  // In an order drawn anew, all orders alike: by drawing until one comes that has not started. That
  // takes no memory, and some n log n draws.
  void start_in_any_order() {
    for (std::size_t left = count_; left > 0;) {
      Job& job = jobs_[Fair::index(count_)];
      if (job.state() != Job::State::fresh) continue;
      job.start();
      --left;
    }
  }
  void cancel_all() noexcept {
    for (std::size_t i = 0; i < count_; ++i) jobs_[i].cancel();
  }
  // One more has ended; true when it was the last.
  bool last_ended() noexcept { return --alive_ == 0; }

  // What a branch threw, or null; it must have ended by itself.
  virtual std::exception_ptr error_of(Job& job) const noexcept = 0;

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

// Branches of several types. Kind is JoinOwner or PickOwner.
template <class Kind, class... Ts>
class BranchTuple : public Kind {
 public:
  explicit BranchTuple(Task<Ts>... tasks) : tasks_(std::move(tasks)...) {}

  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (!this->suspend(frame, at)) return;
    this->set_jobs(storage_.data(), storage_.size());
    std::size_t index = 0;
    std::apply([&](auto&... task) { (storage_[index++].attach(*this, *task.release(), at), ...); },
               tasks_);
    this->start_all();
  }

 protected:
  ~BranchTuple() = default;

 private:
  std::exception_ptr error_of(Job& job) const noexcept override {
    std::exception_ptr error;
    std::size_t index = 0;
    const auto check = [&]<class T>(std::type_identity<T>) {
      if (&storage_[index++] == &job) error = this->template result_of<T>(job).error();
    };
    (check(std::type_identity<Ts>()), ...);
    return error;
  }

  std::tuple<Task<Ts>...> tasks_;
  std::array<Job, sizeof...(Ts)> storage_;
};

// Any number of branches of one type.
template <class Kind, class T>
class BranchVector : public Kind {
 public:
  explicit BranchVector(std::vector<Task<T>> tasks) : tasks_(std::move(tasks)) {}

  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    storage_ = std::make_unique<Job[]>(tasks_.size());
    if (!this->suspend(frame, at)) return;
    this->set_jobs(storage_.get(), tasks_.size());
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      storage_[i].attach(*this, *tasks_[i].release(), at);
    }
    this->start_all();
  }

 protected:
  ~BranchVector() = default;
  bool no_tasks() const noexcept { return tasks_.empty(); }

 private:
  std::exception_ptr error_of(Job& job) const noexcept override {
    return this->template result_of<T>(job).error();
  }

  std::vector<Task<T>> tasks_;
  std::unique_ptr<Job[]> storage_;
};

}  // namespace sundog::detail
