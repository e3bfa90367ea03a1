// serve_files: a handler's answer from a KeyValue: a site's pages, in memory or on a disk.
//
//   const auto handler = [&store](auto& exchange) { return http::serve_files(store, exchange); };
//
// GET and HEAD, with entity tags, dates, conditions and ranges (conditions.hpp, range.hpp). A path
// that ends in '/' is its index.html; one that names a folder which has an index.html is redirected
// to it with a '/', so that relative links work. 404 for what is not there, 403 for what the store
// may not read; 405 for other methods. Paths are decoded by path.hpp before the store sees them.
//
// Contents are sent in pieces of piece_bytes, and between two of them everybody else has a turn:
// many clients who fetch much at once do not hold up one who wants little. What the store has in
// memory is sent as it stands there; a file of any size that it has not takes one piece of memory
// for a connection.
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
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/yield.hpp"

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
Task<void> redirect_to_folder(Exchange<F>& exchange, const DecodedPath& path) {
  const RequestHead& request = exchange.request();
  std::string location = path.repaired() ? path.encode() : std::string(request.path);
  location += '/';
  if (!request.query.empty()) (location += '?') += request.query;
  exchange.start(Status::moved_permanently);
  exchange.field("Location", location);
  return send_text(exchange, "the page has moved\n");
}

// What HTTP tells of an entry beside its contents. `now_s`: the time, where there is a clock.
struct Representation {
  template <KeyValueEntry E>
  Representation(const E& entry, std::string_view media_type, std::optional<std::int64_t> now_s)
      : tag(entry.digest()), size(entry.size()), type(media_type) {
    // Nobody may be told a date that lies ahead (RFC 9110 section 8.8.2.1). One in the second that
    // is not over yet does not tell versions apart: another change may get the same.
    const std::int64_t modified_s = entry.last_modified_s();
    if (!now_s || modified_s < *now_s) validated_s = modified_s;
    if (!now_s || modified_s != *now_s) shown_s = now_s ? std::min(modified_s, *now_s) : modified_s;
  }
  Validators validators() const { return Validators{tag.text(), validated_s}; }

  EntityTag tag;
  std::optional<std::int64_t> validated_s;  // the date that conditions are compared with
  std::optional<std::int64_t> shown_s;
  std::uint64_t size;
  std::string_view type;
};

// The fields that go with every answer about the entry, 304 among them (RFC 9110 section 15.4.5).
template <Flow F>
void start_for_entry(Exchange<F>& exchange, Status status, const Representation& of) {
  exchange.start(status);
  if (!of.tag.text().empty()) exchange.field("ETag", of.tag.text());
  if (!of.shown_s) return;
  const auto date = format_date(*of.shown_s);
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

// More than one piece of contents that are in memory.
template <Flow F>
Task<void> send_in_turns(Exchange<F>& exchange, Bytes contents) {
  exchange.begin(contents.size());
  while (!contents.empty() && exchange.request().method != Method::head) {
    const Bytes piece = contents.first(std::min(contents.size(), piece_bytes));
    co_await exchange.write(piece);
    contents = contents.subspan(piece.size());
    co_await yield();
  }
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
    co_await yield();
  }
}

template <Flow F, KeyValueEntry E>
Task<void> send_entry(Exchange<F>& exchange, const E& entry, std::string_view type) {
  const Representation representation(entry, type, exchange.time_s());
  switch (evaluate_conditions(exchange.request(), representation.validators())) {
    case Condition::not_modified:
      start_for_entry(exchange, Status::not_modified, representation);
      return exchange.send(Bytes());
    case Condition::failed:
      start_for_entry(exchange, Status::precondition_failed, representation);
      return send_text(exchange, "the page is not the version that the request names\n");
    case Condition::proceed:
      break;
  }
  const ByteRange range = start_content(exchange, representation);
  const std::optional<Bytes> contents = entry.resident();
  if (!contents && range.length != 0) return send_pieces(exchange, entry, range);
  if (!contents) return exchange.send(Bytes());
  const Bytes part = contents->subspan(static_cast<std::size_t>(range.first),
                                       static_cast<std::size_t>(range.length));
  return part.size() <= piece_bytes ? exchange.send(part) : send_in_turns(exchange, part);
}

// What a store says of a key.
template <class Entry>
struct Found {
  std::optional<Entry> entry;
  bool forbidden = false;  // it is there, but not for this program
};

template <class Store>
Task<Found<typename Store::Entry>> look_up(Store& store, std::string_view key) {
  Found<typename Store::Entry> found;
  try {
    found.entry = co_await store.get(key);
  } catch (const std::system_error& error) {
    found.forbidden = error.code() == std::errc::permission_denied ||
                      error.code() == std::errc::operation_not_permitted;
    if (!found.forbidden) throw;
    SUNDOG_PROBE("a page may not be read");
  }
  co_return found;
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
  auto found = co_await detail::look_up(store, key);
  if (found.entry) {
    co_await detail::send_entry(exchange, *found.entry, mime_type(key));
    co_return;
  }
  if (!is_folder && !found.forbidden) {
    const auto index = co_await detail::look_up(store, path.index_key());
    if (index.entry) {
      co_await detail::redirect_to_folder(exchange, path);
      co_return;
    }
    found.forbidden = index.forbidden;
  }
  exchange.start(found.forbidden ? Status::forbidden : Status::not_found);
  const std::string_view why =
      found.forbidden ? "the page may not be read\n" : "there is no such page\n";
  co_await detail::send_text(exchange, why);
}

}  // namespace sundog::http
