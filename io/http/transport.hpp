// Transport: a flow with a receive buffer in front of it and, if wanted, a pace that the peer must
// keep. What HTTP's server and client have in common below messages. Errors are those of the flow,
// and std::system_error with timed_out from the pace.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "sundog/io/flow.hpp"
#include "sundog/io/http/limits.hpp"
#include "sundog/io/http/pace.hpp"
#include "sundog/io/http/receive_buffer.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::http {

template <Flow F>
class Transport {
 public:
  // Without a pace the peer may take for ever: for callers that have a deadline of their own.
  Transport(F flow, std::size_t buffer_bytes) : flow_(std::move(flow)), buffer_(buffer_bytes) {}
  // `pool` may be null: buffers are the heap's then.
  Transport(F flow, std::size_t buffer_bytes, BufferPool* pool, Pace pace)
      : flow_(std::move(flow)), buffer_(buffer_bytes, pool), reading_(pace), writing_(pace) {}

  // For its addresses; who reads and writes does it through the transport.
  const F& flow() const { return flow_; }

  // What was received and not used yet; lives as long as the transport.
  ReceiveBuffer& buffer() { return buffer_; }

  // Whether nothing more can be sent or received: the flow failed, or a write was given up halfway.
  // (A read that was given up breaks nothing.)
  bool broken() const { return broken_; }
  bool peer_finished() const { return peer_finished_; }

  // Receives more into the buffer, whatever the pace. False: the peer has finished. There must be
  // space.
  Task<bool> receive() {
    const auto space = buffer_.make_space();
    SUNDOG_ASSERT(!space.empty(), "use what is in the buffer before receiving more");
    const std::size_t count = co_await read(space);
    buffer_.add(count);
    co_return count != 0;
  }

  // The same, for a peer who may be silent for long: until something comes, the buffer, which must
  // be empty, takes no memory.
  Task<bool> receive_first() {
    buffer_.give_back();
    std::array<std::byte, first_bytes> first;
    const std::size_t count = co_await read(first);
    if (count == 0) co_return false;
    std::copy_n(first.begin(), count, buffer_.make_space().begin());
    buffer_.add(count);
    co_return true;
  }

  // The same at the peer's pace, for content.
  Task<bool> receive_content() {
    if (!reading_) co_return co_await receive();
    const auto start = now();
    const auto before = buffer_.received().size();
    const bool more = co_await timeout(receive(), reading_->allowance());
    reading_->transferred(buffer_.received().size() - before, now() - start);
    co_return more;
  }

  // Content straight from the flow; the buffer must have been used up. 0: the peer has finished.
  Task<std::size_t> read_content(MutableBytes space) {
    if (!reading_) co_return co_await read(space);
    const auto start = now();
    const std::size_t count = co_await timeout(read(space), reading_->allowance());
    reading_->transferred(count, now() - start);
    co_return count;
  }

  // All parts in one write. The parts and what they refer to are borrowed until it is done.
  Task<void> write(std::span<const Bytes> parts) {
    broken_ = true;  // until it is done: an error or a cancellation leaves it so
    if (writing_) {
      std::size_t size = 0;
      for (const Bytes part : parts) size += part.size();
      const auto start = now();
      co_await timeout(write_all(parts), writing_->allowance(size));
      writing_->transferred(size, now() - start);
    } else {
      co_await flow_.write(parts);
    }
    broken_ = false;
  }

  // Ends the writing side (Flow).
  Task<void> shutdown() { co_await flow_.shutdown(); }

  // A new message begins in both directions.
  void restart_pace() {
    if (reading_) reading_->restart();
    if (writing_) writing_->restart();
  }

 private:
  // Most requests are not larger.
  static constexpr std::size_t first_bytes = 512;

  Task<std::size_t> read(MutableBytes space) {
    try {
      const std::size_t count = co_await flow_.read(space);
      peer_finished_ = count == 0;
      co_return count;
    } catch (...) {
      SUNDOG_PROBE("a read failed");
      broken_ = true;
      throw;
    }
  }
  Task<void> write_all(std::span<const Bytes> parts) { co_await flow_.write(parts); }

  F flow_;
  ReceiveBuffer buffer_;
  std::optional<Pace> reading_;
  std::optional<Pace> writing_;
  bool broken_ = false;
  bool peer_finished_ = false;
};

}  // namespace sundog::http
