// BufferPool: memory for what connections receive, parse and send, theirs while a request is under
// way.
//
// An idle connection has none, so ten thousand of them take little; a few pieces of each size are
// kept for the next request, so that a busy server does not ask the heap for each. A pool belongs
// to one server, or to whoever has several flows on one thread; what it keeps ends with it.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace sundog::http {

class BufferPool {
  // Pieces of one size.
  struct Shelf;

 public:
  // So many pieces of a size are kept at most, and so many sizes; what goes beyond is the heap's.
  static constexpr std::size_t kept_max = 32;
  static constexpr std::size_t sizes_max = 4;

  // Gives memory back to where it came from.
  class GiveBack {
   public:
    // To the heap.
    GiveBack() noexcept = default;
    // For std::unique_ptr.
    void operator()(char* bytes) const noexcept;

   private:
    friend class BufferPool;
    explicit GiveBack(Shelf* shelf) noexcept : shelf_(shelf) {}

    Shelf* shelf_ = nullptr;
  };
  // The pool must outlive it.
  using Buffer = std::unique_ptr<char[], GiveBack>;

  BufferPool() noexcept = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  // A piece of this size, whose bytes hold anything; from the heap where `pool` is null. Throws
  // std::bad_alloc.
  static Buffer take(BufferPool* pool, std::size_t size);

  // How much it keeps at this moment.
  std::size_t kept_bytes() const noexcept;
  // Gives all of that to the heap.
  void shrink() noexcept;

 private:
  struct Shelf {
    std::size_t size = 0;
    std::size_t count = 0;
    std::array<std::unique_ptr<char[]>, kept_max> pieces;
  };

  Shelf* shelf_for(std::size_t size) noexcept;

  std::array<Shelf, sizes_max> shelves_;
};

// An object in memory of a pool, or of the heap where the pool is null.
template <class T>
class InPool {
 public:
  // Throws std::bad_alloc.
  explicit InPool(BufferPool* pool)
      : memory_(BufferPool::take(pool, sizeof(T))), object_(new(memory_.get()) T()) {}
  InPool(const InPool&) = delete;
  InPool& operator=(const InPool&) = delete;
  ~InPool() { object_->~T(); }

  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }

 private:
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

  BufferPool::Buffer memory_;
  T* object_;
};

}  // namespace sundog::http
