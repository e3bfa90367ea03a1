#include "sundog/io/net/tcp/reassembly.hpp"

#include <algorithm>
#include <memory>
#include <new>

#include "sundog/runtime/frame_pool.hpp"

namespace sundog::net::tcp {

using wire::Sequence;

bool Reassembly::add(Sequence start, Sequence end) noexcept {
  if (ranges_ == nullptr) {
    try {
      ranges_ = static_cast<Range*>(FramePool::allocate(ranges_max * sizeof(Range)));
    } catch (const std::bad_alloc&) {
      return false;
    }
    std::uninitialized_value_construct_n(ranges_, ranges_max);
  }
  // Those that it touches: [first, last).
  std::size_t first = 0;
  while (first < count_ && ranges_[first].end < start) ++first;
  std::size_t last = first;
  while (last < count_ && ranges_[last].start <= end) ++last;
  if (first == last) {
    if (full()) return false;
    std::copy_backward(ranges_ + first, ranges_ + count_, ranges_ + count_ + 1);
    ++count_;
  } else {
    start = earlier(start, ranges_[first].start);
    end = later(end, ranges_[last - 1].end);
    std::copy(ranges_ + last, ranges_ + count_, ranges_ + first + 1);
    count_ -= static_cast<std::uint32_t>(last - first - 1);
  }
  ranges_[first] = {start, end, ++changes_};
  return true;
}

Sequence Reassembly::advance(Sequence next) noexcept {
  std::size_t reached = 0;
  while (reached < count_ && ranges_[reached].start <= next) {
    next = later(next, ranges_[reached].end);
    ++reached;
  }
  std::copy(ranges_ + reached, ranges_ + count_, ranges_);
  count_ -= static_cast<std::uint32_t>(reached);
  if (count_ == 0) give_back();
  return next;
}

void Reassembly::give_back() noexcept {
  if (ranges_ == nullptr) return;
  FramePool::deallocate(ranges_, ranges_max * sizeof(Range));
  ranges_ = nullptr;
}

bool Reassembly::contains(Sequence start, Sequence end) const noexcept {
  return std::any_of(ranges_, ranges_ + count_,
                     [&](const Range& range) { return range.start <= start && end <= range.end; });
}

bool Reassembly::overlaps(Sequence start, Sequence end) const noexcept {
  return std::any_of(ranges_, ranges_ + count_,
                     [&](const Range& range) { return range.start < end && start < range.end; });
}

std::size_t Reassembly::take_blocks(std::span<wire::SackBlock> blocks) noexcept {
  std::size_t told = 0;
  if (has_duplicate_ && !blocks.empty()) {
    blocks[told++] = duplicate_;
    has_duplicate_ = false;
  }
  // The latest first. There are few blocks: each is searched for.
  std::uint32_t below = UINT32_MAX;
  while (told < blocks.size()) {
    const Range* latest = nullptr;
    for (std::size_t index = 0; index < count_; ++index) {
      const Range& range = ranges_[index];
      if (range.changed >= below) continue;
      if (latest == nullptr || range.changed > latest->changed) latest = &range;
    }
    if (latest == nullptr) break;
    blocks[told++] = {latest->start, latest->end};
    below = latest->changed;
  }
  return told;
}

}  // namespace sundog::net::tcp
