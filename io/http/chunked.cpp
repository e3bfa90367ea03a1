#include "sundog/io/http/chunked.hpp"

#include <algorithm>
#include <charconv>

#include "sundog/io/http/text.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {

ChunkedDecoder::Step ChunkedDecoder::decode(std::string_view input) {
  std::size_t position = 0;
  while (position < input.size() && !done() && !refused()) {
    if (state_ == State::data) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - position));
      left_ -= count;
      if (left_ == 0) state_ = State::data_end;
      return Step{position + count, input.substr(position, count)};
    }
    step(input[position++]);
  }
  return Step{position, {}};
}

void ChunkedDecoder::refuse(std::string_view why, Status status) {
  state_ = State::refused;
  refusal_ = Refusal{status, why};
}

void ChunkedDecoder::step(char c) {
  switch (state_) {
    case State::size:
      return step_size(c);
    case State::extension:
      return step_extension(c);
    case State::size_cr:
      if (c != '\n') return refuse(SUNDOG_PROBED("a chunk's size line without LF"));
      state_ = left_ == 0 ? State::trailer_start : State::data;
      line_bytes_ = size_digits_ = 0;
      extension_named_ = false;
      return;
    case State::data_end:
      if (c != '\r') return refuse(SUNDOG_PROBED("a chunk longer than its size"));
      state_ = State::data_end_cr;
      return;
    case State::data_end_cr:
      if (c != '\n') return refuse(SUNDOG_PROBED("a chunk's end without LF"));
      state_ = State::size;
      return;
    case State::trailer_start:
    case State::trailer:
      return step_trailer(c);
    case State::trailer_cr:
      if (c != '\n') return refuse(SUNDOG_PROBED("a trailer line without LF"));
      state_ = State::trailer_start;
      return;
    case State::final_cr:
      if (c != '\n') return refuse(SUNDOG_PROBED("the end of the chunked content without LF"));
      state_ = State::done;
      return;
    case State::data:
    case State::done:
    case State::refused:
      return;
  }
}

void ChunkedDecoder::step_size(char c) {
  if (++line_bytes_ > chunk_line_bytes_max)
    return refuse(SUNDOG_PROBED("a chunk's size line is longer than allowed"));
  if (is(c, character::hex_digit)) {
    if (left_ >> 59 != 0) return refuse(SUNDOG_PROBED("a chunk size beyond all measure"));
    left_ = left_ * 16 + hex_value(c);
    ++size_digits_;
  } else if (size_digits_ == 0) {
    refuse(SUNDOG_PROBED("a chunk without a size"));
  } else if (c == '\r') {
    state_ = State::size_cr;
  } else {
    state_ = State::extension;
    step_extension(c);
  }
}

// What stands between size and line end. Its grammar has no meaning to us, so only its bounds and
// characters are checked, and that it begins with ';' (white space before it is allowed by the
// grammar).
void ChunkedDecoder::step_extension(char c) {
  if (++line_bytes_ > chunk_line_bytes_max)
    return refuse(SUNDOG_PROBED("a chunk's size line is longer than allowed"));
  if (++extension_bytes_ > chunk_extension_bytes_max)
    return refuse(SUNDOG_PROBED("more chunk extensions than allowed"));
  if (c == ';') {
    extension_named_ = true;
  } else if (c == '\r' && (extension_named_ || blanks_ == Blanks::skipped)) {
    state_ = State::size_cr;
  } else if (!extension_named_ && c != ' ' && c != '\t') {
    refuse(SUNDOG_PROBED("a chunk size that is not a number"));
  } else if (!is(c, character::field_value)) {
    refuse(SUNDOG_PROBED("a control character in a chunk extension"));
  }
}

void ChunkedDecoder::step_trailer(char c) {
  if (++trailer_bytes_ > trailer_bytes_max) {
    return refuse(SUNDOG_PROBED("the trailers are longer than allowed"),
                  Status::request_header_fields_too_large);
  }
  if (state_ == State::trailer_start) {
    trailer_has_name_ = trailer_has_colon_ = false;
    if (c == '\r') {
      state_ = State::final_cr;
      return;
    }
    state_ = State::trailer;
  }
  if (c == '\r') {
    if (!trailer_has_colon_) return refuse(SUNDOG_PROBED("a trailer line without a colon"));
    state_ = State::trailer_cr;
  } else if (trailer_has_colon_) {
    if (!is(c, character::field_value)) refuse(SUNDOG_PROBED("a control character in a trailer"));
  } else if (c == ':') {
    if (!trailer_has_name_) return refuse(SUNDOG_PROBED("a trailer without a name"));
    trailer_has_colon_ = true;
  } else if (is(c, character::token)) {
    trailer_has_name_ = true;
  } else {
    refuse(SUNDOG_PROBED("a trailer name that is not a token"));
  }
}

std::string_view chunk_head(std::size_t size, std::span<char, 18> space) {
  char* const end = std::to_chars(space.data(), space.data() + 16, size, 16).ptr;
  end[0] = '\r';
  end[1] = '\n';
  return {space.data(), static_cast<std::size_t>(end + 2 - space.data())};
}

}  // namespace sundog::http
