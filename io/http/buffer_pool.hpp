// BufferPool: memory for what connections receive and send, theirs while a request is under way.
//
// An idle connection has none, so ten thousand of them take little; a few pieces are kept for the
// next request, so that a busy server does not ask the heap for each. A pool belongs to one server,
// or to whoever has several flows on one thread; what it keeps ends with it.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

namespace sundog::http {

class BufferPool {
 public:
  // So many are kept at most; further ones go back to the heap.
  static constexpr std::size_t kept_max = 64;

  // Gives memory back to where it came from.
  class GiveBack {
   public:
    GiveBack() noexcept = default;
    // Without a pool to the heap.
    GiveBack(BufferPool* pool, std::size_t size) noexcept : pool_(pool), size_(size) {}
    // For std::unique_ptr.
    void operator()(char* bytes) const noexcept;

   private:
    BufferPool* pool_ = nullptr;
    std::size_t size_ = 0;
  };
  // The pool must outlive it.
  using Buffer = std::unique_ptr<char[], GiveBack>;

  BufferPool() noexcept = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  // A piece of this size, whose bytes hold anything; from the heap where `pool` is null. Throws
  // std::bad_alloc.
  static Buffer take(BufferPool* pool, std::size_t size);

  // How many pieces it keeps at this moment.
  std::size_t kept_count() const noexcept { return count_; }
  // Gives all that it keeps to the heap.
  void shrink() noexcept;

 private:
  struct Kept {
    std::size_t size = 0;
    std::unique_ptr<char[]> bytes;
  };

  char* find(std::size_t size) noexcept;

  std::array<Kept, kept_max> kept_;
  std::size_t count_ = 0;
};

}  // namespace sundog::http
