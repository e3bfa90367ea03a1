// The option monad: values that may be missing.
#pragma once

#include <optional>
#include <type_traits>

namespace option {

// Return: a value that is there.
template <class T>
constexpr std::optional<T> unit(T value) {
  return value;
}

// Bind: go on with the value, if there is one.
template <class T, class Next>
constexpr std::invoke_result_t<Next, T> bind(std::optional<T> value, Next next) {
  if (!value) return std::nullopt;
  return next(*value);
}

}  // namespace option
