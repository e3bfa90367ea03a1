// Fails in the way that the command line names, so that the test sees what an operator would see.
#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

#include "sundog/io/run.hpp"
#include "sundog/runtime/yield.hpp"

extern "C" char __rodata_start[];  // io/xen/x86/image.ld

namespace sundog {
namespace {

// Something that the compiler cannot see unused, or it would leave the allocations out.
char* volatile kept = nullptr;

// Not tail-recursive, or it would need no stack.
int use_stack(volatile char* above) {
  volatile char space[1024];
  space[0] = above[0];
  return above[0] == 0 ? 0 : use_stack(space) + space[0];
}

// Takes all memory in large pieces, then in small ones; each refusal is a bad_alloc, and what was
// taken can be given back.
void use_memory() {
  std::vector<std::unique_ptr<char[]>> taken;
  taken.reserve(100'000);
  for (const std::size_t size : {1'000'000u, 1'000u}) {
    try {
      for (;;) taken.push_back(std::make_unique<char[]>(size));
    } catch (const std::bad_alloc&) {
      std::printf("bad_alloc for %zu bytes\n", size);
    }
  }
  taken.clear();
  const auto again = std::make_unique<char[]>(1'000'000);
  std::puts("and memory again");
}

[[gnu::noinline]] void break_promise() { throw std::runtime_error("out of a noexcept function"); }
void promise_not_to_throw() noexcept { break_promise(); }

Task<void> fail_by(const char* how) {
  co_await yield();
  char byte = 1;
  if (std::strcmp(how, "null") == 0) *static_cast<volatile int*>(nullptr) = 1;
  if (std::strcmp(how, "stack") == 0) std::printf("%d\n", use_stack(&byte));
  if (std::strcmp(how, "text") == 0) *reinterpret_cast<volatile char*>(0x100000) = 0;
  if (std::strcmp(how, "rodata") == 0) *const_cast<volatile char*>(__rodata_start) = 0;
  if (std::strcmp(how, "data") == 0) reinterpret_cast<void (*)()> (&byte)();
  if (std::strcmp(how, "memory") == 0) use_memory();
  if (std::strcmp(how, "all-memory") == 0) {
    for (;;) kept = new char[100'000];
  }
  if (std::strcmp(how, "system-call") == 0) {
    for (int time = 0; time < 2; ++time) ::socket(AF_INET, SOCK_STREAM, 0);
    std::puts("went on");
  }
  if (std::strcmp(how, "free-twice") == 0) {
    kept = new char[100];
    for (int time = 0; time < 2; ++time) ::operator delete(kept);
  }
  if (std::strcmp(how, "noexcept") == 0) promise_not_to_throw();
  if (std::strcmp(how, "throw") == 0) throw std::runtime_error("this program is meant to fail");
}

}  // namespace
}  // namespace sundog

int main(int argc, char** argv) {
  sundog::run(sundog::fail_by(argc > 1 ? argv[1] : ""));
  return argc > 2 ? 7 : 0;
}
