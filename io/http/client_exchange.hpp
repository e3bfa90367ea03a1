// One request and its response on a connection, for fetch() and Client. Both are under way at the
// same time: the response is watched for while the request is being sent (RFC 9112 section 9.5).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "sundog/io/http/body_reader.hpp"
#include "sundog/io/http/error.hpp"
#include "sundog/io/http/fetch_options.hpp"
#include "sundog/io/http/head_scanner.hpp"
#include "sundog/io/http/response_head.hpp"
#include "sundog/io/http/transport.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scope.hpp"

namespace sundog::http::detail {

[[noreturn]] inline void fail(FetchError error, std::string_view why) {
  throw std::system_error(error, std::string(why));
}

// Throws std::system_error with invalid_argument for fields that would make the request ambiguous.
void check_fields(const FetchOptions& options);

// The request's head, all of it written by the client. `last`: the connection ends after it.
std::string write_request(const Url& url, const FetchOptions& options, bool last);

// Whether a redirect is to be followed, should there be some left.
bool is_redirect(const Response& response);

template <Flow F>
class ClientExchange {
 public:
  // All are borrowed. `last`: the connection ends after it.
  ClientExchange(Transport<F>& transport, const Url& url, const FetchOptions& options, bool last)
      : transport_(transport), url_(url), options_(options), last_(last) {}

  // Throws what went wrong; the connection is no use then.
  Task<Response> run() {
    check_fields(options_);
    head_ = write_request(url_, options_, last_);
    response_.url = url_;
    const auto both = [this](Scope& sending) -> Task<void> {
      sending.spawn(send());
      co_await receive_head();
      // Nobody wants the rest. After a success the server may still be reading while it answers.
      if (code_of(response_.status) >= 300) sending.cancel_tasks();
      co_await receive_content();
      sending.cancel_tasks();
    };
    std::exception_ptr failure;
    try {
      co_await scope(both);
    } catch (const std::system_error&) {
      failure = std::current_exception();
    }
    // That the request could not be sent is why there is no response.
    if (failure != nullptr) std::rethrow_exception(not_sent_ != nullptr ? not_sent_ : failure);
    co_return std::move(response_);
  }

  // Whether a byte of a response has come.
  bool answered() const { return answered_; }
  // After run(): whether another request may follow on the connection.
  bool reusable() const {
    return keep_alive_ && all_sent_ && !transport_.broken() && !transport_.peer_finished() &&
           transport_.buffer().received().empty();
  }

 private:
  static constexpr std::size_t piece_bytes = std::size_t{16} << 10;

  // What goes wrong with the peer is kept for later: it may have answered all the same.
  Task<void> send() {
    try {
      if (options_.send) {
        co_await send_stream();
      } else {
        const std::array<Bytes, 2> parts = {as_bytes(head_), as_bytes(options_.content)};
        const auto used = std::span(parts).first(options_.content.empty() ? 1 : 2);
        co_await transport_.write(used);
      }
      all_sent_ = true;
    } catch (const std::system_error&) {
      if (!transport_.broken()) throw;  // the caller's content failed, not the peer
      SUNDOG_PROBE("a request could not be sent to its end");
      not_sent_ = std::current_exception();
    }
  }

