// Assertions: what the programmer did wrong, checked in release builds too.
//
// SUNDOG_ASSERT(condition, "what to do instead") prints the place, the condition and the advice to
// standard error and aborts. It is never compiled out: a broken invariant must not run on. What the
// world does (a peer that resets, a full disk) is not a programmer's mistake and is reported by
// exceptions and values instead.
//
// The sentence is one literal, made when the program is compiled: an image for Xen holds it and a
// call, no name of a function (which a template's arguments make long) and no line to be printed.
#pragma once

#include "sundog/runtime/language/compiler.hpp"

namespace sundog::detail {

[[noreturn]] void assertion_failed(const char* sentence) noexcept;

}  // namespace sundog::detail

// For SUNDOG_ASSERT: the number of a line as text.
#define SUNDOG_TEXT_OF(macro) SUNDOG_TEXT_AS_WRITTEN(macro)
#define SUNDOG_TEXT_AS_WRITTEN(text) #text

// Aborts with `advice`, a literal, unless `condition` holds. An expression of type void.
#define SUNDOG_ASSERT(condition, advice)                                 \
  (static_cast<bool>(condition)                                          \
       ? static_cast<void>(0)                                            \
       : ::sundog::detail::assertion_failed(__FILE__ ":" SUNDOG_TEXT_OF( \
             __LINE__) ": broken assertion `" #condition "': " advice "\n"))
