// A line of an access log, in the formats that tools read.
//
// Whatever a client sends stays within its place in the line: quotes, backslashes, control
// characters and bytes that are not ASCII (in JSON: not UTF-8) are escaped, and long texts are cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sundog/io/http/request_observer.hpp"

namespace sundog::http {

// How a line looks.
enum class AccessLogFormat {
  // 192.0.2.1 - - [29/Nov/2026:15:51:41 +0000] "GET / HTTP/1.1" 200 5 "REFERRER" "AGENT"
  // as Apache and nginx write it; what is escaped becomes \xHH.
  combined,
  // {"time":"2026-11-29T15:51:41Z","peer":"192.0.2.1","status":200,"bytes":5,"duration_us":130,
  //  "method":"GET","target":"/","referrer":"...","agent":"..."}
  // in one line; what a client has not sent is left out.
  json,
};

// A longer target, referrer or agent is cut.
inline constexpr std::size_t logged_text_bytes_max = 2048;

// Writes the line with its end into `space` and gives its length, or 0 where it does not fit.
// `unix_seconds` is empty where there is no clock; the date is "-" then, or left out.
std::size_t write_access_log_line(std::span<char> space, AccessLogFormat format,
                                  const AnsweredRequest& request,
                                  std::optional<std::int64_t> unix_seconds) noexcept;

}  // namespace sundog::http
