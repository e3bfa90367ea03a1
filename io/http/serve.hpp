// serve: HTTP/1.1 on one connection (RFC 9112), from its opening to its close.
//
//   const auto handler = [](auto& exchange) -> Task<void> { ... };
//   co_await serve(std::move(flow), handler);
//
// Requests are answered one after the other, in order, however many come at once; while one is
// handled no more is read than fits into the connection's buffer. What was answered is sent before
// the next wait at the latest. A peer that is idle, slow to send its request or its content, or
// slow to take its response, is dropped in time (server_options.hpp). A request that cannot be
// understood is answered and ends the connection, since nobody can know where the next would begin.
//
// After a stop was requested an idle connection closes, unless a request comes within stop_grace,
// which may have been on its way; a request under way is finished, its response says "Connection:
// close", and then the connection closes.
//
//   idle ──first byte──▶ head ──complete──▶ handling ──answered, content used up──▶ idle
//   idle ──timeout, peer's end, told to leave──▶ closed
//   idle ──stop, and nothing within the grace──▶ closed
//   head ──malformed, too large, too slow──▶ refused ──▶ lingering
//   handling ──answered with "Connection: close"──▶ closed, or lingering if bytes may still come
//   handling ──the handler's error after bytes were sent──▶ closed
//   lingering ──peer's end, time, or enough bytes──▶ closed
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "sundog/io/http/exchange.hpp"
#include "sundog/io/http/head_scanner.hpp"
#include "sundog/io/http/log.hpp"
#include "sundog/io/http/observation.hpp"
#include "sundog/io/http/server_shared.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {

namespace detail {

// What logs say of a request whose client had gone before anything could be answered, as nginx
// does; it is never sent.
inline constexpr Status client_closed_request = static_cast<Status>(499);

// One connection's serve(), cut into its steps. Lives in serve()'s frame.
template <Flow F, class Handler>
class ServerConnection {
 public:
  ServerConnection(F flow, Handler& handler, const ServerOptions& options, ServerShared shared)
      : connection_(std::move(flow), options, shared),
        handler_(handler),
        scanner_(connection_.options.head_limits),
        observation_(options.observers) {}

  Task<void> run() {
    bool open = true;
    while (open) {
      const HeadScanner::State state = co_await receive_head();
      if (state == HeadScanner::State::complete) {
        open = co_await handle_request();
      } else {
        if (refusal_) {
          co_await refuse();
          tell_of(nullptr);
        }
        open = false;
      }
    }
    if (abandoned_ || connection_.transport.broken()) {
      SUNDOG_PROBE("a connection was dropped without its last words");
      co_return;
    }
    co_await connection_.flush();
    co_await close();
  }

 private:
  // Until a head is complete or refused (also for being late). Any other state: the connection has
  // ended.
  Task<HeadScanner::State> receive_head() {
    ReceiveBuffer& buffer = connection_.transport.buffer();
    scanner_.reset();
    if (!buffer.received().empty()) observation_.begin();
    std::optional<TimePoint> deadline;
    for (;;) {
      scanner_.scan(buffer.received());
      if (scanner_.complete()) co_return scanner_.state();
      if (scanner_.refused()) {
        refusal_ = scanner_.refusal();
        co_return scanner_.state();
      }
      co_await connection_.flush();
      if (buffer.received().empty()) {
        const bool more = co_await wait_for_request();
        if (!more) co_return scanner_.state();
        observation_.begin();
        continue;
      }
      if (!deadline) deadline = deadline_after(now(), connection_.options.header_timeout);
      const auto more =
          co_await try_timeout(connection_.transport.receive(), time_until(*deadline, now()));
      if (!more) {
        refusal_ =
            Refusal{Status::request_timeout, SUNDOG_PROBED("the request did not come in time")};
      } else if (!*more && scanner_.begun()) {
        refusal_ = Refusal{Status::bad_request, SUNDOG_PROBED("the request ended early")};
      }
      if (!more || !*more) co_return scanner_.state();
    }
  }

