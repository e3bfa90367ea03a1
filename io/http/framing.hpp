// Framing: how a message's content is delimited (RFC 9112 section 6.3).
//
// Of a request, whatever two parties could read differently is refused, since request smuggling is
// exactly such a difference:
//   - Content-Length together with Transfer-Encoding
//   - Content-Length more than once, or as a list, even of equal numbers
//   - Transfer-Encoding in HTTP/1.0
//   - Transfer-Encoding that does not end in one single "chunked"; another coding before it is 501
//
// Of a response, the client forgives what servers do and nobody can be deceived by: a
// Content-Length that is repeated with the same value, and one beside "chunked", which then counts
// (the connection is not used again).
#pragma once

#include <cstdint>
#include <optional>

#include "sundog/io/http/fields.hpp"
#include "sundog/io/http/status.hpp"

namespace sundog::http {

struct Framing {
  // Where the content ends: there is none, its length is known, it comes in chunks, or the
  // connection closes after it.
  enum class Kind { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;  // of Kind::length only
};

// Sets `framing`, or gives why the request is refused (RFC 9112 section 6.3).
std::optional<Refusal> request_framing(const FieldList& fields, int version_minor,
                                       Framing& framing);

// Of a response to `HEAD` (`to_head`) or with a bodiless status, the framing is none, whatever the
// fields say.
std::optional<Refusal> response_framing(const FieldList& fields, int version_minor, Status status,
                                        bool to_head, Framing& framing);

}  // namespace sundog::http
