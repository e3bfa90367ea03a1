// BufferPool: memory for what connections receive and send, theirs while a request is under way.
//
// An idle connection has none, so ten thousand of them take little; a few pieces are kept for the
// next request, so that a busy server does not ask the heap for each. Each thread has its own.
#pragma once

#include <cstddef>
#include <memory>

namespace sundog::http {

class BufferPool {
 public:
  // So many are kept at most; further ones go back to the heap.
  static constexpr std::size_t kept_max = 64;

  // Gives the memory back to the pool of the thread.
  struct GiveBack {
    std::size_t size = 0;
    void operator()(char* bytes) const noexcept;
  };
  using Buffer = std::unique_ptr<char[], GiveBack>;

  // Its bytes hold anything. Throws std::bad_alloc.
  static Buffer take(std::size_t size);
};

}  // namespace sundog::http
