#include "sundog/io/xen/devices/send_memory.hpp"

#include <new>
#include <system_error>
#include <utility>

#include "sundog/io/xen/memory.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::xen {

SendMemory::SendMemory(std::size_t count, std::size_t bytes)
    : bytes_(bytes), buffers_(std::make_unique<Buffer[]>(count)), count_(count) {
  for (std::size_t i = 0; i < count; ++i) {
    Buffer& buffer = buffers_[i];
    buffer.owner = this;
    buffer.pages = std::make_unique<GrantedPages>((bytes + page_bytes - 1) / page_bytes);
    give_back(buffer);
  }
}

SendMemory::~SendMemory() {
  SUNDOG_ASSERT(free_count_ == count_,
                "a network device was destroyed before its packets and buffers");
}

PacketMemory* SendMemory::take(std::size_t size) noexcept {
  SUNDOG_ASSERT(size <= bytes_, "a frame of this device cannot be that long");
  if (free_ == nullptr) return nullptr;
  auto& buffer = static_cast<Buffer&>(*free_);
  free_ = std::exchange(buffer.next, nullptr);
  --free_count_;
  buffer.is_free = false;
  if (buffer.is_old) renew(buffer);
  buffer.data = buffer.pages->bytes();
  buffer.size = static_cast<std::uint32_t>(size);
  return &buffer;
}

void SendMemory::give_back(PacketMemory& memory) noexcept {
  auto& buffer = static_cast<Buffer&>(memory);
  if (buffer.is_old) renew(buffer);
  buffer.is_free = true;
  buffer.next = std::exchange(free_, &buffer);
  ++free_count_;
  if (watcher_ != nullptr) watcher_->came_back();
}

// Other pages for those that a back end has not let go of; if there is no memory for any now,
// later.
void SendMemory::renew(Buffer& buffer) noexcept {
  if (!buffer.pages->close()) {
    SUNDOG_PROBE("a back end had gone and still used a frame's pages");
    try {
      buffer.pages = std::make_unique<GrantedPages>(buffer.pages->count());
    } catch (const std::bad_alloc&) {
      return;
    } catch (const std::system_error&) {
      return;
    }
  }
  buffer.is_old = false;
  if (is_open_) buffer.pages->open(domain_, Grant::Access::read);
}

void SendMemory::open(domid_t domain) noexcept {
  is_open_ = true;
  domain_ = domain;
  for (std::size_t i = 0; i < count_; ++i) {
    Buffer& buffer = buffers_[i];
    if (buffer.is_old && buffer.is_free) {
      renew(buffer);
    } else if (!buffer.is_old) {
      buffer.pages->open(domain, Grant::Access::read);
    }
  }
}

void SendMemory::close() noexcept {
  is_open_ = false;
  for (std::size_t i = 0; i < count_; ++i) {
    Buffer& buffer = buffers_[i];
    buffer.is_old = !buffer.pages->close();
    if (buffer.is_old && buffer.is_free) renew(buffer);
  }
}

const GrantedPages* SendMemory::pages_of(const PacketMemory& memory) noexcept {
  const auto& buffer = static_cast<const Buffer&>(memory);
  return buffer.is_old ? nullptr : buffer.pages.get();
}

}  // namespace sundog::xen
