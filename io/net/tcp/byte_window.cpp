#include "sundog/io/net/tcp/byte_window.hpp"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "sundog/runtime/language/assert.hpp"

namespace sundog::net::tcp {
namespace {

constexpr std::uint32_t slots_min = 4;
// A ring as small as this one stays when the window is empty.
constexpr std::uint32_t slots_kept = 16;

}  // namespace

bool ByteWindow::reserve(std::size_t slots) noexcept {
  if (slots <= capacity_) return true;
  const auto capacity = std::max(slots_min, std::bit_ceil(static_cast<std::uint32_t>(slots)));
  std::unique_ptr<Block*[]> larger(new (std::nothrow) Block* [capacity] {});
  if (larger == nullptr) return false;
  for (std::uint32_t index = 0; index < capacity_; ++index) larger[index] = slot(index);
  slots_ = std::move(larger);
  capacity_ = capacity;
  first_ = 0;
  return true;
}

MutableBytes ByteWindow::space(std::size_t offset, std::size_t wanted) noexcept {
  const std::size_t place = front_ + offset;
  const std::size_t index = place / Block::bytes;
  if (!reserve(index + 1)) return {};
  Block*& block = slot(index);
  if (block == nullptr) block = pool_.take();
  if (block == nullptr) return {};
  const MutableBytes rest = MutableBytes(block->data).subspan(place % Block::bytes);
  return rest.first(std::min(rest.size(), wanted));
}

std::size_t ByteWindow::write(std::size_t offset, Bytes bytes) noexcept {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const MutableBytes to = space(offset + written, bytes.size() - written);
    if (to.empty()) break;
    std::ranges::copy(bytes.subspan(written, to.size()), to.begin());
    written += to.size();
  }
  return written;
}

Bytes ByteWindow::piece(std::size_t offset, std::size_t wanted) const noexcept {
  const std::size_t place = front_ + offset;
  const std::size_t index = place / Block::bytes;
  SUNDOG_ASSERT(index < capacity_ && slot(index) != nullptr, "only what was written can be read");
  const Bytes rest = Bytes(slot(index)->data).subspan(place % Block::bytes);
  return rest.first(std::min(rest.size(), wanted));
}

void ByteWindow::copy(std::size_t offset, MutableBytes buffer) const noexcept {
  while (!buffer.empty()) {
    const Bytes from = piece(offset, buffer.size());
    std::ranges::copy(from, buffer.begin());
    offset += from.size();
    buffer = buffer.subspan(from.size());
  }
}

void ByteWindow::slide(std::size_t count) noexcept {
  std::size_t place = front_ + count;
  for (; place >= Block::bytes; place -= Block::bytes) {
    if (capacity_ == 0) continue;
    if (Block* const block = std::exchange(slot(0), nullptr)) pool_.give_back(*block);
    first_ = (first_ + 1) & (capacity_ - 1);
  }
  front_ = static_cast<std::uint32_t>(place);
}

void ByteWindow::clear() noexcept {
  for (std::uint32_t index = 0; index < capacity_; ++index) {
    if (Block* const block = std::exchange(slots_[index], nullptr)) pool_.give_back(*block);
  }
  if (capacity_ > slots_kept) {
    slots_.reset();
    capacity_ = 0;
  }
  first_ = 0;
  front_ = 0;
}

}  // namespace sundog::net::tcp
