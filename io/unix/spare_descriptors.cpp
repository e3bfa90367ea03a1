#include "sundog/io/unix/spare_descriptors.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "sundog/runtime/language/probe.hpp"

namespace sundog {

SpareDescriptors& SpareDescriptors::shared() {
  // Never destroyed: threads of the pool may still open files when the process ends.
  static SpareDescriptors& spares = *new SpareDescriptors;
  return spares;
}

std::size_t SpareDescriptors::limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return static_cast<std::size_t>(limit.rlim_cur);
}

void SpareDescriptors::keep() noexcept {
  const std::scoped_lock lock(mutex_);
  if (++keeper_count_ > 1) return;
  const std::size_t count = std::clamp(limit() / 8, count_min, count_max);
  try {
    spare_.reserve(count);
    wanted_ = count;
  } catch (const std::bad_alloc&) {
    SUNDOG_PROBE("there was no memory for spare descriptors");
  }
  fill();
}

void SpareDescriptors::release() noexcept {
  const std::scoped_lock lock(mutex_);
  if (--keeper_count_ > 0) return;
  for (const int fd : spare_) ::close(fd);
  spare_ = {};
  wanted_ = 0;
}

std::size_t SpareDescriptors::wanted() const noexcept {
  const std::scoped_lock lock(mutex_);
  return wanted_;
}

bool SpareDescriptors::lend() noexcept {
  const std::scoped_lock lock(mutex_);
  if (spare_.empty()) return false;
  SUNDOG_PROBE("a file was opened in a spare descriptor's place");
  ::close(spare_.back());
  spare_.pop_back();
  return true;
}

bool SpareDescriptors::refill() noexcept {
  const std::scoped_lock lock(mutex_);
  return fill();
}

bool SpareDescriptors::fill() noexcept {
  while (spare_.size() < wanted_) {
    // The cheapest thing that has a number.
    const int fd = ::open("/", O_PATH | O_CLOEXEC);
    if (fd < 0) return false;
    spare_.push_back(fd);
  }
  return true;
}

}  // namespace sundog
