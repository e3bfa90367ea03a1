// A stack frame to unwind on x86, and how to get from it to its caller's (io/xen/frame.hpp).
//
// The tables are not DWARF's. Where every function says in .eh_frame how its frame looks at each
// instruction, an image keeps one row of four bytes for each stretch of code that contains a call:
// pack.py makes them when the image is finished, and says how they look. A call is all that an
// exception can come from, and few shapes of frames occur.
#pragma once

#include <cstdint>

namespace sundog::xen {

// A frame that is in the middle of a call: the registers that outlive the call, its stack pointer
// as it is when the call returns, and where it returns to. unwind.S knows the order.
struct Frame {
  std::uint64_t rbx, rbp, r12, r13, r14, r15;
  std::uint64_t rsp;
  std::uint64_t rip;

  std::uint64_t stack() const noexcept { return rsp; }
  std::uint64_t return_address() const noexcept { return rip; }
};

// What to do with an exception that leaves a function: its language-specific data area (Itanium C++
// ABI: Exception Handling, 2), null where it does nothing; places in it count from `function`.
struct Handlers {
  const std::uint8_t* area;
  std::uint64_t function;
};

// One row of the table, looked up once for each frame.
class Row {
 public:
  // The row for the call that the frame is in; false where there is none: no exception can pass.
  bool find(const Frame& frame) noexcept;
  Handlers handlers() const noexcept;
  // Makes `frame` its caller's.
  void step(Frame& frame) const noexcept;
  // Goes on in `frame` at `pad`, which finds the exception and the number of its handler in two
  // registers.
  [[noreturn]] void land(Frame frame, std::uint64_t pad, void* exception,
                         std::uint64_t handler) const noexcept;

 private:
  std::uint32_t place_ = 0;  // of the call, from the image's start
  std::uint32_t bits_ = 0;
};

}  // namespace sundog::xen
