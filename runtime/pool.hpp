// Pool<T>: things that are dear to make and are used by one task at a time, such as connections
// (Lwt_pool).
//
//   Pool<Connection> pool(8, [] { return connect(); });
//   const auto count = [](Connection& c) -> Task<int> { co_return co_await c.count(); };
//   const int rows = co_await pool.use(count);
//
// Members are made when they are first needed, up to the limit; then tasks wait, first come, first
// served. A member goes back to the pool whichever way its use ends: value, exception or
// cancellation. Before a member is used again, it is validated; one that fails is disposed of and
// another is made. The pool must outlive the uses.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/semaphore.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

template <class T>
class Pool {
 public:
  using Create = std::function<Task<T>()>;
  using Validate = std::function<Task<bool>(T&)>;
  using Dispose = std::function<Task<void>(T)>;

  // Without `validate` every member is good; without `dispose` its destructor does it all.
  Pool(std::size_t members_max, Create create, Validate validate = {}, Dispose dispose = {})
      : free_(members_max),
        create_(std::move(create)),
        validate_(std::move(validate)),
        dispose_(std::move(dispose)) {
    idle_.reserve(members_max);
  }
  ~Pool() { SUNDOG_ASSERT(used_count_ == 0, "a pool was destroyed while a member is in use"); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Lends a member to fn(T&), a coroutine, and gives what that gives. Throws what making a member
  // throws.
  template <class Fn>
  [[nodiscard]] auto use(Fn fn) -> std::invoke_result_t<Fn&, T&> {
    const Semaphore::Permit permit = co_await free_.acquire();
    Lease lease(*this);
    co_await fill(lease);
    co_return co_await fn(*lease.member);
  }

  // Disposes of the members that are idle now.
  [[nodiscard]] Task<void> clear() {
    std::vector<std::unique_ptr<T>> members = std::move(idle_);
    idle_.reserve(members.capacity());
    for (auto& member : members) co_await dispose(std::move(member));
  }

  std::size_t idle_count() const noexcept { return idle_.size(); }
  std::size_t used_count() const noexcept { return used_count_; }
  std::size_t waiter_count() const noexcept { return free_.waiter_count(); }

 private:
  // One use of a member, which goes back at its end. There is room: idle_ was reserved for all.
  struct Lease {
    explicit Lease(Pool& owner) noexcept : pool(owner) { ++pool.used_count_; }
    ~Lease() {
      --pool.used_count_;
      if (member != nullptr) pool.idle_.push_back(std::move(member));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Pool& pool;
    std::unique_ptr<T> member;
  };

  Task<void> fill(Lease& lease) {
    while (!idle_.empty()) {
      // The one used last: it is the likeliest to be still good.
      std::unique_ptr<T> member = std::move(idle_.back());
      idle_.pop_back();
      bool good = true;
      if (validate_) good = co_await validate_(*member);
      if (good) {
        lease.member = std::move(member);
        co_return;
      }
      SUNDOG_PROBE("a member of a pool was no longer good");
      co_await dispose(std::move(member));
    }
    lease.member = std::make_unique<T>(co_await create_());
  }
  Task<void> dispose(std::unique_ptr<T> member) {
    if (dispose_) co_await dispose_(std::move(*member));
  }

  Semaphore free_;
  Create create_;
  Validate validate_;
  Dispose dispose_;
  std::vector<std::unique_ptr<T>> idle_;
  std::size_t used_count_ = 0;
};

}  // namespace sundog
