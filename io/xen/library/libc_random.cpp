// Random bytes, as C libraries ask for them: instead of musl's getrandom, which makes a system call
// (musl's getentropy stands on it). A file of its own, so that an image which never asks is not
// linked with it.
#include <sys/random.h>

#include <cerrno>
#include <cstddef>
#include <exception>

#include "sundog/io/xen/devices/console.hpp"
#include "sundog/io/xen/random.hpp"

extern "C" ssize_t getrandom(void* buffer, std::size_t size, unsigned) {
  try {
    sundog::XenRandom().fill({static_cast<std::byte*>(buffer), size});
    return static_cast<ssize_t>(size);
  } catch (const std::exception& error) {
    sundog::xen::append_console("sundog: getrandom: ");
    sundog::xen::append_console(error.what());
    sundog::xen::write_console("\n");
    errno = ENOSYS;  // not EAGAIN, which would be asked again for ever
    return -1;
  }
}
