// Assertions: what the programmer did wrong, checked in release builds too.
//
// SUNDOG_ASSERT(condition, "what to do instead") prints the condition, the place and the advice to
// standard error and aborts. It is never compiled out: a broken invariant must not run on. What the
// world does (a peer that resets, a full disk) is not a programmer's mistake and is reported by
// exceptions and values instead.
#pragma once

#include <source_location>

namespace sundog::detail {

[[noreturn]] void assertion_failed(const char* condition, const char* advice,
                                   std::source_location where) noexcept;

}  // namespace sundog::detail

#define SUNDOG_ASSERT(condition, advice)                                                   \
  (static_cast<bool>(condition)                                                            \
       ? static_cast<void>(0)                                                              \
       : ::sundog::detail::assertion_failed(#condition, advice, std::source_location::current()))
