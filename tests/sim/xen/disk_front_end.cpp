#include "tests/sim/xen/disk_front_end.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tests/sim/xen/memory_map.hpp"

namespace sundog::sim::xen {
namespace {

using sundog::xen::Grant;
using sundog::xen::SharedPage;

constexpr std::size_t sector_bytes = 512;
constexpr std::size_t page_bytes = MemoryMap::page_bytes;

}  // namespace

DiskFrontEnd::DiskFrontEnd(sundog::xen::BackEndPlace place)
    : FrontEnd(std::move(place)),
      page_(back_end_domain(), SharedPage(), Grant::Access::read_write),
      ring_(page_.bytes()) {}

Task<DiskFrontEnd::Keys> DiskFrontEnd::offer() {
  Keys keys;
  keys.emplace_back("ring-ref", std::to_string(page_.reference()));
  keys.emplace_back("event-channel", std::to_string(port()));
  keys.emplace_back("protocol", "x86_64-abi");
  co_return keys;
}

DiskRequest DiskFrontEnd::describe(std::uint64_t sector, std::size_t bytes, const Grants& grants) {
  DiskRequest request{};
  request.segment_count = static_cast<std::uint8_t>(grants.size());
  request.sector = sector;
  for (std::size_t i = 0; i < grants.size(); ++i) {
    const std::size_t rest = std::min(bytes - i * page_bytes, page_bytes);
    request.segment[i] = {grants[i]->reference(), 0,
                          static_cast<std::uint8_t>(rest / sector_bytes - 1), 0};
  }
  return request;
}

Task<bool> DiskFrontEnd::read(std::uint64_t sector, std::span<std::byte> target) {
  Grants grants;
  for (std::size_t done = 0; done < target.size(); done += page_bytes) {
    grants.push_back(
        std::make_unique<Grant>(back_end_domain(), SharedPage(), Grant::Access::read_write));
  }
  DiskRequest request = describe(sector, target.size(), grants);
  request.operation = BLKIF_OP_READ;
  const bool read = co_await ask(request);
  for (std::size_t done = 0; read && done < target.size(); done += page_bytes) {
    const std::size_t count = std::min(target.size() - done, page_bytes);
    std::memcpy(target.data() + done, grants[done / page_bytes]->bytes(), count);
  }
  co_return read;
}

Task<bool> DiskFrontEnd::write(std::uint64_t sector, std::span<const std::byte> source) {
  Grants grants;
  for (std::size_t done = 0; done < source.size(); done += page_bytes) {
    SharedPage page;
    std::memcpy(page.bytes(), source.data() + done, std::min(source.size() - done, page_bytes));
    grants.push_back(
        std::make_unique<Grant>(back_end_domain(), std::move(page), Grant::Access::read));
  }
  DiskRequest request = describe(sector, source.size(), grants);
  request.operation = BLKIF_OP_WRITE;
  co_return co_await ask(request);
}

Task<bool> DiskFrontEnd::ask(DiskRequest request) {
  const Semaphore::Permit slot = co_await slots_.acquire();
  request.id = ++last_id_;
  Pending pending;
  pending_[request.id] = &pending;
  struct Forget {
    DiskFrontEnd& front;
    std::uint64_t id;
    ~Forget() { front.pending_.erase(id); }
  };
  const Forget at_the_end{*this, request.id};
  ring_.put(request);
  if (ring_.show()) sundog::xen::send_event(port());
  co_await pending.done.after(0);
  co_return pending.status == BLKIF_RSP_OKAY;
}

void DiskFrontEnd::serve() {
  using Next = decltype(ring_)::Next;
  DiskResponse response;
  do {
    for (;;) {
      const Next next = ring_.take(response);
      if (next == Next::broken) return give_up("it answers more than was asked");
      if (next == Next::none) break;
      const auto pending = pending_.find(response.id);
      if (pending == pending_.end()) return give_up("it answers what was not asked");
      pending->second->status = response.status;
      pending->second->done.advance();
      // A second answer to it is one too many.
      pending_.erase(pending);
    }
  } while (ring_.ask());
}

}  // namespace sundog::sim::xen
