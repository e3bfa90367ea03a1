// SendBuffers: the buffers that a network device sends from, all of one size, and those who wait
// for one, who are served in order. For implementations of Network.
#pragma once

#include <cstddef>
#include <utility>

#include "sundog/io/packet.hpp"
#include "sundog/io/packet_pool.hpp"
#include "sundog/io/turn.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog {

// Each who waits has the next buffer that comes back promised, so that nobody passes it. Pool is a
// PacketPool, or has its take(), free_count() and watch().
template <class Pool = PacketPool>
struct SendBuffers final : private PacketPool::Watcher {
  // The pool is made of these.
  template <class... Arguments>
  explicit SendBuffers(Arguments&&... arguments) : pool(std::forward<Arguments>(arguments)...) {
    pool.watch(this);
  }

  // `size` bytes of a buffer; an empty one where wait() would wait.
  TransmitBuffer take(std::size_t size) noexcept {
    if (!line.empty() || promised == pool.free_count()) return {};
    return TransmitBuffer(*pool.take(size));
  }
  Task<TransmitBuffer> wait(std::size_t size) {
    TransmitBuffer free = take(size);
    if (free) co_return free;
    co_await turn_in(line, "room for a frame");
    --promised;
    co_return TransmitBuffer(*pool.take(size));
  }

  // The buffers.
  Pool pool;
  // Who waits for one.
  WaitQueue line;
  // Of the free buffers, those that belong to somebody who was woken for one.
  std::size_t promised = 0;

 private:
  void came_back() noexcept override {
    if (line.empty()) return;
    ++promised;
    line.wake_first();
  }
};

}  // namespace sundog
