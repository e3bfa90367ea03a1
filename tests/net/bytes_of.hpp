// Packets in tests, as hexadecimal text: bytes_of("45 00 00 1c ...").
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace sundog::test {

inline std::vector<std::byte> bytes_of(std::string_view digits) {
  std::vector<std::byte> bytes;
  int high = -1;
  for (const char c : digits) {
    if (c == ' ') continue;
    const int value = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = value;
    } else {
      bytes.push_back(static_cast<std::byte>(high << 4 | value));
      high = -1;
    }
  }
  return bytes;
}

}  // namespace sundog::test
