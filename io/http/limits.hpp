// Every size and time limit of HTTP, in one place, with the answer that a peer gets when it goes
// beyond. A service may choose other values through ServerOptions and ClientOptions; these are the
// defaults, and the sizes of fixed buffers.
//
// A connection owns one buffer for what it receives and one for what it is about to send, both of a
// fixed size: at a limit the server answers and closes, it does not grow.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sundog::http {

// --- what is received ---

// Method, target and version, without the line's end. RFC 9112 section 3 recommends at least 8000.
// Beyond: 414.
inline constexpr std::size_t request_line_bytes_max = 8000;

// All field lines together, with their line ends. Beyond: 431.
inline constexpr std::size_t field_section_bytes_max = 8192;

// Field lines of one message. Beyond: 431.
inline constexpr std::size_t field_count_max = 64;

// Empty lines tolerated before a request line (RFC 9112 section 2.2 asks for at least one). Beyond:
// 400.
inline constexpr std::size_t leading_empty_lines_max = 2;

// What a connection has received and not yet used. Holds the largest head with all its line ends;
// the rest serves as room for bodies and for pipelined requests.
inline constexpr std::size_t receive_buffer_bytes = 16 * 1024;
static_assert(receive_buffer_bytes >= request_line_bytes_max + field_section_bytes_max +
                                          2 * leading_empty_lines_max + 4 + 128);

// A request's content. Beyond: 413.
inline constexpr std::uint64_t request_body_bytes_max = 16 * 1024 * 1024;

// A chunk's size line, extensions included. Beyond: 400.
inline constexpr std::size_t chunk_line_bytes_max = 256;

// Chunk extensions of one message together; nobody uses them but to waste a server's time. Beyond:
// 400.
inline constexpr std::size_t chunk_extension_bytes_max = 4096;

// The trailer section of a chunked message. Beyond: 431.
inline constexpr std::size_t trailer_bytes_max = 4096;

// Ranges of one Range field. Beyond: the field is ignored and the whole representation sent (RFC
// 9110 section 14.2).
inline constexpr std::size_t range_count_max = 16;

// A decoded path. Beyond: 414.
inline constexpr std::size_t path_bytes_max = 1024;

// --- what is sent ---

// A response's head. One that does not fit is a defect of the handler: 500.
inline constexpr std::size_t response_head_bytes_max = 4096;

// Heads, and small bodies of pipelined responses, gathered into one write.
inline constexpr std::size_t send_buffer_bytes = 8192;
static_assert(send_buffer_bytes >= response_head_bytes_max);

// A body up to this size is copied behind its head when another pipelined request waits, so that
// several answers leave in one write.
inline constexpr std::size_t batched_body_bytes_max = 1024;

// The content an unread request body may still have for the server to drain it and keep the
// connection. Beyond: close.
inline constexpr std::uint64_t drained_body_bytes_max = 64 * 1024;

// What is read and thrown away after an error response, so that the peer sees the response and not
// a reset.
inline constexpr std::uint64_t lingering_bytes_max = 256 * 1024;

// --- time ---

// From a connection's opening, or its last response, to the next request's first byte. Beyond:
// close, without a word.
inline constexpr std::chrono::seconds idle_timeout{60};

// From a request's first byte to the end of its head. Beyond: 408.
inline constexpr std::chrono::seconds header_timeout{20};

// A peer that sends or takes content may be this much behind `transfer_bytes_per_second_min`.
// Beyond: 408 or close.
inline constexpr std::chrono::seconds transfer_grace{20};
inline constexpr std::uint64_t transfer_bytes_per_second_min = 500;

// How long the peer may take to hang up after an error response.
inline constexpr std::chrono::seconds lingering_timeout{2};

// How long a stopping server lets requests under way finish.
inline constexpr std::chrono::seconds stop_timeout{10};

// How long a stopping server still listens to a connection that was idle: a request may be on its
// way. It is answered, with "Connection: close".
inline constexpr std::chrono::milliseconds stop_grace{100};

// --- many connections ---

// Connections of one Server; fewer where the machine cannot hold as many. At the limit the one that
// was idle longest is closed for a new one. If all are busy the server does not accept: the
// kernel's or the stack's backlog holds the rest.
inline constexpr std::size_t connection_count_max = 10'000;

// --- the client ---

// Redirects followed by one fetch.
inline constexpr std::size_t redirect_count_max = 10;

// Interim (1xx) responses skipped before the final one.
inline constexpr std::size_t interim_response_count_max = 16;

// A response's content, as fetch() gathers it in memory.
inline constexpr std::uint64_t response_body_bytes_max = 64 * 1024 * 1024;

// One fetch from connecting to the last byte, redirects included.
inline constexpr std::chrono::seconds fetch_timeout{30};

}  // namespace sundog::http
