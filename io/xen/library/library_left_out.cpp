// What the C++ library has and an image has no use for, defined here so that the library's own
// stays out: 3 KB of prime numbers, and a small printf.
#include <cstdarg>
#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sundog/runtime/text/digits.hpp"

namespace std::__detail {

// How many buckets a hash table has. The library takes primes, from a table; an odd number spreads
// what std::hash leaves as it is (numbers, addresses) as well as most programs need.
size_t _Prime_rehash_policy::_M_next_bkt(size_t least) const {
  const size_t count = least < 13 ? 13 : least | 1;
  _M_next_resize =
      static_cast<size_t>(static_cast<double>(count) * static_cast<double>(_M_max_load_factor));
  return count;
}

pair<bool, size_t> _Prime_rehash_policy::_M_need_rehash(size_t bucket_count, size_t element_count,
                                                        size_t more) const {
  if (element_count + more <= _M_next_resize) return {false, 0};
  const auto needed = static_cast<size_t>(static_cast<double>(element_count + more) /
                                          static_cast<double>(_M_max_load_factor)) +
                      1;
  if (needed < bucket_count) {
    _M_next_bkt(bucket_count);
    return {false, 0};
  }
  return {true, _M_next_bkt(needed < 2 * bucket_count ? 2 * bucket_count : needed)};
}

}  // namespace std::__detail

namespace __gnu_cxx {

// Texts of std::out_of_range, which have %s for a function's name and %zu for numbers. Gives the
// length.
int __snprintf_lite(char* buffer, std::size_t size, const char* pattern, std::va_list arguments) {
  std::size_t length = 0;
  const auto put = [&](char byte) {
    if (length + 1 < size) buffer[length++] = byte;
  };
  for (; *pattern != '\0'; ++pattern) {
    if (*pattern != '%') {
      put(*pattern);
    } else if (*++pattern == 's') {
      for (const char* text = va_arg(arguments, const char*); *text != '\0'; ++text) put(*text);
    } else {
      ++pattern;
      for (const char digit : std::string_view(sundog::Decimal(va_arg(arguments, std::size_t))))
        put(digit);
    }
  }
  buffer[length] = '\0';
  return static_cast<int>(length);
}

}  // namespace __gnu_cxx
