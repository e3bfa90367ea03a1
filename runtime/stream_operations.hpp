// What is done with streams: making, changing and consuming them (the rest of Lwt_stream).
//
//   Stream<int> squares = map(filter(count(10), is_even), [](int n) { return n * n; });
//   const std::vector<int> all = co_await collect(std::move(squares));
//
// The functions given may be plain or coroutines: what they give is awaited if it can be. Streams
// are taken over, and nothing runs before the result is asked for a value.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/channel.hpp"
#include "sundog/runtime/stream.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

namespace detail {

template <class R>
struct Awaited {
  using type = R;
};
template <Awaitable A>
struct Awaited<A> {
  using type = await_result_t<A>;
};
// What fn(arguments...) gives, awaited if it is a task, or what else can be awaited.
template <class Fn, class... Arguments>
using result_of_call_t = typename Awaited<std::invoke_result_t<Fn&, Arguments...>>::type;

// Calls fn and awaits what it gives if that can be awaited.
template <class Fn, class Argument>
Task<result_of_call_t<Fn, Argument>> call(Fn& fn, Argument argument) {
  if constexpr (Awaitable<std::invoke_result_t<Fn&, Argument>>) {
    co_return co_await fn(std::move(argument));
  } else {
    co_return fn(std::move(argument));
  }
}

}  // namespace detail

// The values of a vector.
template <class T>
Stream<T> stream_of(std::vector<T> values) {
  for (T& value : values) co_yield std::move(value);
}

// What comes out of a channel until it is closed. The channel must outlive the stream.
template <class T>
Stream<T> stream_of(Channel<T>& channel) {
  for (;;) {
    std::optional<T> value = co_await channel.receive();
    if (!value.has_value()) co_return;
    co_yield std::move(*value);
  }
}

// fn(value) for each value.
template <class T, class Fn>
Stream<detail::result_of_call_t<Fn, T>> map(Stream<T> stream, Fn fn) {
  for (;;) {
    std::optional<T> value = co_await stream.next();
    if (!value.has_value()) co_return;
    auto result = co_await detail::call(fn, std::move(*value));
    co_yield std::move(result);
  }
}

// Those values for which keep(value) is true.
template <class T, class Keep>
Stream<T> filter(Stream<T> stream, Keep keep) {
  for (;;) {
    std::optional<T> value = co_await stream.next();
    if (!value.has_value()) co_return;
    const bool kept = co_await detail::call<Keep, const T&>(keep, *value);
    if (kept) co_yield std::move(*value);
  }
}

// The first `count` values.
template <class T>
Stream<T> take(Stream<T> stream, std::size_t count) {
  for (; count > 0; --count) {
    std::optional<T> value = co_await stream.next();
    if (!value.has_value()) co_return;
    co_yield std::move(*value);
  }
}

// Calls fn(value) for each value, one after the other (Lwt_stream.iter, iter_s).
template <class T, class Fn>
[[nodiscard]] Task<void> for_each(Stream<T> stream, Fn fn) {
  for (;;) {
    std::optional<T> value = co_await stream.next();
    if (!value.has_value()) co_return;
    co_await detail::call(fn, std::move(*value));
  }
}

// state = fn(state, value) for each value; the last state.
template <class T, class State, class Fn>
[[nodiscard]] Task<State> fold(Stream<T> stream, State state, Fn fn) {
  for (;;) {
    std::optional<T> value = co_await stream.next();
    if (!value.has_value()) co_return state;
    if constexpr (Awaitable<std::invoke_result_t<Fn&, State, T>>) {
      state = co_await fn(std::move(state), std::move(*value));
    } else {
      state = fn(std::move(state), std::move(*value));
    }
  }
}

// All values (Lwt_stream.to_list).
template <class T>
[[nodiscard]] Task<std::vector<T>> collect(Stream<T> stream) {
  std::vector<T> values;
  for (;;) {
    std::optional<T> value = co_await stream.next();
    if (!value.has_value()) co_return values;
    values.push_back(std::move(*value));
  }
}

}  // namespace sundog
