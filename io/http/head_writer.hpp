// HeadWriter: writes a message's head into a fixed piece of memory: start line, fields, the empty
// line. What does not fit, and what would break the head apart (CR, LF, NUL in a value: response
// splitting), is an error thrown before a byte is sent.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sundog/io/http/status.hpp"

namespace sundog::http {

class HeadWriter {
 public:
  explicit HeadWriter(std::span<char> space) : space_(space) {}

  // "HTTP/1.1 404 Not Found": this side's version, whatever the peer's (RFC 9110 section 2.5).
  void status_line(Status status);
  // "GET /path HTTP/1.1". Throws like field() if the target has white space.
  void request_line(std::string_view method, std::string_view target);

  // Throws std::system_error: invalid_argument for a name that is not a token or a value with
  // control characters, no_buffer_space when the head does not fit. The head is then as it was
  // before the call.
  void field(std::string_view name, std::string_view value);
  void field(std::string_view name, std::uint64_t value);

  // The empty line.
  void finish();

  // What was written so far. Valid until more is written.
  std::string_view text() const { return {space_.data(), size_}; }
  std::size_t size() const { return size_; }

 private:
  void need(std::size_t bytes) const;
  void put(std::string_view text);

  std::span<char> space_;
  std::size_t size_ = 0;
};

}  // namespace sundog::http
