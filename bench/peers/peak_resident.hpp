// The most memory that this process has had resident. From VmHWM and not from getrusage(), which
// also counts what the process was before it executed this program: the driver's python.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace sundog::bench {

inline std::uint64_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    std::uint64_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace sundog::bench
