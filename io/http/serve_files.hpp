// serve_files: a handler's answer from a KeyValue: a site's pages, in memory or on a disk.
//
//   const auto handler = [&store](auto& exchange) { return http::serve_files(store, exchange); };
//
// GET and HEAD, with entity tags, dates, conditions and ranges (conditions.hpp, range.hpp). A path
// that ends in '/' is its index.html; one that names a folder which has an index.html is redirected
// to it with a '/', so that relative links work. 404 for what is not there; 405 for other methods.
// Paths are judged by path.hpp before the store sees them.
#pragma once

#include <string>

#include "sundog/io/http/conditions.hpp"
#include "sundog/io/http/exchange.hpp"
#include "sundog/io/http/mime_type.hpp"
#include "sundog/io/http/path.hpp"
#include "sundog/io/http/range.hpp"
#include "sundog/io/key_value.hpp"

namespace sundog::http {

namespace detail {

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

// The fields that go with every answer about the entry, 304 among them (RFC 9110 section 15.4.5).
template <Flow F, KeyValueEntry E>
void start_for_entry(Exchange<F>& exchange, Status status, const E& entry) {
  exchange.start(status);
  exchange.field("ETag", entry.etag());
  const auto date = format_date(entry.last_modified_s());
  exchange.field("Last-Modified", std::string_view(date.data(), date.size()));
}

inline std::string content_range(std::string_view which, std::uint64_t size) {
  std::string text = "bytes ";
  text += which;
  return text += '/' + std::to_string(size);
}

// What to send of the entry, after the conditions were met: all, a part, or 416.
template <Flow F, KeyValueEntry E>
Bytes start_content(Exchange<F>& exchange, const E& entry, std::string_view type) {
  const RequestHead& request = exchange.request();
  const Bytes contents = entry.contents();
  const auto wanted = request.fields.find("Range");
  const Validators validators{entry.etag(), entry.last_modified_s()};
  ByteRange range;
  RangeAnswer answer = RangeAnswer::whole;
  if (wanted && request.method == Method::get && request.fields.count("Range") == 1 &&
      may_use_range(request, validators)) {
    answer = select_range(*wanted, contents.size(), range);
  }
  if (answer == RangeAnswer::unsatisfiable) {
    exchange.start(Status::range_not_satisfiable);
    exchange.field("Content-Range", content_range("*", contents.size()));
    return {};
  }
  start_for_entry(exchange, answer == RangeAnswer::part ? Status::partial_content : Status::ok,
                  entry);
  exchange.field("Content-Type", type);
  exchange.field("Accept-Ranges", "bytes");
  if (answer == RangeAnswer::whole) return contents;
  const std::string first_last =
      std::to_string(range.first) + '-' + std::to_string(range.first + range.length - 1);
  exchange.field("Content-Range", content_range(first_last, contents.size()));
  return contents.subspan(static_cast<std::size_t>(range.first),
                          static_cast<std::size_t>(range.length));
}

template <Flow F, KeyValueEntry E>
Task<void> send_entry(Exchange<F>& exchange, const E& entry, std::string_view type) {
  const Validators validators{entry.etag(), entry.last_modified_s()};
  switch (evaluate_conditions(exchange.request(), validators)) {
    case Condition::not_modified:
      start_for_entry(exchange, Status::not_modified, entry);
      return exchange.send(Bytes());
    case Condition::failed:
      start_for_entry(exchange, Status::precondition_failed, entry);
      return send_text(exchange, "the page is not the one you mean\n");
    case Condition::proceed:
      break;
  }
  return exchange.send(start_content(exchange, entry, type));
}

}  // namespace detail

// Answers the exchange. Store and exchange must outlive the task. Throws what the store and the
// flow throw, and Refused for a path that is refused.
template <class Store, Flow F>
requires KeyValue<Store> Task<void> serve_files(Store& store, Exchange<F>& exchange) {
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
