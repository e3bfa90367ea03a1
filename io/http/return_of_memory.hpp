// ReturnOfMemory: when a server gives memory back: after a load is gone.
//
// What ten thousand connections have used would otherwise be kept for the next ten thousand, which
// may never come. It is given back when most of the connections have ended, and a while has gone by
// in which they did not come back. A server whose load goes up and down a little never does it.
//
//   peak_ ──a quarter of it is left──▶ waiting ──`pause`, and it still is──▶ given back, new peak
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <new>

#include "sundog/io/http/buffer_pool.hpp"
#include "sundog/io/spare_memory.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/timers/timers.hpp"

namespace sundog::http {

class ReturnOfMemory final : Timer {
 public:
  // Fewer connections than this leave nothing that is worth the trouble.
  static constexpr std::size_t peak_min = 256;
  // How long the load must have been gone.
  static constexpr std::chrono::seconds pause{1};

  explicit ReturnOfMemory(BufferPool& buffers) noexcept : buffers_(buffers) {}
  ReturnOfMemory(const ReturnOfMemory&) = delete;
  ReturnOfMemory& operator=(const ReturnOfMemory&) = delete;
  // The server ends, to the same effect.
  ~ReturnOfMemory() {
    if (!armed()) return;
    Timers::current().cancel(*this);
    fired();
  }

  // How many connections there are now.
  void rose_to(std::size_t count) noexcept {
    count_ = count;
    peak_ = std::max(peak_, count);
  }
  void fell_to(std::size_t count) noexcept {
    count_ = count;
    if (!load_is_gone() || armed()) return;
    try {
      Timers::current().arm_after(*this, pause);
    } catch (const std::bad_alloc&) {
      SUNDOG_PROBE("there was no memory to wait until memory can be given back");
    }
  }

 private:
  bool load_is_gone() const noexcept { return peak_ >= peak_min && count_ <= peak_ / 4; }
  void fired() override {
    if (!load_is_gone()) return;
    SUNDOG_PROBE("a server gave memory back");
    peak_ = count_;
    buffers_.shrink();
    give_back_spare_memory();
  }

  BufferPool& buffers_;
  std::size_t count_ = 0;
  std::size_t peak_ = 0;
};

}  // namespace sundog::http
