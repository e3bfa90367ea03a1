// How an exception that nobody catches ends the domain: libstdc++'s default terminate handler, in
// the place of its own, which prints a demangled type name at the price of a 47 KB demangler.
#include <cstdint>
#include <exception>

#include "sundog/io/xen/crash.hpp"
#include "sundog/io/xen/machine.hpp"

namespace __gnu_cxx {

void __verbose_terminate_handler() {
  using namespace sundog::xen;
  if (std::current_exception() == nullptr) crash("std::terminate() was called");
  try {
    throw;
  } catch (const std::exception& error) {
    crash_begin();
    crash_print("an exception had no handler: ");
    crash_print(error.what());
    crash_print("\n");
    // The stack that threw it is still there: nothing was unwound when nobody catches.
    print_backtrace(reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)),
                    *static_cast<const std::uintptr_t*>(__builtin_frame_address(0)));
    crash_end();
  } catch (...) {
    crash("an exception that is no std::exception had no handler");
  }
}

}  // namespace __gnu_cxx
