#include "sundog/io/net/interface/waiting_frames.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace sundog::net {

WaitingFrame::WaitingFrame(FrameBudget& budget, std::unique_ptr<std::byte[]> bytes,
                           std::size_t size, const PacketOffload& offload) noexcept
    : budget_(budget), bytes_(std::move(bytes)), size_(size), offload_(offload) {
  budget_.used_ += size_;
}

std::unique_ptr<WaitingFrame> WaitingFrame::make(FrameBudget& budget, std::span<const Bytes> pieces,
                                                 const PacketOffload& offload) noexcept {
  std::size_t size = 0;
  for (const Bytes piece : pieces) size += piece.size();
  if (size > budget.left()) return nullptr;
  std::unique_ptr<std::byte[]> bytes(new (std::nothrow) std::byte[size]);
  if (bytes == nullptr) return nullptr;
  std::byte* to = bytes.get();
  for (const Bytes piece : pieces) to = std::ranges::copy(piece, to).out;
  return std::unique_ptr<WaitingFrame>(new (std::nothrow)
                                           WaitingFrame(budget, std::move(bytes), size, offload));
}

}  // namespace sundog::net
