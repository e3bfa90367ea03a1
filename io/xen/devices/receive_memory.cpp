#include "sundog/io/xen/devices/receive_memory.hpp"

#include <new>
#include <system_error>
#include <utility>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::xen {
namespace {

// Null when there is no memory or no grant.
std::unique_ptr<GrantedPages> make_page() noexcept {
  try {
    return std::make_unique<GrantedPages>(1);
  } catch (const std::bad_alloc&) {
    return nullptr;
  } catch (const std::system_error&) {
    return nullptr;
  }
}

}  // namespace

ReceiveMemory::ReceiveMemory(std::size_t count)
    : pages_(std::make_unique<Page[]>(count)), count_(count) {
  for (std::size_t i = 0; i < count; ++i) {
    pages_[i].owner = this;
    pages_[i].memory = std::make_unique<GrantedPages>(1);
    give_back(pages_[i]);
  }
}

ReceiveMemory::~ReceiveMemory() {
  SUNDOG_ASSERT(free_count_ + missing_count_ == count_,
                "a network device was destroyed before its packets and buffers");
}

ReceiveMemory::Page* ReceiveMemory::take() noexcept {
  if (free_ == nullptr && missing_ != nullptr) renew_missing();
  if (free_ == nullptr) return nullptr;
  auto* const page = static_cast<Page*>(free_);
  free_ = std::exchange(page->next, nullptr);
  --free_count_;
  return page;
}

void ReceiveMemory::give_back(PacketMemory& page) noexcept {
  page.next = std::exchange(free_, &page);
  ++free_count_;
}

void ReceiveMemory::take_from_back_end(Page& page) noexcept {
  if (page.memory->close()) return give_back(page);
  SUNDOG_PROBE("a back end had gone and still used a buffer's page");
  page.memory = make_page();
  if (page.memory != nullptr) return give_back(page);
  page.next = std::exchange(missing_, &page);
  ++missing_count_;
}

void ReceiveMemory::renew_missing() noexcept {
  auto& page = static_cast<Page&>(*missing_);
  page.memory = make_page();
  if (page.memory == nullptr) return;
  missing_ = std::exchange(page.next, nullptr);
  --missing_count_;
  give_back(page);
}

}  // namespace sundog::xen
