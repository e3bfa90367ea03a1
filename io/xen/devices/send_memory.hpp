// SendMemory: the buffers that a network device sends from, in pages that are granted to the back
// end for as long as there is one (a pool for SendBuffers, io/send_buffers.hpp).
//
// A buffer outlives back ends. When one has gone without letting go of a buffer's pages, the buffer
// gets others before the next back end sees it; while a program fills it, that waits until it has
// come back.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "sundog/io/packet_pool.hpp"
#include "sundog/io/xen/grants.hpp"

namespace sundog::xen {

class SendMemory final : public PacketOwner {
 public:
  // `count` buffers of `bytes` bytes, in pages of their own. Throws std::bad_alloc, or
  // std::system_error when there are no grants.
  SendMemory(std::size_t count, std::size_t bytes);
  ~SendMemory();

  // Null, at first; outlives this.
  void watch(PacketPool::Watcher* watcher) noexcept { watcher_ = watcher; }

  // As PacketPool's.
  PacketMemory* take(std::size_t size) noexcept;
  void give_back(PacketMemory& memory) noexcept override;
  std::size_t bytes_max() const noexcept { return bytes_; }
  std::size_t free_count() const noexcept { return free_count_; }

  // Grants all to this back end, for reading, and takes them back. Frames that it had are back by
  // then.
  void open(domid_t domain) noexcept;
  void close() noexcept;
  // The pages of a buffer; null while the back end before this one still has some of them, so that
  // what it holds must not be sent.
  static const GrantedPages* pages_of(const PacketMemory& memory) noexcept;

 private:
  struct Buffer : PacketMemory {
    std::unique_ptr<GrantedPages> pages;
    bool is_free = false;
    bool is_old = false;  // its pages are still in the hands of a back end that has gone
  };
  void renew(Buffer& buffer) noexcept;

  const std::size_t bytes_;
  std::unique_ptr<Buffer[]> buffers_;
  const std::size_t count_;
  PacketMemory* free_ = nullptr;
  std::size_t free_count_ = 0;
  PacketPool::Watcher* watcher_ = nullptr;
  // The back end that new pages are granted to, as long as there is one.
  bool is_open_ = false;
  domid_t domain_ = 0;
};

}  // namespace sundog::xen
