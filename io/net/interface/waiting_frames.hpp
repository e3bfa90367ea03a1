// Frames in memory of the stack's own, which wait: for a neighbour's address, or for room in a
// device. They are the exception, and allocated one by one, within a limit for each interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sundog/io/flow.hpp"
#include "sundog/io/packet.hpp"
#include "sundog/runtime/language/list.hpp"

namespace sundog::net {

// How many bytes of frames wait.
class FrameBudget {
 public:
  explicit FrameBudget(std::size_t bytes_max) noexcept : bytes_max_(bytes_max) {}
  std::size_t left() const noexcept { return bytes_max_ - used_; }

 private:
  friend class WaitingFrame;
  const std::size_t bytes_max_;
  std::size_t used_ = 0;
};

class WaitingFrame : public ListLink {
 public:
  // A copy of what lies in pieces. Null when there is no memory for it, within the budget, which
  // must outlive it, or at all.
  static std::unique_ptr<WaitingFrame> make(FrameBudget& budget, std::span<const Bytes> pieces,
                                            const PacketOffload& offload) noexcept;
  ~WaitingFrame() { budget_.used_ -= size_; }

  MutableBytes bytes() noexcept { return {bytes_.get(), size_}; }
  const PacketOffload& offload() const noexcept { return offload_; }

 private:
  WaitingFrame(FrameBudget& budget, std::unique_ptr<std::byte[]> bytes, std::size_t size,
               const PacketOffload& offload) noexcept;

  FrameBudget& budget_;
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_;
  PacketOffload offload_;
};

// In line; it owns them.
class WaitingFrames {
 public:
  WaitingFrames() = default;
  ~WaitingFrames() { clear(); }
  bool empty() const noexcept { return frames_.empty(); }
  std::size_t count() const noexcept { return count_; }
  WaitingFrame* first() const noexcept { return frames_.first(); }
  void add(std::unique_ptr<WaitingFrame> frame) noexcept {
    ++count_;
    frames_.add(*frame.release());
  }
  // Null when there is none.
  std::unique_ptr<WaitingFrame> take_first() noexcept {
    WaitingFrame* const frame = frames_.take_first();
    if (frame != nullptr) --count_;
    return std::unique_ptr<WaitingFrame>(frame);
  }
  void append(WaitingFrames& others) noexcept {
    count_ += others.count_;
    others.count_ = 0;
    frames_.append(others.frames_);
  }
  void clear() noexcept {
    while (take_first() != nullptr) {
    }
  }

 private:
  List<WaitingFrame> frames_;
  std::size_t count_ = 0;
};

}  // namespace sundog::net
