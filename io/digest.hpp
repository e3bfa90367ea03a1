// Digest: a name for some contents, made from them: the same name, the same bytes.
//
// A plain value of at most 32 bytes, which say nothing by themselves and are only compared. How it
// is shown (an HTTP entity tag, a listing) is up to the code that shows it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sundog/io/flow.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog {

class Digest {
 public:
  // SHA-256 has as many.
  static constexpr std::size_t bytes_max = 32;

  // Empty: nothing is known of the contents. Two empty digests do not mean equal contents.
  constexpr Digest() = default;
  constexpr explicit Digest(Bytes bytes) : size_(static_cast<std::uint8_t>(bytes.size())) {
    SUNDOG_ASSERT(bytes.size() <= bytes_max, "a digest has at most 32 bytes");
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }
  // From pairs of hexadecimal digits in lower case, as literals in a program have them.
  static constexpr Digest from_hex(std::string_view digits) {
    SUNDOG_ASSERT(digits.size() % 2 == 0 && digits.size() <= 2 * bytes_max,
                  "a digest has at most 32 bytes, of two hexadecimal digits each");
    Digest digest;
    for (; digits.size() >= 2; digits.remove_prefix(2)) {
      digest.bytes_[digest.size_++] =
          static_cast<std::byte>(value_of(digits[0]) << 4 | value_of(digits[1]));
    }
    return digest;
  }

  constexpr bool empty() const noexcept { return size_ == 0; }
  // As long as this.
  constexpr Bytes bytes() const noexcept { return Bytes(bytes_.data(), size_); }
  constexpr bool operator==(const Digest&) const = default;

 private:
  static constexpr unsigned value_of(char digit) {
    SUNDOG_ASSERT((digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f'),
                  "hexadecimal digits are 0 to 9 and a to f");
    return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }

  std::array<std::byte, bytes_max> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace sundog
