// Memory for exceptions in flight, as the C++ ABI asks for it (Itanium C++ ABI, 2.4.2). The stock
// library sets 72 KB aside when the program starts, for throwing bad_alloc when there is no memory:
// more than a small domain can spare. Here that is a few small blocks.
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <exception>

namespace {

// What libstdc++ keeps in front of an exception object, and of a dependent one (unwind-cxx.h).
constexpr std::size_t header_bytes = 128;
constexpr std::size_t dependent_bytes = 112;

constexpr std::size_t spare_bytes = 256;
constexpr std::size_t spare_count = 8;
alignas(16) constinit std::array<std::array<std::byte, spare_bytes>, spare_count> spares{};
constinit std::bitset<spare_count> spares_taken{};

void* take_spare(std::size_t bytes) noexcept {
  for (std::size_t index = 0; bytes <= spare_bytes && index < spare_count; ++index) {
    if (spares_taken.test(index)) continue;
    spares_taken.set(index);
    return spares[index].data();
  }
  std::terminate();
}

void* take(std::size_t bytes) noexcept {
  void* const memory = std::malloc(bytes);
  return std::memset(memory != nullptr ? memory : take_spare(bytes), 0, bytes);
}

void give_back(void* memory) noexcept {
  const auto place = static_cast<std::size_t>(static_cast<std::byte*>(memory) - spares[0].data());
  if (place < sizeof spares) {
    spares_taken.reset(place / spare_bytes);
  } else {
    std::free(memory);
  }
}

}  // namespace

extern "C" {
void* __cxa_allocate_exception(std::size_t bytes) noexcept {
  return static_cast<std::byte*>(take(header_bytes + bytes)) + header_bytes;
}
void __cxa_free_exception(void* exception) noexcept {
  give_back(static_cast<std::byte*>(exception) - header_bytes);
}
void* __cxa_allocate_dependent_exception() noexcept { return take(dependent_bytes); }
void __cxa_free_dependent_exception(void* exception) noexcept { give_back(exception); }
}
