// send_compressed: a page that is compressed while it is sent.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sundog/io/http/accept_encoding.hpp"
#include "sundog/io/http/compressor.hpp"
#include "sundog/io/http/exchange.hpp"
#include "sundog/io/http/send_entry.hpp"
#include "sundog/io/key_value.hpp"
#include "sundog/runtime/yield.hpp"

namespace sundog::http::detail {

// What is not compressed already.
bool is_text(std::string_view media_type);

// Whether the page is to be sent so: the service wants it, the client accepts it, and it is worth
// it.
template <KeyValueEntry E>
bool may_be_compressed(const E& entry, const Page& page, const AcceptedCodings& codings) {
  const std::uint64_t size = entry.size();
  return size >= compressed_bytes_min && size <= page.options->compressed_bytes_max &&
         codings.weight(ContentCoding::gzip) >= codings.weight(ContentCoding::identity) &&
         is_text(page.type) && Compressor::available();
}

// Reads, compresses and sends piece by piece; its length is not known before, so it goes in chunks.
template <Flow F, KeyValueEntry E>
Task<void> compress_pieces(Exchange<F>& exchange, const E& entry) {
  constexpr std::size_t piece_bytes_max = std::size_t{16} << 10;  // a third of a millisecond
  const auto space = std::make_unique_for_overwrite<std::byte[]>(piece_bytes_max);
  Compressor gzip;
  std::string ready;
  for (std::uint64_t offset = 0; offset < entry.size();) {
    const std::uint64_t left = entry.size() - offset;
    const std::size_t count = co_await entry.read(
        offset,
        {space.get(), static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_bytes_max))});
    if (count == 0) throw_ended_early();
    offset += count;
    gzip.add(Bytes(space.get(), count), ready);
    if (ready.size() >= piece_bytes_max) {
      co_await exchange.write(ready);
      ready.clear();
    }
    co_await yield();
  }
  gzip.finish(ready);
  co_await exchange.write(ready);
}

// The entry is borrowed.
template <Flow F, KeyValueEntry E>
Task<void> send_compressed(Exchange<F>& exchange, const E& entry, Page page) {
  page.coding = ContentCoding::gzip;
  page.compressed = true;
  const Representation representation(entry, page, exchange.time_s());
  if (auto answer = answer_conditions(exchange, representation)) {
    co_await std::move(*answer);
    co_return;
  }
  start_for_entry(exchange, Status::ok, representation);
  exchange.field("Content-Type", page.type);
  exchange.field("Content-Encoding", name_of(page.coding));
  exchange.begin_stream();
  if (exchange.request().method != Method::head) co_await compress_pieces(exchange, entry);
}

}  // namespace sundog::http::detail
