// join and choose of futures: several results together, or the first (Lwt.both, Lwt.all,
// Lwt.choose, <&>, <?>).
//
//   Future<std::vector<int>> all = join(std::move(futures));
//   Future<int> first = choose(a, b);                        // the others go on
//   const int value = co_await (a || b);
//
// join waits for all, also when one has failed; then the first failure in the order of the
// arguments comes out. choose takes one of those that have a result already, each equally likely,
// or else the first to get one, even if it is a failure. Nothing is cancelled: to cancel the others
// use pick, with tasks.
#pragma once

#include <cstddef>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/branches.hpp"
#include "sundog/runtime/combinators.hpp"
#include "sundog/runtime/language/fair.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/join.hpp"

namespace sundog {

namespace detail {

template <class T>
using FutureList = std::shared_ptr<const std::vector<Future<T>>>;

// Resolved when all from `index` on have their result. They run side by side anyway, so waiting for
// them in turn is waiting for all.
template <class T>
Future<void> settled_from(FutureList<T> futures, std::size_t index) {
  while (index < futures->size() && (*futures)[index].state() != FutureState::Sleep) ++index;
  if (index == futures->size()) return ready();
  return then<void>((*futures)[index], [futures, index](const Future<T>&) {
    return settled_from<T>(futures, index + 1);
  });
}

template <class T>
Future<void> settled(const Future<T>& future) {
  return then<void>(future, [](const Future<T>&) { return ready(); });
}

template <class T>
Regular<T> regular_value(const Future<T>& future) {
  if constexpr (std::is_void_v<T>) {
    future.get();
    return {};
  } else {
    return future.get();
  }
}

// Waits for the first of several futures, all asleep. Owns itself until all that have a result then
// have told of it.
template <class T>
class Choice final : public Pooled {
 public:
  Choice(std::vector<Future<T>> futures, Future<T> result)
      : futures_(std::move(futures)),
        result_(std::move(result)),
        entries_(std::make_unique<Entry[]>(futures_.size())) {
    for (std::size_t i = 0; i < futures_.size(); ++i) {
      entries_[i].choice = this;
      futures_[i].shared().add(entries_[i]);
    }
  }

 private:
  struct Entry final : Resolved {
    Choice* choice = nullptr;
    void resolved() noexcept override { choice->told(); }
  };

  void told() noexcept {
    if (untold_count_ == 0) choose_one();
    if (--untold_count_ == 0) delete this;
  }
  // Counts those that have a result and lets go of the others.
  void choose_one() noexcept {
    for (std::size_t i = 0; i < futures_.size(); ++i) {
      if (futures_[i].state() == FutureState::Sleep) {
        futures_[i].shared().remove(entries_[i]);
      } else {
        ++untold_count_;
      }
    }
    std::size_t nth = Fair::index(untold_count_);
    for (Future<T>& future : futures_) {
      if (future.state() != FutureState::Sleep && nth-- == 0) {
        tie(future.shared(), result_.shared());
        return;
      }
    }
  }

  std::vector<Future<T>> futures_;
  Future<T> result_;
  std::unique_ptr<Entry[]> entries_;
  std::size_t untold_count_ = 0;
};

}  // namespace detail

// All results, in the order of the futures; for futures without value, just the end of all.
template <class T>
[[nodiscard]] auto join(std::vector<Future<T>> futures) {
  using All = std::conditional_t<std::is_void_v<T>, void, std::vector<detail::Regular<T>>>;
  const auto list = std::make_shared<const std::vector<Future<T>>>(std::move(futures));
  return map(detail::settled_from<T>(list, 0), [list]() -> All {
    if constexpr (std::is_void_v<T>) {
      for (const auto& future : *list) future.get();
    } else {
      std::vector<T> values;
      values.reserve(list->size());
      for (const auto& future : *list) values.push_back(future.get());
      return values;
    }
  });
}

// A tuple of all results (std::monostate for those without), or nothing if none has a value.
template <class... Ts>
  requires(sizeof...(Ts) > 0)
[[nodiscard]] auto join(Future<Ts>... futures) {
  constexpr bool all_void = (std::is_void_v<Ts> && ...);
  using All = std::conditional_t<all_void, void, std::tuple<detail::Regular<Ts>...>>;
  std::vector<Future<void>> ends;
  (ends.push_back(detail::settled(futures)), ...);
  return map(join(std::move(ends)), [futures...]() -> All {
    if constexpr (all_void) {
      (futures.get(), ...);
    } else {
      return All{detail::regular_value(futures)...};
    }
  });
}

// The first to have a result. The vector must not be empty.
template <class T>
[[nodiscard]] Future<T> choose(std::vector<Future<T>> futures) {
  SUNDOG_ASSERT(!futures.empty(), "choose needs at least one future: none would ever be chosen");
  std::size_t settled_count = 0;
  for (const auto& future : futures) settled_count += future.state() != FutureState::Sleep;
  if (settled_count > 0) {
    std::size_t nth = Fair::index(settled_count);
    for (const auto& future : futures) {
      if (future.state() != FutureState::Sleep && nth-- == 0) return future;
    }
  }
  Future<T> result(*new detail::Shared<T>);
  new detail::Choice<T>(std::move(futures), result);
  return result;
}
template <class T, class... Ts>
  requires(std::is_same_v<T, Ts> && ...)
[[nodiscard]] Future<T> choose(Future<T> first, Future<Ts>... others) {
  return choose(std::vector<Future<T>>{std::move(first), std::move(others)...});
}

template <class A, class B>
[[nodiscard]] auto operator&&(Future<A> a, Future<B> b) {
  return join(std::move(a), std::move(b));
}
template <class T>
[[nodiscard]] Future<T> operator||(Future<T> a, Future<T> b) {
  return choose(std::move(a), std::move(b));
}

}  // namespace sundog