  // False: none comes, because of the peer, the time, or a stop.
  Task<bool> wait_for_request() {
    connection_.send_buffer.give_back();
    if (!connection_.stopping()) {
      const auto received =
          co_await try_timeout(receive_unless_stopped(), connection_.options.idle_timeout);
      const bool more = received.value_or(false);
      if (more || !connection_.stopping() || connection_.transport.peer_finished()) co_return more;
    }
    const auto last =
        co_await try_timeout(connection_.transport.receive_first(), connection_.options.stop_grace);
    co_return last.value_or(false);
  }
  // False also when a stop was requested, or the connection was told to leave.
  Task<bool> receive_unless_stopped() {
    const ServerShared& shared = connection_.shared;
    if (shared.idle != nullptr) {
      IdleConnections::Place place(*shared.idle);
      const auto more =
          co_await until_stopped(connection_.transport.receive_first(), place.told_to_leave());
      co_return more.value_or(false);
    }
    if (shared.stop == nullptr) co_return co_await connection_.transport.receive_first();
    const auto more = co_await until_stopped(connection_.transport.receive_first(), *shared.stop);
    co_return more.value_or(false);
  }

  // The head is complete. False: the connection must close.
  Task<bool> handle_request() {
    // Not in the connection's own frame: while it is idle, it needs none.
    const InPool<RequestHead> request(connection_.shared.buffers);
    request_ = &*request;
    const Observed observed(*this);
    co_return co_await parse_and_answer(*request);
  }

  Task<bool> parse_and_answer(RequestHead& request) {
    ReceiveBuffer& buffer = connection_.transport.buffer();
    refusal_ = parse_request_head(scanner_.head(buffer.received()), request);
    buffer.use(scanner_.consumed());
    if (!refusal_) refusal_ = refuse_request(request);
    if (refusal_) {
      co_await refuse();
      co_return false;
    }
    connection_.transport.restart_pace();
    const bool must_flush =
        request.expects_continue || !connection_.send_buffer.has_room_for_head();
    if (must_flush) co_await connection_.flush();

    buffer.keep();
    const bool usable = co_await answer(request);
    buffer.release();
    co_return usable;
  }

  // What the server as a whole does not do.
  std::optional<Refusal> refuse_request(const RequestHead& request) const {
    if (request.method == Method::connect)
      return Refusal{Status::not_implemented, SUNDOG_PROBED("this is no proxy")};
    if (request.method == Method::trace)
      return Refusal{Status::not_implemented, SUNDOG_PROBED("TRACE is not served")};
    if (request.framing.length > connection_.options.request_body_bytes_max) {
      return Refusal{Status::content_too_large,
                     SUNDOG_PROBED("the content is larger than allowed")};
    }
    return std::nullopt;
  }

  // Lets the handler answer. False: the connection must close.
  Task<bool> answer(const RequestHead& request) {
    Exchange<F> exchange(connection_, request);
    bool failed = false;
    try {
      co_await handler_(exchange);
      co_await exchange.finish();
    } catch (const Refused& refused) {
      SUNDOG_PROBE("a handler refused a request");
      failed = true;
      refusal_ = refused.refusal();
    } catch (const std::exception& error) {
      failed = true;
      handler_failed(request, error.what());
    }
    answered_status_ = exchange.status();
    answered_bytes_ = exchange.content_bytes();
    http_log.debug("{} {} {}", request.method_text, request.target,
                   failed ? code_of(refusal_->status) : code_of(exchange.status()));
    if (failed) {
      if (exchange.can_start()) answered_status_ = client_closed_request;
      abandoned_ = !exchange.can_start();
      if (exchange.can_start() && !connection_.transport.broken()) co_await refuse();
      co_return false;
    }
    must_linger_ = !exchange.body().done();
    if (!exchange.keep_alive()) co_return false;
    const bool drained = co_await drain(exchange.body());
    must_linger_ = !drained;
    co_return drained;
  }

  void handler_failed(const RequestHead& request, const char* what) {
    refusal_ = Refusal{Status::internal_server_error, SUNDOG_PROBED("the server failed to answer")};
    if (connection_.transport.broken()) {
      SUNDOG_PROBE("a connection broke while a request was handled");
      return;  // not the handler's fault
    }
    http_log.error("{} {}: {}", request.method_text, request.target, what);
  }

  // Reads what the handler left of the content, so that the next request can be found. False: too
  // much, or malformed.
  Task<bool> drain(BodyReader<F>& body) {
    if (body.done()) co_return true;
    co_await connection_.flush();
    std::array<std::byte, 1024> waste;
    std::uint64_t drained = 0;
    try {
      while (!body.done() && drained <= drained_body_bytes_max) {
        const std::size_t count = co_await body.read(waste);
        drained += count;
      }
    } catch (const Refused&) {  // the request is answered already: there is nothing left to say
      SUNDOG_PROBE("content that the handler left was malformed");
      co_return false;
    }
    co_return body.done();
  }

