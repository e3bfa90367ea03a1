// What the stock C++ library, built for glibc, asks of its C library that musl does not offer.
#include <dlfcn.h>

#include <cstdint>
#include <exception>

#include "io/xen/crash.hpp"

extern "C" {
extern char __image_start[], __image_end[], __eh_frame_hdr_start[];  // x86/image.ld

// libstdc++ then counts shared_ptr's references without locks.
char __libc_single_threaded = 1;
void* __dso_handle = nullptr;

// How the unwinder finds the table of a code address: there is one table, that of the image. An
// answer of -1 would end every throw in terminate(), since this unwinder looks nowhere else.
int _dl_find_object(void* address, dl_find_object* result) noexcept {
  const auto place = reinterpret_cast<std::uintptr_t>(address);
  if (place < reinterpret_cast<std::uintptr_t>(__image_start) ||
      place >= reinterpret_cast<std::uintptr_t>(__image_end))
    return -1;
  *result = {};
  result->dlfo_map_start = __image_start;
  result->dlfo_map_end = __image_end;
  result->dlfo_eh_frame = __eh_frame_hdr_start;
  return 0;
}
}

namespace __gnu_cxx {

// The library's own prints a demangled type name, at the price of a 47 KB demangler.
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
    crash_end();
  } catch (...) {
    crash("an exception that is no std::exception had no handler");
  }
}

}  // namespace __gnu_cxx
