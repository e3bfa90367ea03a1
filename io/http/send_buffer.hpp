// SendBuffer: heads of responses, and small contents behind them, on their way into one write.
//
//   | finished responses, to be sent | the head being written | space |
//   0                            ready_                   writer's end
//
// A head becomes part of what is ready only when it is complete, so a handler that fails halfway
// leaves nothing behind.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "sundog/io/http/buffer_pool.hpp"
#include "sundog/io/http/date.hpp"
#include "sundog/io/http/head_writer.hpp"
#include "sundog/io/http/limits.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {

class SendBuffer {
 public:
  // `pool` may be null: its memory is the heap's then.
  explicit SendBuffer(BufferPool* pool) : pool_(pool) {}

  // What is to be sent next. Valid until something is added.
  std::string_view ready() const { return {bytes_.get(), ready_}; }
  // False: what is ready must be sent first.
  bool has_room_for_head() const { return send_buffer_bytes - ready_ >= response_head_bytes_max; }

  // A writer for a head behind what is ready. There must be room for it. Throws std::bad_alloc.
  HeadWriter begin_head() {
    if (bytes_ == nullptr) bytes_ = BufferPool::take(pool_, send_buffer_bytes);
    return HeadWriter(std::span(bytes_.get() + ready_, response_head_bytes_max));
  }
  void finish_head(HeadWriter& writer) {
    writer.finish();
    ready_ += writer.size();
  }

  // False, and nothing added, when it does not fit.
  bool append(std::string_view content) {
    if (content.size() > send_buffer_bytes - ready_) {
      SUNDOG_PROBE("a response did not fit into the send buffer");
      return false;
    }
    content.copy(bytes_.get() + ready_, content.size());
    ready_ += content.size();
    return true;
  }

  // It was sent.
  void clear() { ready_ = 0; }

  // Has no memory until the next head.
  void give_back() {
    SUNDOG_ASSERT(ready_ == 0, "what is ready must be sent first");
    bytes_.reset();
  }

 private:
  BufferPool* pool_;
  BufferPool::Buffer bytes_;
  std::size_t ready_ = 0;
};

// The Date field's value, written anew only when the second changes.
class DateText {
 public:
  std::string_view at(std::int64_t unix_seconds) {
    if (unix_seconds != seconds_) {
      text_ = format_date(unix_seconds);
      seconds_ = unix_seconds;
    }
    return {text_.data(), text_.size()};
  }

 private:
  std::int64_t seconds_ = -1;
  std::array<char, date_bytes> text_ = format_date(0);
};

}  // namespace sundog::http
