// HTTP-date (RFC 9110 section 5.6.7): formats the one form that is sent, parses the three that may
// be received. No locale, no C library time functions, no clock: times are seconds since 1970-01-01
// 00:00:00 UTC, leap seconds not counted.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sundog::http {

// "Sun, 06 Nov 1994 08:49:37 GMT"
inline constexpr std::size_t date_bytes = 29;

// The last second that four digits of a year can say.
inline constexpr std::int64_t date_seconds_max = 253402300799;

// "Sun, 06 Nov 1994 08:49:37 GMT". Times outside the years 1970 to 9999 are moved to the nearest
// end.
std::array<char, date_bytes> format_date(std::int64_t unix_seconds);

// Any of the three forms, or nothing. Names are case-sensitive, as the RFC says. The two-digit year
// of RFC 850 dates is read as 1970 to 2069: without a clock here, the RFC's "more than 50 years in
// the future" cannot be asked.
std::optional<std::int64_t> parse_date(std::string_view text);

}  // namespace sundog::http
