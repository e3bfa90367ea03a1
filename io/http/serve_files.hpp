// serve_files: a handler's answer from a KeyValue: a site's pages, in memory or on a disk.
//
//   const auto handler = [&store](auto& exchange) { return http::serve_files(store, exchange); };
//
// GET and HEAD, with entity tags, dates, conditions and ranges (conditions.hpp, range.hpp). A path
// that ends in '/' is its index.html; one that names a folder which has an index.html is redirected
// to it with a '/', so that relative links work. 404 for what is not there; 405 for other methods.
// Paths are judged by path.hpp before the store sees them. What the store has in memory is sent as
// it stands there; other contents in pieces of piece_bytes, so that a file of any size takes that
// much memory of a connection.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "sundog/io/http/conditions.hpp"
#include "sundog/io/http/entity_tag.hpp"
#include "sundog/io/http/exchange.hpp"
#include "sundog/io/http/mime_type.hpp"
#include "sundog/io/http/path.hpp"
#include "sundog/io/http/range.hpp"
#include "sundog/io/key_value.hpp"

namespace sundog::http {

namespace detail {

inline constexpr std::size_t piece_bytes = std::size_t{64} * 1024;

[[noreturn]] inline void throw_ended_early() {
  throw std::system_error(std::make_error_code(std::errc::io_error),
                          "the contents ended before their size");
}

template <Flow F>
Task<void> send_text(Exchange<F>& exchange, std::string_view text) {
  exchange.field("Content-Type", "text/plain; charset=utf-8");
  return exchange.send(text);
}

template <Flow F>
Task<void> redirect_to_folder(Exchange<F>& exchange) {
  const RequestHead& request = exchange.request();
  std::string location(request.path);
  location += '/';
  if (!request.query.empty()) (location += '?') += request.query;
  exchange.start(Status::moved_permanently);
  exchange.field("Location", location);
  return send_text(exchange, "the page has moved\n");
}

// What HTTP tells of an entry beside its contents.
struct Representation {
  template <KeyValueEntry E>
  explicit Representation(const E& entry, std::string_view media_type)
      : tag(entry.digest()),
        last_modified_s(entry.last_modified_s()),
        size(entry.size()),
        type(media_type) {}
  Validators validators() const { return Validators{tag.text(), last_modified_s}; }

  EntityTag tag;
  std::int64_t last_modified_s;
  std::uint64_t size;
  std::string_view type;
};

// The fields that go with every answer about the entry, 304 among them (RFC 9110 section 15.4.5).
template <Flow F>
void start_for_entry(Exchange<F>& exchange, Status status, const Representation& of) {
  exchange.start(status);
  if (!of.tag.text().empty()) exchange.field("ETag", of.tag.text());
  const auto date = format_date(of.last_modified_s);
  exchange.field("Last-Modified", std::string_view(date.data(), date.size()));
}

inline std::string content_range(std::string_view which, std::uint64_t size) {
  std::string text = "bytes ";
  text += which;
  return text += '/' + std::to_string(size);
}

// Begins the answer after the conditions were met, and gives what to send of the entry: all, a
// part, or, with 416, nothing.
template <Flow F>
ByteRange start_content(Exchange<F>& exchange, const Representation& of) {
  const RequestHead& request = exchange.request();
  const auto wanted = request.fields.find("Range");
  ByteRange range;
  RangeAnswer answer = RangeAnswer::whole;
  if (wanted && request.method == Method::get && request.fields.count("Range") == 1 &&
      may_use_range(request, of.validators())) {
    answer = select_range(*wanted, of.size, range);
  }
  if (answer == RangeAnswer::unsatisfiable) {
    exchange.start(Status::range_not_satisfiable);
    exchange.field("Content-Range", content_range("*", of.size));
    return {0, 0};
  }
  start_for_entry(exchange, answer == RangeAnswer::part ? Status::partial_content : Status::ok, of);
  exchange.field("Content-Type", of.type);
  exchange.field("Accept-Ranges", "bytes");
  if (answer == RangeAnswer::whole) return {0, of.size};
  const std::string first_last =
      std::to_string(range.first) + '-' + std::to_string(range.first + range.length - 1);
  exchange.field("Content-Range", content_range(first_last, of.size));
  return range;
}

// Contents that are not in memory, at least one byte of them: read and sent in pieces. The first is
// read before the response begins, so that what cannot be read at all is still a 500.
template <Flow F, KeyValueEntry E>
Task<void> send_pieces(Exchange<F>& exchange, const E& entry, ByteRange range) {
  if (exchange.request().method == Method::head) {
    exchange.begin(range.length);
    co_return;
  }
  // Not in the frame, which would be larger than what the frame pool keeps.
  const std::size_t space_bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(range.length, piece_bytes));
  const auto space = std::make_unique_for_overwrite<std::byte[]>(space_bytes);
  for (bool begun = false; range.length != 0; begun = true) {
    const MutableBytes piece(
        space.get(), static_cast<std::size_t>(std::min<std::uint64_t>(range.length, space_bytes)));
    const std::size_t count = co_await entry.read(range.first, piece);
    // The head has promised more: the connection ends here, which tells the client.
    if (count == 0) throw_ended_early();
    if (!begun) exchange.begin(range.length);
    co_await exchange.write(piece.first(count));
    range.first += count;
    range.length -= count;
  }
}

template <Flow F, KeyValueEntry E>
Task<void> send_entry(Exchange<F>& exchange, const E& entry, std::string_view type) {
  const Representation representation(entry, type);
  switch (evaluate_conditions(exchange.request(), representation.validators())) {
    case Condition::not_modified:
      start_for_entry(exchange, Status::not_modified, representation);
      return exchange.send(Bytes());
    case Condition::failed:
      start_for_entry(exchange, Status::precondition_failed, representation);
      return send_text(exchange, "the page is not the one you mean\n");
    case Condition::proceed:
      break;
  }
  const ByteRange range = start_content(exchange, representation);
  const std::optional<Bytes> contents = entry.resident();
  if (!contents && range.length != 0) return send_pieces(exchange, entry, range);
  if (!contents) return exchange.send(Bytes());
  return exchange.send(contents->subspan(static_cast<std::size_t>(range.first),
                                         static_cast<std::size_t>(range.length)));
}

}  // namespace detail

// Answers the exchange. Store and exchange must outlive the task. Throws what the store and the
// flow throw, and Refused for a path that is refused.
template <class Store, Flow F>
  requires KeyValue<Store>
Task<void> serve_files(Store& store, Exchange<F>& exchange) {
  const RequestHead& request = exchange.request();
  if (request.method != Method::get && request.method != Method::head) {
    exchange.start(Status::method_not_allowed);
    exchange.field("Allow", "GET, HEAD");
    co_await detail::send_text(exchange, "pages can only be read\n");
    co_return;
  }
  DecodedPath path;
  if (const auto refusal = path.decode(request.path)) {
    exchange.start(refusal->status);
    co_await detail::send_text(exchange, refusal->why);
    co_return;
  }
  const bool is_folder = path.key().empty() || path.key().ends_with('/');
  const std::string_view key = is_folder ? path.index_key() : path.key();
  const auto entry = co_await store.get(key);
  if (entry) {
    co_await detail::send_entry(exchange, *entry, mime_type(key));
    co_return;
  }
  if (!is_folder) {
    const auto index = co_await store.get(path.index_key());
    if (index) {
      co_await detail::redirect_to_folder(exchange);
      co_return;
    }
  }
  exchange.start(Status::not_found);
  co_await detail::send_text(exchange, "there is no such page\n");
}

}  // namespace sundog::http
