// HeadScanner finds where a message's head ends, however its bytes arrive, and refuses early what
// can never become a head: lines or fields beyond their limits, control characters, a bare CR or LF
// (RFC 9112 section 2.2 lets a recipient accept a bare LF; that leniency is what request smuggling
// lives on, so it is refused here). Looks at each byte once. What it decides depends on the bytes
// alone, never on how they were cut into pieces.
//
//   start ──CR──▶ start_cr ──LF──▶ start          an empty line before the head, a few are skipped
//   start ──text──▶ line ──CR──▶ line_cr ──LF──▶ line_start
//   line_start ──text──▶ line
//   line_start ──CR──▶ end_cr ──LF──▶ complete
//   any ──a byte or a length that cannot be──▶ refused
#pragma once

#include <cstddef>
#include <string_view>

#include "sundog/io/http/head_limits.hpp"
#include "sundog/io/http/status.hpp"

namespace sundog::http {

class HeadScanner {
 public:
  // Where in the head the next byte stands; complete and refused are the ends.
  enum class State { start, start_cr, line, line_cr, line_start, end_cr, complete, refused };

  explicit HeadScanner(const HeadLimits& limits = HeadLimits()) : limits_(limits) {}

  // Takes note of what has been received so far. `received` always begins at the same byte of the
  // stream and only grows.
  State scan(std::string_view received);

  // After refused nothing more is scanned until reset().
  State state() const { return state_; }
  // The empty line that ends the head was found.
  bool complete() const { return state_ == State::complete; }
  // It is no head, or it is larger than allowed.
  bool refused() const { return state_ == State::refused; }
  // Whether a byte of a head (not merely of empty lines before it) has been seen.
  bool begun() const { return state_ != State::start && state_ != State::start_cr; }

  // When complete: start line and field lines, each with its line end, without the empty lines
  // around them.
  std::string_view head(std::string_view received) const {
    return received.substr(begin_, end_ - begin_);
  }
  // When complete: bytes up to and including the empty line that ends the head.
  std::size_t consumed() const { return position_; }
  // When refused.
  const Refusal& refusal() const { return refusal_; }

  // For the next head.
  void reset() { *this = HeadScanner(limits_); }

 private:
  void refuse(Status status, std::string_view why);
  void begin_line();
  bool within_limits();
  void step(char c);

  HeadLimits limits_;
  State state_ = State::start;
  std::size_t position_ = 0;      // the next byte to look at
  std::size_t begin_ = 0;         // the start line's first byte
  std::size_t fields_begin_ = 0;  // the first field line's first byte; 0 during the start line
  std::size_t end_ = 0;           // behind the last field line
  std::size_t empty_lines_ = 0;
  std::size_t field_lines_ = 0;
  Refusal refusal_{Status::ok, {}};
};

}  // namespace sundog::http
