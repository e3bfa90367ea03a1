// Memory of any size, for what says how many bytes there are and must not be filled with them.
#pragma once

#include <sys/mman.h>

#include <cstddef>

#include "sundog/io/flow.hpp"
#include "tests/catch.hpp"

namespace sundog::test {

// Address space without memory behind it until it is touched.
class Mapped {
 public:
  explicit Mapped(std::size_t size)
      : size_(size),
        memory_(::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    REQUIRE(memory_ != MAP_FAILED);
  }
  ~Mapped() { ::munmap(memory_, size_); }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  MutableBytes bytes() const { return {static_cast<std::byte*>(memory_), size_}; }

 private:
  std::size_t size_;
  void* memory_;
};

}  // namespace sundog::test
