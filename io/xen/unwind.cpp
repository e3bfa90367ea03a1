// What the stock C++ library, built for glibc, asks of its C library that musl does not offer.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>

#include "io/xen/crash.hpp"

extern "C" {
extern char __eh_frame_hdr_start[];  // x86/image.ld

// libstdc++ then counts shared_ptr's references without locks.
char __libc_single_threaded = 1;
void* __dso_handle = nullptr;

// The unwinder's question: which entry of .eh_frame describes this code address (unwind-dw2-fde.h
// in libgcc)? The library's own answer is 7 KB, for programs that load libraries and register
// tables; an image has one table, sorted by the linker (.eh_frame_hdr, Linux Standard Base
// Core 5.0, 10.6).
struct dwarf_eh_bases {
  void* text;
  void* data;
  void* function;
};

const void* _Unwind_Find_FDE(void* address, dwarf_eh_bases* bases) noexcept {
  struct Row {
    std::int32_t function, entry;  // from the header's start
  };
  struct Header {
    std::uint8_t version, frame_encoding, count_encoding, table_encoding;
    std::int32_t frame;
    std::uint32_t count;
  };
  const char* const start = __eh_frame_hdr_start;
  const auto& header = *reinterpret_cast<const Header*>(start);
  const Row* const rows = reinterpret_cast<const Row*>(&header + 1);
  const auto wanted = static_cast<const char*>(address) - start;
  const Row* const next =
      std::upper_bound(rows, rows + header.count, wanted,
                       [](std::ptrdiff_t place, const Row& row) { return place < row.function; });
  if (next == rows) return nullptr;
  const Row& row = next[-1];
  // An entry: its length, its CIE, then the function's start and size, 4 bytes each.
  std::uint32_t size;
  std::memcpy(&size, start + row.entry + 12, sizeof size);
  if (wanted - row.function >= static_cast<std::ptrdiff_t>(size)) return nullptr;
  *bases = {nullptr, nullptr, const_cast<char*>(start) + row.function};
  return start + row.entry;
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