  Task<void> send_stream() {
    const std::array<Bytes, 1> head = {as_bytes(head_)};
    co_await transport_.write(head);
    const auto space = std::make_unique_for_overwrite<std::byte[]>(piece_bytes);
    std::uint64_t left = options_.send_length.value_or(UINT64_MAX);
    std::array<char, 18> chunk_head_space;
    while (left > 0) {
      const std::size_t count = co_await options_.send(
          {space.get(), static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_bytes))});
      if (count == 0) break;
      const Bytes piece(space.get(), count);
      if (options_.send_length) {
        const std::array<Bytes, 1> parts = {piece};
        left -= count;
        co_await transport_.write(parts);
      } else {
        const std::array<Bytes, 3> parts = {as_bytes(chunk_head(count, chunk_head_space)), piece,
                                            as_bytes(chunk_end)};
        co_await transport_.write(parts);
      }
    }
    if (options_.send_length && left > 0) {
      SUNDOG_PROBE("a caller gave less content than announced");
      throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                              "FetchOptions::send gave less content than send_length says");
    }
    const std::array<Bytes, 1> end = {as_bytes(last_chunk)};
    if (!options_.send_length) co_await transport_.write(end);
  }

  // Until a final one is there.
  Task<void> receive_head() {
    ReceiveBuffer& buffer = transport_.buffer();
    for (std::size_t interim = 0; interim <= interim_response_count_max; ++interim) {
      HeadScanner scanner(options_.response_head_limits);
      while (scanner.scan(buffer.received()) != HeadScanner::State::complete) {
        if (scanner.refused()) {
          SUNDOG_PROBE("a response's head was malformed");
          fail(FetchError::malformed_response, scanner.refusal().why);
        }
        const bool more = co_await transport_.receive();
        if (!more) fail(FetchError::response_cut_short, SUNDOG_PROBED("no response"));
        answered_ = true;
      }
      const bool is_final = take_head(std::string(scanner.head(buffer.received())));
      buffer.use(scanner.consumed());
      if (is_final) co_return;
    }
    fail(FetchError::malformed_response, SUNDOG_PROBED("too many interim responses"));
  }

  bool take_head(std::string text) {
    ResponseHead head;
    const auto refusal = parse_response_head(text, options_.method == Method::head, head);
    if (refusal) fail(FetchError::malformed_response, refusal->why);
    if (code_of(head.status) == 101)
      fail(FetchError::malformed_response, SUNDOG_PROBED("an upgrade that nobody asked for"));
    if (code_of(head.status) < 200) return false;
    response_.status = head.status;
    response_.reason = head.reason;
    for (const Field& field : head.fields.all()) {
      response_.fields.emplace_back(field.name, field.value);
    }
    framing_ = head.framing;
    keep_alive_ = head.keep_alive && !last_;
    return true;
  }

  Task<void> receive_content() {
    const bool streamed = options_.receive && !is_redirect(response_);
    const std::uint64_t bytes_max = streamed ? UINT64_MAX : options_.response_body_bytes_max;
    BodyReader<F> body(transport_, framing_, bytes_max, ChunkedDecoder::Blanks::skipped);
    if (body.longer_than(bytes_max))
      fail(FetchError::response_too_large, SUNDOG_PROBED("its Content-Length says so"));
    const bool counted = framing_.kind == Framing::Kind::length;
    const auto total = counted ? std::optional(framing_.length) : std::nullopt;
    const auto space = std::make_unique_for_overwrite<std::byte[]>(piece_bytes);
    std::uint64_t received = 0;
    while (!body.done()) {
      const std::size_t count = co_await read_piece(body, {space.get(), piece_bytes});
      if (count == 0) continue;
      const Bytes piece(space.get(), count);
      received += count;
      if (streamed) {
        co_await options_.receive(response_, piece);
      } else {
        response_.content.append(reinterpret_cast<const char*>(piece.data()), count);
      }
      if (options_.progress) options_.progress(received, total);
    }
  }

  Task<std::size_t> read_piece(BodyReader<F>& body, MutableBytes space) {
    try {
      co_return co_await body.read(space);
    } catch (const Refused& refused) {
      if (refused.refusal().status == Status::content_too_large) {
        fail(FetchError::response_too_large, SUNDOG_PROBED("more content came than allowed"));
      }
      SUNDOG_PROBE("a response's content was malformed or cut short");
      fail(transport_.peer_finished() ? FetchError::response_cut_short
                                      : FetchError::malformed_response,
           refused.refusal().why);
    }
  }

  Transport<F>& transport_;
  const Url& url_;
  const FetchOptions& options_;
  bool last_;
  std::string head_;
  Response response_;
  Framing framing_;
  std::exception_ptr not_sent_;
  bool answered_ = false;
  bool all_sent_ = false;
  bool keep_alive_ = false;
};

// Changes `url` and `options` to what a redirect asks for. False: the response is none.
bool follow_redirect(const Response& response, Url& url, FetchOptions& options);

// Asks until the response is no redirect. ask(url, options) gives a Task<Response>.
template <class Ask>
Task<Response> follow_redirects(Ask& ask, Url url, FetchOptions options) {
  for (std::size_t redirects = 0;; ++redirects) {
    Response response = co_await ask(url, options);
    if (!follow_redirect(response, url, options)) co_return response;
    if (redirects == options.redirect_count_max) {
      SUNDOG_PROBE("too many redirects");
      fail(FetchError::too_many_redirects, url.authority());
    }
  }
}

// Throws unsupported_url.
Url parse_fetch_url(const std::string& url);

}  // namespace sundog::http::detail
