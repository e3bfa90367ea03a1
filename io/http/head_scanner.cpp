#include "sundog/io/http/head_scanner.hpp"

#include "sundog/io/http/text.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {

HeadScanner::State HeadScanner::scan(std::string_view received) {
  while (position_ < received.size() && state_ != State::complete && state_ != State::refused) {
    step(received[position_]);
    if (state_ == State::refused) break;
    ++position_;
  }
  return state_;
}

void HeadScanner::refuse(Status status, std::string_view why) {
  state_ = State::refused;
  refusal_ = Refusal{status, why};
}

void HeadScanner::begin_line() {
  if (fields_begin_ == 0 && state_ == State::start) {
    begin_ = position_;
  } else if (++field_lines_ > limits_.field_count_max) {
    return refuse(Status::request_header_fields_too_large,
                  SUNDOG_PROBED("more header fields than allowed"));
  }
  state_ = State::line;
}

// Whether the byte at position_, which is part of a line, is within the limit for what it is part
// of.
bool HeadScanner::within_limits() {
  if (fields_begin_ == 0) {
    if (position_ - begin_ < limits_.line_bytes_max) return true;
    refuse(Status::uri_too_long, SUNDOG_PROBED("the request line is longer than allowed"));
  } else {
    if (position_ - fields_begin_ < limits_.section_bytes_max) return true;
    refuse(Status::request_header_fields_too_large,
           SUNDOG_PROBED("the header fields are longer than allowed"));
  }
  return false;
}

void HeadScanner::step(char c) {
  switch (state_) {
    case State::start:
    case State::line_start:
      if (c == '\r') {
        end_ = position_;
        state_ = state_ == State::start ? State::start_cr : State::end_cr;
        return;
      }
      begin_line();
      [[fallthrough]];
    case State::line:
      if (state_ == State::refused) return;
      if (c == '\r') {
        state_ = State::line_cr;
      } else if (!is(c, character::field_value)) {
        refuse(Status::bad_request,
               c == '\n' ? "a line ends in LF without CR" : "a control character in the head");
      } else {
        within_limits();
      }
      return;
    case State::start_cr:
    case State::line_cr:
    case State::end_cr:
      if (c != '\n') return refuse(Status::bad_request, SUNDOG_PROBED("a CR that no LF follows"));
      if (state_ == State::end_cr) {
        state_ = State::complete;
      } else if (state_ == State::line_cr) {
        if (fields_begin_ == 0) fields_begin_ = position_ + 1;
        state_ = State::line_start;
      } else if (++empty_lines_ > leading_empty_lines_max) {
        refuse(Status::bad_request, SUNDOG_PROBED("too many empty lines before the request line"));
      } else {
        state_ = State::start;
      }
      return;
    case State::complete:
    case State::refused:
      return;
  }
}

}  // namespace sundog::http
