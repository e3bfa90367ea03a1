// ChunkedDecoder: takes the chunked coding (RFC 9112 section 7.1) off a stream that arrives in any
// pieces. Strict line ends; size lines, extensions and trailers are bounded; trailers are checked
// and dropped, as section 7.1.2 allows.
//
//   size ──CR──▶ size_cr ──LF──▶ data (size > 0) or trailer_start (size = 0)
//   size ──';' or BWS──▶ extension ──CR──▶ size_cr
//   data ──all of it──▶ data_end ──CR──▶ data_end_cr ──LF──▶ size
//   trailer_start ──text──▶ trailer ──CR──▶ trailer_cr ──LF──▶ trailer_start
//   trailer_start ──CR──▶ final_cr ──LF──▶ done
//   any ──what cannot be──▶ refused
//
// chunk_head() writes what the encoder needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "sundog/io/http/limits.hpp"
#include "sundog/io/http/status.hpp"

namespace sundog::http {

class ChunkedDecoder {
 public:
  // Whether blanks may stand between a chunk's size and its line end. Some servers send them; of a
  // request they are refused, since another reader of it might not skip them.
  enum class Blanks { refused, skipped };
  explicit ChunkedDecoder(Blanks blanks = Blanks::refused) : blanks_(blanks) {}

  // What one call of decode() has done.
  struct Step {
    std::size_t consumed;      // bytes of the input that are used up, `content` included
    std::string_view content;  // a view into the input; may be empty
  };

  // Decodes up to the end of the input or of one piece of content, whichever comes first. Looks at
  // nothing behind the message's last byte: what is not consumed then belongs to the next message.
  Step decode(std::string_view input);

  // Whether the message has ended, or cannot be understood; then refusal() says what is wrong.
  bool done() const { return state_ == State::done; }
  bool refused() const { return state_ == State::refused; }
  const Refusal& refusal() const { return refusal_; }

 private:
  enum class State {
    size,
    extension,
    size_cr,
    data,
    data_end,
    data_end_cr,
    trailer_start,
    trailer,
    trailer_cr,
    final_cr,
    done,
    refused
  };

  void step(char c);
  void step_size(char c);
  void step_extension(char c);
  void step_trailer(char c);
  void refuse(std::string_view why, Status status = Status::bad_request);

  Blanks blanks_;
  State state_ = State::size;
  std::uint64_t left_ = 0;  // of the chunk: its size while that is read, then what is still to come
  std::size_t line_bytes_ = 0;  // of the size line
  std::size_t size_digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  bool extension_named_ = false;   // a ';' was seen: bare white space behind a size is refused
  bool trailer_has_name_ = false;  // of the trailer line: a character of its name was seen
  bool trailer_has_colon_ = false;
  Refusal refusal_{Status::ok, {}};
};

// The line before a chunk of `size` bytes, size > 0: at most 18 characters into `space`.
std::string_view chunk_head(std::size_t size, std::span<char, 18> space);

// Behind the content of every chunk, and behind the last chunk.
inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace sundog::http
