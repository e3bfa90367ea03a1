// bind, map, catch_, finalize: composing futures without co_await, as in Lwt.
//
//   Future<std::string> page =
//       bind(resolve(name), [](const Address& address) { return fetch(address); });
//
// Each gives a new future at once. The function is called when the first future has its result:
// now, if it is there already, else from within the resolution (not from the scheduler). It gets
// the value as a const reference; what it throws, the new future fails with. A loop written with
// bind on sleeping futures takes constant memory and stack; with futures that are resolved already
// it recurses: co_await is the way to write such a loop.
//
// The three laws (tests/runtime/combinators_test.cpp):  bind(ready(v), f) == f(v);  bind(m, ready)
// == m; bind(bind(m, f), g) == bind(m, x -> bind(f(x), g)).
#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "sundog/runtime/future.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {

namespace detail {

// What `fn` gives for the value of a Future<A>.
template <class Fn, class A>
struct InvokeWithValue {
  using type = std::invoke_result_t<Fn&, const A&>;
};
template <class Fn>
struct InvokeWithValue<Fn, void> {
  using type = std::invoke_result_t<Fn&>;
};
template <class Fn, class A>
using invoke_with_value_t = typename InvokeWithValue<Fn, A>::type;

template <class Fn, class A>
invoke_with_value_t<Fn, A> invoke_with_value(Fn& fn, const Future<A>& settled) {
  if constexpr (std::is_void_v<A>) {
    return fn();
  } else {
    return fn(settled.shared().result().look());
  }
}

// Gives `to`, which is asleep, the result of `from`, now or later.
template <class T>
void tie(Shared<T>& from, Shared<T>& to) noexcept {
  if (from.state() == FutureState::Sleep) {
    from.follow(to);
  } else if constexpr (std::is_void_v<T> || !std::is_copy_constructible_v<T>) {
    to.take_over(from.result());
  } else {
    to.copy_from(from.result());
  }
}

template <class B, class A, class Step>
Future<B> attempt_step(Step& step, const Future<A>& settled) {
  try {
    return step(settled);
  } catch (...) {
    SUNDOG_PROBE("a combinator's function threw");
    return fail<B>(std::current_exception());
  }
}

// A future that waits for another: a step makes a third from that one, whose result becomes this
// one's.
template <class B, class A, class Step>
class Then final : public Shared<B>, private Resolved {
 public:
  Then(Future<A> source, Step step) : waiting_(std::in_place, std::move(source), std::move(step)) {
    this->keep();  // until resolved(), wanted or not: the step is taken in any case
    waiting_->source.shared().add(*this);
  }

 private:
  struct Waiting {
    Waiting(Future<A> s, Step f) : source(std::move(s)), step(std::move(f)) {}
    Future<A> source;
    Step step;
  };

  void resolved() noexcept override {
    Future<B> next = attempt_step<B>(waiting_->step, waiting_->source);
    // What the step holds may be more than the result that others still look at.
    waiting_.reset();
    tie(next.shared(), *this->target());
    this->drop();
  }

  std::optional<Waiting> waiting_;
};

// The core of all combinators: `step` gets the settled future and gives a Future<B>.
template <class B, class A, class Step>
[[nodiscard]] Future<B> then(Future<A> source, Step step) {
  if (source.state() != FutureState::Sleep) return attempt_step<B>(step, source);
  return Future<B>(*new Then<B, A, Step>(std::move(source), std::move(step)));
}

}  // namespace detail

// fn(value) gives the next future. A failure skips fn. (Lwt.bind, >>=)
template <class A, class Fn>
[[nodiscard]] auto bind(Future<A> future, Fn fn) {
  using Next = detail::invoke_with_value_t<Fn, A>;
  static_assert(detail::is_future<Next>, "bind's function must give a Future: use map for a value");
  using B = typename Next::value_type;
  return detail::then<B>(std::move(future), [fn = std::move(fn)](const Future<A>& settled) mutable {
    if (settled.state() == FutureState::Fail) return fail<B>(settled.error());
    return detail::invoke_with_value(fn, settled);
  });
}

// fn(value) is the next value. A failure skips fn. (Lwt.map, >|=)
template <class A, class Fn>
[[nodiscard]] auto map(Future<A> future, Fn fn) {
  using Value = std::decay_t<detail::invoke_with_value_t<Fn, A>>;
  return detail::then<Value>(
      std::move(future), [fn = std::move(fn)](const Future<A>& settled) mutable -> Future<Value> {
        if (settled.state() == FutureState::Fail) return fail<Value>(settled.error());
        if constexpr (std::is_void_v<Value>) {
          detail::invoke_with_value(fn, settled);
          return ready();
        } else {
          return ready(detail::invoke_with_value(fn, settled));
        }
      });
}

// on_value(value) or on_error(exception_ptr), each giving the next future. What on_value throws
// does not go to on_error. (Lwt.try_bind)
template <class A, class OnValue, class OnError>
[[nodiscard]] auto try_bind(Future<A> future, OnValue on_value, OnError on_error) {
  using Next = detail::invoke_with_value_t<OnValue, A>;
  return detail::then<typename Next::value_type>(
      std::move(future),
      [on_value = std::move(on_value),
       on_error = std::move(on_error)](const Future<A>& settled) mutable -> Next {
        if (settled.state() == FutureState::Fail) return on_error(settled.error());
        return detail::invoke_with_value(on_value, settled);
      });
}

// A failure goes to handler(exception_ptr), which gives the next future; a value stays. (Lwt.catch)
template <class A, class Handler>
[[nodiscard]] Future<A> catch_(Future<A> future, Handler handler) {
  return detail::then<A>(std::move(future),
                         [handler = std::move(handler)](const Future<A>& settled) mutable {
                           std::exception_ptr error = settled.error();
                           if (error == nullptr) return settled;
                           return Future<A>(handler(std::move(error)));
                         });
}
// The same for what start() throws, too.
template <class Start, class Handler>
  requires std::is_invocable_v<Start&>
[[nodiscard]] auto catch_(Start start, Handler handler) {
  using Started = std::invoke_result_t<Start&>;
  const auto step = [&start](const Future<void>&) { return start(); };
  return catch_(detail::attempt_step<typename Started::value_type>(step, ready()),
                std::move(handler));
}

// After value or failure, cleanup() gives a Future<void>; then the first result stands, unless the
// cleanup failed. (Lwt.finalize)
template <class A, class Cleanup>
[[nodiscard]] Future<A> finalize(Future<A> future, Cleanup cleanup) {
  return detail::then<A>(std::move(future),
                         [cleanup = std::move(cleanup)](const Future<A>& settled) mutable {
                           return bind(Future<void>(cleanup()), [settled] { return settled; });
                         });
}

}  // namespace sundog
