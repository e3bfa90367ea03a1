#include "sundog/io/sim/block.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sundog/io/sim/operation.hpp"
#include "sundog/io/sim/world.hpp"

namespace sundog::sim {
namespace {

// One request of the disk; what it does is a function of it.
template <class Function>
class BlockOperation final : public Operation {
 public:
  BlockOperation(Host& host, std::string_view name, Function function)
      : Operation(host), name_(name), function_(std::move(function)) {}

 private:
  std::string_view name() const noexcept override { return name_; }
  std::uint64_t object() const noexcept override { return 0; }
  std::optional<int> attempt() override { return function_(); }
  void withdraw() noexcept override {}

  std::string_view name_;
  Function function_;
};

template <class Function>
Task<void> carry_out(Host& host, const char* name, Function function) {
  for (;;) {
    const int result = co_await BlockOperation<Function>(host, name, function);
    if (result >= 0) co_return;
    if (!try_once_more(result)) throw_error(result, name);
  }
}

// Calls each(number, bytes) for every sector of the parts.
template <class Part, class Each>
void for_each_sector(std::uint64_t sector, std::uint32_t sector_bytes, std::span<const Part> parts,
                     Each each) {
  for (Part part : parts) {
    for (; !part.empty(); part = part.subspan(sector_bytes)) {
      each(sector++, part.first(sector_bytes));
    }
  }
}

}  // namespace

BlockImage::BlockImage(std::uint64_t sector_count, std::uint32_t sector_bytes) {
  geometry_.sector_bytes = sector_bytes;
  geometry_.sector_count = sector_count;
  contents_.resize(static_cast<std::size_t>(geometry_.bytes()));
}

MutableBytes BlockImage::at(std::uint64_t sector) noexcept {
  return std::span(contents_).subspan(static_cast<std::size_t>(sector * geometry_.sector_bytes),
                                      geometry_.sector_bytes);
}

Bytes BlockImage::read(std::uint64_t sector) const noexcept {
  return std::span(contents_).subspan(static_cast<std::size_t>(sector * geometry_.sector_bytes),
                                      geometry_.sector_bytes);
}

void BlockImage::write(std::uint64_t sector, Bytes bytes) {
  std::vector<Sector>& versions = unflushed_[sector];
  const MutableBytes place = at(sector);
  if (versions.empty()) versions.emplace_back(place.begin(), place.end());
  versions.emplace_back(bytes.begin(), bytes.end());
  std::copy(bytes.begin(), bytes.end(), place.begin());
}

void BlockImage::power_cut(Prng& prng) {
  constexpr PartsPerMillion torn_ppm = 200'000;
  for (auto& [sector, versions] : unflushed_) {
    const MutableBytes place = at(sector);
    const Sector& kept = versions[prng.below(versions.size())];
    std::copy(kept.begin(), kept.end(), place.begin());
    if (!prng.chance(torn_ppm)) continue;
    const Sector& other = versions[prng.below(versions.size())];
    const auto torn_at = static_cast<std::ptrdiff_t>(prng.below(place.size()));
    std::copy(other.begin() + torn_at, other.end(), place.begin() + torn_at);
  }
  unflushed_.clear();
}

SimBlock::SimBlock(Host& host, const std::string& name, std::uint64_t sector_count,
                   std::uint32_t sector_bytes)
    : host_(&host) {
  const Memory::Outside outside;
  image_ = &host.block_images().try_emplace(name, sector_count, sector_bytes).first->second;
  SUNDOG_ASSERT(image_->geometry().sector_count == sector_count &&
                    image_->geometry().sector_bytes == sector_bytes,
                "a simulated disk keeps its size");
}

int SimBlock::read_now(std::uint64_t sector, std::span<const MutableBytes> buffers) {
  const bool failing = host_->world().strikes(Fault::disk_error);
  for_each_sector(sector, geometry().sector_bytes, buffers, [&](auto number, MutableBytes buffer) {
    if (failing && host_->world().prng().below(2) == 0) return;
    const Bytes bytes = image_->read(number);
    std::copy(bytes.begin(), bytes.end(), buffer.begin());
  });
  return failing ? -EIO : 0;
}

int SimBlock::write_now(std::uint64_t sector, std::span<const Bytes> parts) {
  const bool failing = host_->world().strikes(Fault::disk_error);
  for_each_sector(sector, geometry().sector_bytes, parts, [&](auto number, Bytes bytes) {
    if (failing && host_->world().prng().below(2) == 0) return;
    image_->write(number, bytes);
  });
  return failing ? -EIO : 0;
}

int SimBlock::flush_now() {
  if (host_->world().strikes(Fault::disk_error)) return -EIO;
  image_->flush();
  return 0;
}

int SimBlock::discard_now(std::uint64_t sector, std::uint64_t count) {
  if (host_->world().strikes(Fault::disk_error)) return -EIO;
  // Anything may be there afterwards: bytes that a store must not take for its own.
  std::vector<std::byte> rubbish(geometry().sector_bytes);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto fill = static_cast<std::byte>(host_->world().prng().next());
    std::fill(rubbish.begin(), rubbish.end(), fill);
    image_->write(sector + i, rubbish);
  }
  return 0;
}

Task<void> SimBlock::read(std::uint64_t sector, std::span<const MutableBytes> buffers) {
  check_read(geometry(), sector, buffers);
  const auto attempt = [this, sector, buffers] { return read_now(sector, buffers); };
  co_await carry_out(*host_, "read sectors", attempt);
}

Task<void> SimBlock::read(std::uint64_t sector, MutableBytes buffer) {
  co_await read(sector, std::span<const MutableBytes>(&buffer, 1));
}

Task<void> SimBlock::write(std::uint64_t sector, std::span<const Bytes> parts) {
  check_write(geometry(), sector, parts);
  const auto attempt = [this, sector, parts] { return write_now(sector, parts); };
  co_await carry_out(*host_, "write sectors", attempt);
}

Task<void> SimBlock::write(std::uint64_t sector, Bytes bytes) {
  co_await write(sector, std::span<const Bytes>(&bytes, 1));
}

Task<void> SimBlock::flush() {
  const auto attempt = [this] { return flush_now(); };
  co_await carry_out(*host_, "flush sectors", attempt);
}

Task<void> SimBlock::discard(std::uint64_t sector, std::uint64_t count) {
  check_discard(geometry(), sector, count);
  const auto attempt = [this, sector, count] { return discard_now(sector, count); };
  co_await carry_out(*host_, "discard sectors", attempt);
}

}  // namespace sundog::sim
