#include "sundog/io/unix/open_version.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "sundog/io/unix/file.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {

Task<std::size_t> OpenVersion::read(std::uint64_t offset, MutableBytes buffer) const {
  if (offset >= size()) co_return std::size_t{0};
  const auto left = std::min<std::uint64_t>(size() - offset, buffer.size());
  buffer = buffer.first(static_cast<std::size_t>(left));
  detail::FileReadOperation reading(file_.get(), buffer, true, offset, true);
  const std::size_t count = co_await reading;
  // After the bytes were taken: what changes later does not concern them.
  struct stat status;
  if (::fstat(file_.get(), &status) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot look at the file again");
  }
  const bool is_there = version_.begins(FileVersion(status));
  if (!is_there || (count == 0 && !buffer.empty())) {
    SUNDOG_PROBE("a file changed while it was read in pieces");
    throw std::system_error(EAGAIN, std::generic_category(), "the file was changed meanwhile");
  }
  co_return count;
}

}  // namespace sundog
