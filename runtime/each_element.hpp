// A task for each element of a vector: one after the other (_s) or side by side (_p), as in
// Lwt_list.
//
//   const std::vector<Page> pages = co_await map_p(std::move(urls), fetch, 8);  // 8 at a time
//
// The function takes an element and gives a task, or what else can be awaited. Results stand in the
// order of the elements. Side by side means at most `limit` at a time, which is at least 1. There
// the first failure cancels what still runs and is thrown (Lwt would let it run on); later failures
// are logged.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

// No limit on how many run side by side.
inline constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

namespace detail {

// What awaiting fn(T) gives.
template <class Fn, class T>
using element_result_t = await_result_t<std::invoke_result_t<Fn&, T>>;

// Runs step(index) for each index below `count`, at most `limit` side by side.
template <class Step>
Task<void> for_each_index(std::size_t count, std::size_t limit, Step step) {
  SUNDOG_ASSERT(limit > 0, "a limit of 0 would let nothing run: it is at least 1, or no_limit");
  std::size_t next = 0;
  const auto worker = [&]() -> Task<void> {
    while (next < count) {
      const std::size_t index = next++;
      co_await step(index);
    }
  };
  const auto body = [&](Scope& workers) -> Task<void> {
    for (std::size_t i = 0; i < std::min(count, limit); ++i) workers.spawn(worker());
    co_return;
  };
  co_await scope(body);
}

}  // namespace detail

// fn(element) for one element after the other. The first failure ends it; the rest is not begun.
template <class T, class Fn>
[[nodiscard]] Task<void> iter_s(std::vector<T> elements, Fn fn) {
  for (T& element : elements) co_await fn(std::move(element));
}

// fn(element) for all elements, `limit` at a time. Ends when all have ended.
template <class T, class Fn>
[[nodiscard]] Task<void> iter_p(std::vector<T> elements, Fn fn, std::size_t limit = no_limit) {
  const auto step = [&](std::size_t i) -> Task<void> { co_await fn(std::move(elements[i])); };
  co_await detail::for_each_index(elements.size(), limit, step);
}

// The results of fn(element), one element after the other.
template <class T, class Fn>
[[nodiscard]] Task<std::vector<detail::element_result_t<Fn, T>>> map_s(std::vector<T> elements,
                                                                       Fn fn) {
  std::vector<detail::element_result_t<Fn, T>> results;
  results.reserve(elements.size());
  for (T& element : elements) results.push_back(co_await fn(std::move(element)));
  co_return results;
}

// The results of fn(element), `limit` elements at a time, in the order of the elements.
template <class T, class Fn>
[[nodiscard]] Task<std::vector<detail::element_result_t<Fn, T>>> map_p(
    std::vector<T> elements, Fn fn, std::size_t limit = no_limit) {
  using R = detail::element_result_t<Fn, T>;
  std::vector<std::optional<R>> slots(elements.size());
  const auto step = [&](std::size_t i) -> Task<void> {
    slots[i].emplace(co_await fn(std::move(elements[i])));
  };
  co_await detail::for_each_index(elements.size(), limit, step);
  std::vector<R> results;
  results.reserve(slots.size());
  for (auto& slot : slots) results.push_back(std::move(*slot));
  co_return results;
}

// Those elements for which fn(const T&) gives true, in their order.
template <class T, class Fn>
[[nodiscard]] Task<std::vector<T>> filter_p(std::vector<T> elements, Fn fn,
                                            std::size_t limit = no_limit) {
  std::vector<unsigned char> kept(elements.size());
  const auto step = [&](std::size_t i) -> Task<void> {
    const bool keep = co_await fn(std::as_const(elements[i]));
    kept[i] = keep;
  };
  co_await detail::for_each_index(elements.size(), limit, step);
  std::vector<T> results;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (kept[i] != 0) results.push_back(std::move(elements[i]));
  }
  co_return results;
}
template <class T, class Fn>
[[nodiscard]] Task<std::vector<T>> filter_s(std::vector<T> elements, Fn fn) {
  return filter_p(std::move(elements), std::move(fn), 1);
}

// state = fn(state, element) from the left; the last state (Lwt_list.fold_left_s).
template <class T, class State, class Fn>
[[nodiscard]] Task<State> fold_s(std::vector<T> elements, State state, Fn fn) {
  for (T& element : elements) state = co_await fn(std::move(state), std::move(element));
  co_return state;
}

// The first element for which fn(const T&) gives true; later ones are not looked at
// (Lwt_list.find_s).
template <class T, class Fn>
[[nodiscard]] Task<std::optional<T>> find_s(std::vector<T> elements, Fn fn) {
  for (T& element : elements) {
    const bool found = co_await fn(std::as_const(element));
    if (found) co_return std::move(element);
  }
  co_return std::nullopt;
}
template <class T, class Fn>
[[nodiscard]] Task<bool> exists_s(std::vector<T> elements, Fn fn) {
  const auto found = co_await find_s(std::move(elements), std::move(fn));
  co_return found.has_value();
}
template <class T, class Fn>
[[nodiscard]] Task<bool> for_all_s(std::vector<T> elements, Fn fn) {
  for (T& element : elements) {
    const bool holds = co_await fn(std::as_const(element));
    if (!holds) co_return false;
  }
  co_return true;
}

}  // namespace sundog
