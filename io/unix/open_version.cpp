#include "sundog/io/unix/open_version.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "sundog/io/unix/file.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog {
namespace {

FileVersion version_now(const Descriptor& file) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot look at the file again");
  }
  return FileVersion(status);
}

}  // namespace

// The kernel stamps a file before it takes the bytes that are appended, so for a moment a file that
// grows looks like one that was overwritten in its place. One that was goes on to look so.
Task<bool> OpenVersion::is_still_there() const {
  for (Duration waited{0};; waited += append_pause) {
    const FileVersion now = version_now(file_);
    if (version_.begins(now)) co_return true;
    if (now.size_bytes != version_.size_bytes || waited >= append_time_max) co_return false;
    co_await sleep(append_pause);
  }
}

Task<std::size_t> OpenVersion::read(std::uint64_t offset, MutableBytes buffer) const {
  if (offset >= size()) co_return std::size_t{0};
  const auto left = std::min<std::uint64_t>(size() - offset, buffer.size());
  buffer = buffer.first(static_cast<std::size_t>(left));
  detail::FileReadOperation reading(file_.get(), buffer, true, offset, true);
  const std::size_t count = co_await reading;
  // After the bytes were taken: what changes later does not concern them.
  bool is_there = version_.begins(version_now(file_));
  if (!is_there) is_there = co_await is_still_there();
  if (!is_there || (count == 0 && !buffer.empty())) {
    SUNDOG_PROBE("a file changed while it was read in pieces");
    throw std::system_error(EAGAIN, std::generic_category(), "the file was changed meanwhile");
  }
  co_return count;
}

}  // namespace sundog
