// ReceiveBuffer: a fixed piece of memory between a flow and a parser.
//
//   | kept (a head in use) | received, not yet used | space |
//   0                   kept_                begin_/end_   size
//
// Bytes are added at the end and used from the front. keep() pins what has been used so far, so
// that views into a message's head stay valid while its body passes through behind it; release()
// ends that. Nothing moves while views may be in use: only make_space() moves bytes, and never the
// kept ones. While the buffer is empty its memory may be given back.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "sundog/io/http/buffer_pool.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog::http {

class ReceiveBuffer {
 public:
  // `pool` may be null: its memory is the heap's then.
  explicit ReceiveBuffer(std::size_t size, BufferPool* pool = nullptr) : pool_(pool), size_(size) {}

  // How much it can hold.
  std::size_t size() const { return size_; }

  // What has come and is not used yet. Valid until make_space().
  std::string_view received() const { return {bytes_.get() + begin_, end_ - begin_}; }
  // The first `count` bytes of it are done with.
  void use(std::size_t count) { begin_ += count; }

  // See the opening comment.
  void keep() { kept_ = begin_; }
  // See the opening comment.
  void release() { kept_ = 0; }

  // Where more can be received; moves unused bytes to the front if there is little room else.
  // Empty: the buffer is full. Throws std::bad_alloc.
  std::span<std::byte> make_space() {
    if (bytes_ == nullptr) bytes_ = BufferPool::take(pool_, size_);
    if (begin_ == end_) {
      begin_ = end_ = kept_;
    } else if (size_ - end_ < size_ / 4 && begin_ != kept_) {
      std::memmove(bytes_.get() + kept_, bytes_.get() + begin_, end_ - begin_);
      end_ -= begin_ - kept_;
      begin_ = kept_;
    }
    return std::as_writable_bytes(std::span(bytes_.get() + end_, size_ - end_));
  }
  void add(std::size_t count) { end_ += count; }

  // Has no memory until more is received.
  void give_back() {
    SUNDOG_ASSERT(begin_ == end_ && kept_ == 0, "what is in a buffer must be used first");
    begin_ = end_ = 0;
    bytes_.reset();
  }

 private:
  BufferPool* pool_;
  BufferPool::Buffer bytes_;
  std::size_t size_;
  std::size_t kept_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace sundog::http
