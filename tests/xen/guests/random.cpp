// Draws random bytes that are fit for keys, by the device and by the C library, or says why not.
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <span>
#include <system_error>

#include "sundog/io/run.hpp"
#include "sundog/io/xen/random.hpp"

namespace sundog {
namespace {

using Drawn = std::array<unsigned char, 32>;

void show(const char* what, const Drawn& drawn) {
  std::printf("%s ", what);
  for (const unsigned char byte : drawn) std::printf("%02x", byte);
  std::puts("");
}

Task<void> draw() {
  Drawn drawn{};
  try {
    XenRandom random;
    for (int round = 0; round < 2; ++round) {
      random.fill(std::as_writable_bytes(std::span(drawn)));
      show("drawn", drawn);
    }
  } catch (const std::system_error& error) {
    std::puts(error.what());
  }
  if (getrandom(drawn.data(), drawn.size(), 0) == static_cast<ssize_t>(drawn.size())) {
    show("drawn", drawn);
  } else {
    std::puts(errno == ENOSYS ? "getrandom: refused" : "getrandom: another error");
  }
  co_return;
}

}  // namespace
}  // namespace sundog

int main() { sundog::run(sundog::draw()); }
