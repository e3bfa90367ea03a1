// send_entry: the answer to a request for something that a store has: conditions, ranges, dates,
// and the contents in pieces, so that between two of them everybody else has a turn.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "sundog/io/http/accept_encoding.hpp"
#include "sundog/io/http/conditions.hpp"
#include "sundog/io/http/entity_tag.hpp"
#include "sundog/io/http/exchange.hpp"
#include "sundog/io/http/file_options.hpp"
#include "sundog/io/http/range.hpp"
#include "sundog/io/key_value.hpp"
#include "sundog/runtime/yield.hpp"

namespace sundog::http::detail {

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

// Which page an entry is of, and how it is to be sent.
struct Page {
  // All are borrowed.
  Page(std::string_view page_key, const FileOptions& chosen)
      : key(page_key), type(chosen.type_of(page_key)), options(&chosen) {}

  std::string_view key;  // of the page itself, whatever its coding
  std::string_view type;
  const FileOptions* options;
  ContentCoding coding = ContentCoding::identity;
  bool compressed = false;  // while it is sent
};

// The fields that the service wants on this page.
template <Flow F>
void add_fields(Exchange<F>& exchange, const FileOptions& options, std::string_view key) {
  for (std::size_t i = 0; i < options.fields.size(); ++i) {
    const PathField& field = options.fields[i];
    bool counts = field.is_about(key);
    for (std::size_t before = 0; counts && before < i; ++before) {
      const PathField& other = options.fields[before];
      counts = !equals_ignoring_case(other.name, field.name) || !other.is_about(key);
    }
    if (counts) exchange.field(field.name, field.value);
  }
}

// What HTTP tells of an entry beside its contents. `now_s`: the time, where there is a clock.
struct Representation {
  template <KeyValueEntry E>
  Representation(const E& entry, const Page& of_page, std::optional<std::int64_t> now_s)
      : tag(entry.digest()), size(entry.size()), page(of_page) {
    if (page.compressed) tag.weaken("-gzip");
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
  Page page;
};

// The fields that go with every answer about the entry, 304 among them (RFC 9110 section 15.4.5).
template <Flow F>
void start_for_entry(Exchange<F>& exchange, Status status, const Representation& of) {
  exchange.start(status);
  add_fields(exchange, *of.page.options, of.page.key);
  // Caches must know that another client may get other bytes (RFC 9110 section 12.5.5).
  if (of.page.options->varies()) exchange.field("Vary", "Accept-Encoding");
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
  exchange.field("Content-Type", of.page.type);
  if (of.page.coding != ContentCoding::identity) {
    exchange.field("Content-Encoding", name_of(of.page.coding));
  }
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

// What the head has announced of the contents.
template <Flow F, KeyValueEntry E>
Task<void> send_part(Exchange<F>& exchange, const E& entry, ByteRange range) {
  const std::optional<Bytes> contents = entry.resident();
  if (!contents && range.length != 0) return send_pieces(exchange, entry, range);
  if (!contents) return exchange.send(Bytes());
  const Bytes part = contents->subspan(static_cast<std::size_t>(range.first),
                                       static_cast<std::size_t>(range.length));
  return part.size() <= piece_bytes ? exchange.send(part) : send_in_turns(exchange, part);
}

// Answers 304 or 412 where the request's conditions have it so; null: they were met.
template <Flow F>
std::optional<Task<void>> answer_conditions(Exchange<F>& exchange, const Representation& of) {
  switch (evaluate_conditions(exchange.request(), of.validators())) {
    case Condition::not_modified:
      start_for_entry(exchange, Status::not_modified, of);
      return exchange.send(Bytes());
    case Condition::failed:
      start_for_entry(exchange, Status::precondition_failed, of);
      return send_text(exchange, "the page is not the version that the request names\n");
    case Condition::proceed:
      break;
  }
  return std::nullopt;
}

// As the request's conditions have it.
template <Flow F, KeyValueEntry E>
Task<void> send_entry(Exchange<F>& exchange, const E& entry, const Page& page) {
  const Representation representation(entry, page, exchange.time_s());
  if (auto answer = answer_conditions(exchange, representation)) return std::move(*answer);
  return send_part(exchange, entry, start_content(exchange, representation));
}

}  // namespace sundog::http::detail
