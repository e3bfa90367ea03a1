// Result<T>: what a computation left behind: nothing yet, a value, or an exception.
//
// T may be void, a reference (kept as a pointer) or move-only. Results are taken once: take() moves
// the value out.
#pragma once

#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "sundog/runtime/language/assert.hpp"

namespace sundog {

template <class T>
class Result {
 public:
  // How a value is kept: a reference as a pointer.
  static constexpr bool is_reference = std::is_reference_v<T>;
  using Stored =
      std::conditional_t<is_reference, std::add_pointer_t<std::remove_reference_t<T>>, T>;

  Result() noexcept {}
  ~Result() { reset(); }
  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<Stored>) {
    if (other.state_ == State::value) {
      new (&value_) Stored(std::move(other.value_));
      state_ = State::value;
    } else if (other.state_ == State::error) {
      set_exception(other.error_);
    }
  }
  Result& operator=(Result&&) = delete;

  // Keeps the value. The result must be empty.
  template <class U>
  void set_value(U&& value) {
    if constexpr (is_reference) {
      new (&value_) Stored(std::addressof(value));
    } else {
      new (&value_) Stored(std::forward<U>(value));
    }
    state_ = State::value;
  }
  // Takes the place of a value, if there is one: a destructor may throw after co_return.
  void set_exception(std::exception_ptr error) noexcept {
    reset();
    new (&error_) std::exception_ptr(std::move(error));
    state_ = State::error;
  }

  // Which of the three it is.
  bool has_value() const noexcept { return state_ == State::value; }
  bool has_error() const noexcept { return state_ == State::error; }
  bool empty() const noexcept { return state_ == State::empty; }
  // The exception, or null.
  std::exception_ptr error() const noexcept {
    return state_ == State::error ? error_ : std::exception_ptr();
  }

  // The value, moved out, or throws the exception.
  T take() {
    rethrow();
    if constexpr (is_reference) {
      return static_cast<T>(*value_);
    } else {
      return std::move(value_);
    }
  }
  // The value in its place, or throws the exception. Valid as long as this result.
  std::add_lvalue_reference_t<std::add_const_t<T>> look() const {
    rethrow();
    if constexpr (is_reference) {
      return *value_;
    } else {
      return value_;
    }
  }

 private:
  enum class State : unsigned char { empty, value, error };

  void rethrow() const {
    if (state_ == State::error) [[unlikely]] std::rethrow_exception(error_);
    SUNDOG_ASSERT(state_ == State::value, "there is no result yet: await the end first");
  }
  void reset() noexcept {
    if (state_ == State::value) {
      std::destroy_at(&value_);
    } else if (state_ == State::error) {
      std::destroy_at(&error_);
    }
    state_ = State::empty;
  }

  // What `state_` says is alive.
  union {
    Stored value_;
    std::exception_ptr error_;
  };
  State state_ = State::empty;
};

// Nothing but success or an exception: one word. It cannot tell "nothing yet" from success; its
// owners know.
template <>
class Result<void> {
 public:
  void set_value() noexcept {}
  void set_exception(std::exception_ptr error) noexcept { error_ = std::move(error); }
  bool has_value() const noexcept { return error_ == nullptr; }
  bool has_error() const noexcept { return error_ != nullptr; }
  std::exception_ptr error() const noexcept { return error_; }
  void take() const { look(); }
  void look() const {
    if (error_ != nullptr) [[unlikely]] std::rethrow_exception(error_);
  }

 private:
  std::exception_ptr error_;
};

}  // namespace sundog
