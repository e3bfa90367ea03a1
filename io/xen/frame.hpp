// Frames of the stack, for the unwinder (library/exceptions.cpp): the architecture's own Frame and
// Row. Each has in its frame.hpp, in this namespace:
//
//   struct Frame      a frame in the middle of a call: the registers that outlive the call.
//                     stack() is the stack pointer when the call returns, return_address() where to
//   struct Handlers   what to do with an exception that leaves a function
//   class Row         what is known of the place that a frame is at: find(), handlers(), step() to
//                     the caller, land() in a handler
#pragma once

#if defined(__x86_64__)
#include "sundog/io/xen/x86/frame.hpp"
#else
#error "images for Xen are for x86-64 only: io/xen/README.md says what a new architecture needs"
#endif
