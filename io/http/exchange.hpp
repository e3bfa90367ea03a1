// Exchange: one request and its response, as a handler sees them.
//
//   Task<void> handle(auto& exchange) {
//     exchange.start(Status::ok);
//     exchange.field("Content-Type", "text/plain");
//     co_await exchange.send("hello\n");
//   }
//
// The request's content is read with read(), as slowly as the handler likes. The response is one of
//     start, field..., send(content)                              the content is at hand
//     start, field..., begin(length), write..., finish            its length is known
//     start, field..., begin_stream(), write..., finish           it is not: chunked, or, to an
//                                                                 HTTP/1.0 client, until close
// Content-Length, Transfer-Encoding, Connection and Date are written here, never by the handler. To
// HEAD, and with a bodiless status, no content is sent, whatever the handler gives.
//
//   nothing ──start──▶ head ──send──▶ done
//                      head ──begin──▶ counted ──finish──▶ done
//                      head ──begin_stream──▶ chunked or until_close ──finish──▶ done
//   head ──start──▶ head (anew, for instance to answer with an error instead)
//
// What a handler throws before a byte of its response was sent becomes a response: Refused its own
// status, anything else 500. Later it ends the connection, so that the peer does not take the part
// for the whole.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "sundog/io/http/body_reader.hpp"
#include "sundog/io/http/request_head.hpp"
#include "sundog/io/http/send_buffer.hpp"
#include "sundog/io/http/server_options.hpp"
#include "sundog/io/http/server_shared.hpp"
#include "sundog/io/http/transport.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {

template <Flow F>
class Exchange {
 public:
  // What lasts as long as the connection.
  struct Connection {
    Connection(F flow, const ServerOptions& chosen, ServerShared shared_by_server)
        : transport(std::move(flow), chosen.head_limits.buffer_bytes(), shared_by_server.buffers,
                    Pace(chosen.transfer_grace, chosen.transfer_bytes_per_second_min)),
          options(chosen),
          shared(shared_by_server),
          send_buffer(shared_by_server.buffers) {}

    // The server was asked to stop.
    bool stopping() const { return shared.stop != nullptr && shared.stop->requested(); }

    // Sends what is ready.
    Task<void> flush() {
      if (send_buffer.ready().empty()) co_return;
      const std::array<Bytes, 1> parts = {as_bytes(send_buffer.ready())};
      co_await transport.write(parts);
      send_buffer.clear();
    }

    // The flow, with the limits of time that hold for it.
    Transport<F> transport;
    // The server's, which outlive the connection.
    const ServerOptions& options;
    // With the server's other connections.
    ServerShared shared;
    SendBuffer send_buffer;
    DateText date;
  };

  Exchange(Connection& connection, const RequestHead& request)
      : connection_(&connection),
        request_(&request),
        body_(connection.transport, request.framing, connection.options.request_body_bytes_max),
        must_continue_(request.expects_continue && !body_.done()) {}

  // Its views are valid as long as this exchange.
  const RequestHead& request() const { return *request_; }

  // The server was asked to stop: this is one of the last requests.
  bool stopping() const { return connection_->stopping(); }

  // Seconds since 1970, where the server has a clock.
  std::optional<std::int64_t> time_s() const {
    const auto& clock = connection_->options.wall_clock_s;
    if (!clock) return std::nullopt;
    return clock();
  }

  // 1 to space.size() bytes of the request's content, or 0 at its end. Asks a client that waits for
  // it to go on (100 Continue). Throws Refused when the content is malformed, too large, too slow,
  // or ends early, and what the flow throws. Not to be caught: the connection cannot go on.
  Task<std::size_t> read(MutableBytes space) {
    if (must_continue_) {
      must_continue_ = false;
      SUNDOG_ASSERT(can_start(), "read the request's content before sending the response");
      const std::array<Bytes, 1> parts = {as_bytes("HTTP/1.1 100 Continue\r\n\r\n")};
      co_await connection_->transport.write(parts);
    }
    try {
      co_return co_await body_.read(space);
    } catch (const std::system_error& error) {
      // Told apart here from what else may time out in a handler.
      const bool late = error.code() == std::errc::timed_out;
      if (!late || connection_->transport.broken()) throw;
    }
    throw Refused({Status::request_timeout, SUNDOG_PROBED("the content did not come in time")});
  }

  // Begins a response; one that was begun and not sent is forgotten.
  void start(Status status) {
    SUNDOG_ASSERT(state_ == State::nothing || state_ == State::head, "a response is already sent");
    state_ = State::head;
    status_ = status;
    head_.emplace(connection_->send_buffer.begin_head());
    head_->status_line(status);
  }

  // Throws std::system_error: invalid_argument when name or value would break the head apart,
  // no_buffer_space when the head becomes larger than response_head_bytes_max.
  void field(std::string_view name, std::string_view value) {
    SUNDOG_ASSERT(state_ == State::head, "call start() before field(), and field() before send()");
    head_->field(name, value);
  }
  void field(std::string_view name, std::uint64_t value) {
    SUNDOG_ASSERT(state_ == State::head, "call start() before field(), and field() before send()");
    head_->field(name, value);
  }