  // Answers refusal_, whose request cannot be or was not understood to its end.
  Task<void> refuse() {
    must_linger_ = true;
    if (!connection_.send_buffer.has_room_for_head()) co_await connection_.flush();
    connection_.transport.restart_pace();
    const bool to_head = request_ != nullptr && request_->method == Method::head;
    HeadWriter head = connection_.send_buffer.begin_head();
    head.status_line(refusal_->status);
    head.field("Content-Type", "text/plain; charset=utf-8");
    head.field("Content-Length", refusal_->why.size() + 1);
    head.field("Connection", "close");
    if (const auto& clock = connection_.options.wall_clock_s) {
      head.field("Date", connection_.date.at(clock()));
    }
    connection_.send_buffer.finish_head(head);
    const std::array<Bytes, 3> parts = {as_bytes(connection_.send_buffer.ready()),
                                        as_bytes(refusal_->why), as_bytes("\n")};
    const auto used = std::span<const Bytes>(parts).first(to_head ? 1 : 3);
    co_await connection_.transport.write(used);
    connection_.send_buffer.clear();
    answered_status_ = refusal_->status;
    answered_bytes_ = to_head ? 0 : refusal_->why.size() + 1;
    http_log.debug("refused with {}: {}", code_of(refusal_->status), refusal_->why);
  }

  // Closing a socket while bytes of the peer are unread resets the connection, and the reset can
  // overtake our last response. So say that no more comes, and read on for a while (RFC 9112
  // section 9.6).
  Task<void> close() {
    co_await connection_.transport.shutdown();
    if (!must_linger_ && connection_.transport.buffer().received().empty()) co_return;
    co_await try_timeout(discard(), connection_.options.lingering_timeout);
  }
  Task<void> discard() {
    ReceiveBuffer& buffer = connection_.transport.buffer();
    std::uint64_t discarded = 0;
    bool more = true;
    while (more && discarded < lingering_bytes_max) {
      discarded += buffer.received().size();
      buffer.use(buffer.received().size());
      more = co_await connection_.transport.receive();
    }
  }

  // A request that is under way, which ends in one way or another, and is told of then.
  class Observed {
   public:
    explicit Observed(ServerConnection& connection) : of_(connection) {
      of_.answered_status_ = client_closed_request;
      of_.answered_bytes_ = 0;
    }
    Observed(const Observed&) = delete;
    Observed& operator=(const Observed&) = delete;
    ~Observed() {
      of_.tell_of(of_.request_);
      of_.request_ = nullptr;
    }

   private:
    ServerConnection& of_;
  };
  void tell_of(const RequestHead* head) {
    observation_.answered(connection_.transport.flow(), head, answered_status_, answered_bytes_);
  }

  typename Exchange<F>::Connection connection_;
  Handler& handler_;
  HeadScanner scanner_;
  const RequestHead* request_ = nullptr;  // that is under way
  Observation observation_;
  // Of the last request.
  Status answered_status_ = Status::ok;
  std::uint64_t answered_bytes_ = 0;
  std::optional<Refusal> refusal_;
  bool must_linger_ = false;
  bool abandoned_ = false;  // a response was cut short: the peer must not take it for the whole
};

// As serve(); the options are the caller's, and outlive it.
template <Flow F, class Handler>
Task<void> serve_with(F flow, Handler handler, const ServerOptions& options, ServerShared shared) {
  try {
    ServerConnection<F, Handler> connection(std::move(flow), handler, options, shared);
    co_await connection.run();
  } catch (const std::system_error& error) {
    SUNDOG_PROBE("a connection ended by an error");
    http_log.debug("connection ended: {}", error.what());
  }
}

}  // namespace detail

// Serves the connection until it ends. `handler(Exchange<F>&)` gives a Task<void>; it is copied or
// moved in here and called once for each request. Never throws for what the peer or the network
// does: that is the connection's end, and logged as debug. Throws std::bad_alloc.
template <Flow F, class Handler>
Task<void> serve(F flow, Handler handler, ServerOptions options = {}, ServerShared shared = {}) {
  BufferPool own_buffers;
  if (shared.buffers == nullptr) shared.buffers = &own_buffers;
  co_await detail::serve_with(std::move(flow), std::move(handler), options, shared);
}

}  // namespace sundog::http
