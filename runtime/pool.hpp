// Pool<T>: things that are dear to make and are used by one task at a time, such as connections
// (Lwt_pool).
//
//   Pool<Connection> pool(8, [] { return connect(); });
//   const auto count = [](Connection& c) -> Task<int> { co_return co_await c.count(); };
//   const int rows = co_await pool.use(count);
//
// Members are made when they are first needed, up to the limit; then tasks wait, first come, first
// served. Before a member is used again it is validated; one that fails is disposed of and another
// is made. What becomes of a member, and of its place for those who wait:
//
//   its use ends, by a value, an exception or cancellation    it is idle again
//   validate gives false                                      disposed of; the use takes another
//   validate throws, or is cancelled (its state is unknown)   disposed of; the use ends so
//   create throws, or is cancelled                            there is none; the place is free
//
// Disposing runs to its end even if the use is cancelled meanwhile, and keeps the place occupied:
// give it a timeout if it may hang. The pool must outlive the uses. Its destructor cannot wait, so
// it destroys the idle members without disposing of them: co_await clear() first.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/dropped.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/semaphore.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/runtime/yield.hpp"

namespace sundog {

template <class T>
class Pool {
 public:
  // How members are made, checked before each use, and disposed of. They run inside the task that
  // uses the pool.
  using Create = std::function<Task<T>()>;
  using Validate = std::function<Task<bool>(T&)>;
  using Dispose = std::function<Task<void>(T)>;

  // At least one member. The functions give a task, or what else can be awaited: create() of a T,
  // validate(T&) of a bool, dispose(T) of nothing. Without `validate` every member is good; without
  // `dispose` its destructor does it all.
  template <class Making, class Validating = std::nullptr_t, class Disposing = std::nullptr_t>
  Pool(std::size_t members_max, Making create, Validating validate = {}, Disposing dispose = {})
      : free_(members_max),
        create_(kept<Create>(std::move(create))),
        validate_(kept<Validate>(std::move(validate))),
        dispose_(kept<Dispose>(std::move(dispose))) {
    SUNDOG_ASSERT(
        members_max > 0,
        "a pool must have room for at least one member, or every use would wait for ever");
    idle_.reserve(members_max);
  }
  ~Pool() { SUNDOG_ASSERT(used_count_ == 0, "a pool was destroyed while a member is in use"); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Lends a member to fn(T&), which gives a task or what else can be awaited, and gives what that
  // gives. Throws what validating, disposing of or making a member throws, and std::bad_alloc.
  template <class Fn>
  [[nodiscard]] auto use(Fn fn) -> Task<await_result_t<std::invoke_result_t<Fn&, T&>>> {
    const Semaphore::Permit permit = co_await free_.acquire();
    Lease lease(*this);
    co_await fill(lease);
    co_return co_await fn(**lease.member);
  }

  // Disposes of the members that are idle now: of all of them, though disposing of some may throw.
  // The first exception comes out then, and further ones are logged. Cancelled, it ends after the
  // member it is at, and the others stay idle.
  [[nodiscard]] Task<void> clear() {
    std::exception_ptr failure;
    for (std::size_t left = idle_.size(); left > 0 && !idle_.empty(); --left) {
      Lease lease(*this);
      // The oldest: what comes back meanwhile stands behind it.
      lease.member = std::move(idle_.front());
      idle_.erase(idle_.begin());
      try {
        co_await protect(dispose(lease));
      } catch (...) {
        keep_first(failure, std::current_exception());
        // Still there if there was no memory even to begin. Its place may be taken by now.
        lease.member.reset();
      }
    }
    if (failure != nullptr) std::rethrow_exception(failure);
  }

  // How many members are there that nobody uses.
  std::size_t idle_count() const noexcept { return idle_.size(); }
  // Also those that are being made, validated or disposed of.
  std::size_t used_count() const noexcept { return used_count_; }
  std::size_t waiter_count() const noexcept { return free_.waiter_count(); }

 private:
  // A function, or none.
  template <class Kept, class Function>
  static Kept kept(Function function) {
    if constexpr (std::is_same_v<Function, std::nullptr_t> || std::is_same_v<Function, Kept>) {
      return function;
    } else {
      return giving_task(std::move(function));
    }
  }

  // Empty only until it is made.
  using Member = std::optional<T>;

  // Who has a member that is not idle. What is in it at its end goes back: there is room, as idle_
  // was reserved for all.
  struct Lease {
    explicit Lease(Pool& owner) noexcept : pool(owner) { ++pool.used_count_; }
    ~Lease() {
      --pool.used_count_;
      if (member != nullptr) pool.idle_.push_back(std::move(member));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Pool& pool;
    std::unique_ptr<Member> member;
  };

  // Gives the lease a good member.
  Task<void> fill(Lease& lease) {
    while (!idle_.empty()) {
      // The one used last: it is the likeliest to be still good.
      lease.member = std::move(idle_.back());
      idle_.pop_back();
      if (validate_) co_await protect(validate(lease));
      if (lease.member != nullptr) co_return;
      // A use that was cancelled meanwhile ends here, also where making another takes no wait.
      co_await yield();
    }
    // Memory first: a member that was made must not be lost for lack of it.
    auto member = std::make_unique<Member>();
    member->emplace(co_await create_());
    lease.member = std::move(member);
  }

  // Shielded. Takes the member out of the lease if it turns out bad, or nobody waits to find out.
  Task<void> validate(Lease& lease) {
    bool good = false;
    std::exception_ptr failure;
    try {
      const auto answer = co_await pick(validate_(**lease.member), until_cancelled());
      good = answer.index() == 0 && std::get<0>(answer);
    } catch (...) {
      failure = std::current_exception();
    }
    if (good) co_return;
    SUNDOG_PROBE("a member of a pool was no longer good");
    try {
      co_await dispose(lease);
    } catch (...) {
      keep_first(failure, std::current_exception());
    }
    if (failure != nullptr) std::rethrow_exception(failure);
  }

  Task<void> dispose(Lease& lease) {
    const std::unique_ptr<Member> member = std::move(lease.member);
    if (dispose_) co_await dispose_(std::move(**member));
  }

  static void keep_first(std::exception_ptr& first, std::exception_ptr error) {
    if (first == nullptr) {
      first = std::move(error);
    } else {
      report_dropped(std::move(error), std::source_location::current());
    }
  }

  Semaphore free_;
  Create create_;
  Validate validate_;
  Dispose dispose_;
  std::vector<std::unique_ptr<Member>> idle_;
  std::size_t used_count_ = 0;
};

}  // namespace sundog