  // Sends head and content in one write; the content is borrowed until that is done. When further
  // requests wait already, small responses are gathered and leave together.
  Task<void> send(Bytes content) {
    finish_head(content.size());
    state_ = State::done;
    if (!has_content()) content = {};
    content_bytes_ += content.size();
    SendBuffer& buffer = connection_->send_buffer;
    const bool more_requests =
        keep_alive_ && body_.done() && !connection_->transport.buffer().received().empty();
    if (more_requests && content.size() <= batched_body_bytes_max &&
        buffer.append(text_of(content)))
      co_return;
    const std::array<Bytes, 2> parts = {as_bytes(buffer.ready()), content};
    const auto used = std::span(parts).first(content.empty() ? 1 : 2);
    co_await connection_->transport.write(used);
    buffer.clear();
  }
  Task<void> send(std::string_view content) { return send(as_bytes(content)); }

  // Announces content of this length; the head leaves with the first write.
  void begin(std::uint64_t length) {
    finish_head(length);
    state_ = State::counted;
    left_ = length;
  }

  // Announces content of unknown length.
  void begin_stream() {
    const bool chunked = request_->version_minor >= 1;
    if (!chunked) keep_alive_ = false;
    if (chunked && !is_bodiless(status_)) field("Transfer-Encoding", "chunked");
    finish_head(std::nullopt);
    state_ = chunked ? State::chunked : State::until_close;
  }

  // A piece of content, sent before this returns. Not more in sum than begin() announced.
  Task<void> write(Bytes content) {
    SUNDOG_ASSERT(
        state_ == State::counted || state_ == State::chunked || state_ == State::until_close,
        "call begin() or begin_stream() before write()");
    SUNDOG_ASSERT(state_ != State::counted || content.size() <= left_,
                  "the content is longer than begin() announced");
    if (state_ == State::counted) left_ -= content.size();
    if (content.empty() || !has_content()) co_return;
    content_bytes_ += content.size();
    std::array<char, 18> chunk_head_space;
    std::array<Bytes, 4> parts = {as_bytes(connection_->send_buffer.ready())};
    std::size_t count = 1;
    if (state_ == State::chunked)
      parts[count++] = as_bytes(chunk_head(content.size(), chunk_head_space));
    parts[count++] = content;
    if (state_ == State::chunked) parts[count++] = as_bytes(chunk_end);
    const auto used = std::span<const Bytes>(parts).first(count);
    co_await connection_->transport.write(used);
    connection_->send_buffer.clear();
  }
  Task<void> write(std::string_view content) { return write(as_bytes(content)); }

  // Ends the content. The server calls it for a handler that has not.
  Task<void> finish() {
    SUNDOG_ASSERT(state_ != State::nothing && state_ != State::head,
                  "a handler must send a response");
    SUNDOG_ASSERT(state_ != State::counted || left_ == 0 || !has_content(),
                  "the content is shorter than begin() announced");
    if (state_ == State::chunked && has_content() && !connection_->send_buffer.append(last_chunk)) {
      co_await connection_->flush();
      connection_->send_buffer.append(last_chunk);
    }
    state_ = State::done;
  }

  // --- for the server ---

  // Whether the handler has done nothing that reaches the peer, so that another response can still
  // be given.
  bool can_start() const { return state_ == State::nothing || state_ == State::head; }
  bool finished() const { return state_ == State::done; }
  // The response given; Status::ok before start().
  Status status() const { return status_; }
  // Of the content: what was given to be sent.
  std::uint64_t content_bytes() const { return content_bytes_; }
  // Whether the connection may carry on, once the request's content has been dealt with.
  bool keep_alive() const { return keep_alive_; }
  void forbid_keep_alive() { keep_alive_ = false; }
  BodyReader<F>& body() { return body_; }

 private:
  enum class State { nothing, head, counted, chunked, until_close, done };

  bool has_content() const { return request_->method != Method::head && !is_bodiless(status_); }

  // A client that was not asked to go on may send the content or not: nobody knows what comes next
  // on this connection. The same when more is to come than anybody wants to read.
  bool leaves_connection_usable() const {
    return request_->keep_alive && !must_continue_ && !body_.longer_than(drained_body_bytes_max) &&
           !connection_->stopping();
  }

  // The fields that every response has, and the empty line.
  void finish_head(std::optional<std::uint64_t> length) {
    SUNDOG_ASSERT(state_ == State::head, "call start() before send() or begin()");
    if (length && code_of(status_) >= 200 && status_ != Status::no_content &&
        status_ != Status::not_modified) {
      head_->field("Content-Length", *length);
    }
    keep_alive_ = keep_alive_ && leaves_connection_usable();
    if (!keep_alive_) head_->field("Connection", "close");
    if (keep_alive_ && request_->version_minor == 0) head_->field("Connection", "keep-alive");
    if (const auto& clock = connection_->options.wall_clock_s) {
      head_->field("Date", connection_->date.at(clock()));
    }
    connection_->send_buffer.finish_head(*head_);
    head_.reset();
  }

  static std::string_view text_of(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  Connection* connection_;
  const RequestHead* request_;
  BodyReader<F> body_;
  State state_ = State::nothing;
  Status status_ = Status::ok;
  bool must_continue_;
  bool keep_alive_ = true;
  std::uint64_t left_ = 0;  // of State::counted
  std::uint64_t content_bytes_ = 0;
  std::optional<HeadWriter> head_;
};

}  // namespace sundog::http
