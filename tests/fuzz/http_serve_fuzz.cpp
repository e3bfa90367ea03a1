// A whole connection: any bytes, cut anywhere, are served to the end. What comes back is a row of
// well-formed responses, each with the content that it announces; the last one may be refused, and
// nothing follows a "Connection: close".
//
// The input's first byte is the size of the pieces in which the server receives the rest.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sundog/io/embedded_files.hpp"
#include "sundog/io/http/response_head.hpp"
#include "sundog/io/http/serve.hpp"
#include "sundog/io/http/serve_files.hpp"
#include "tests/http/memory_flow.hpp"

using namespace sundog;
using namespace sundog::http;

namespace {

constexpr unsigned char page[] = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9'};
const EmbeddedFile files[] = {{"a/index.html", page, Digest::from_hex("aa"), 784111777},
                              {"index.html", page, Digest::from_hex("11"), 784111777}};
const EmbeddedFiles store(files);

// Pages, and for POST the content itself as a stream.
const auto handler = [](auto& exchange) -> Task<void> {
  if (exchange.request().method != Method::post) {
    co_await serve_files(store, exchange);
    co_return;
  }
  exchange.start(Status::ok);
  std::array<std::byte, 100> part;
  std::size_t count = co_await exchange.read(part);
  exchange.begin_stream();
  while (count != 0) {
    co_await exchange.write(std::span(part).first(count));
    count = co_await exchange.read(part);
  }
};

Task<std::string> converse(std::string bytes, std::size_t piece_max) {
  auto pair = memory_flow_pair();
  MemoryFlow client = std::move(pair.first);
  client.outgoing().piece_max = piece_max;
  co_await client.write(as_bytes(bytes));
  co_await client.shutdown();
  co_await serve(std::move(pair.second), handler);
  co_return client.incoming().bytes;
}

void must(bool holds) {
  if (!holds) std::abort();
}

// Takes one response off the front. HEAD's cannot be told from GET's here: a head whose content is
// missing must be followed by another head or by nothing.
void check_response(std::string_view& bytes) {
  HeadScanner scanner;
  must(scanner.scan(bytes) == HeadScanner::State::complete);
  ResponseHead response;
  std::string head(scanner.head(bytes));
  must(!parse_response_head(head, false, response));
  bytes.remove_prefix(scanner.consumed());
  const bool to_head = bytes.empty() || bytes.starts_with("HTTP/1.1 ");
  if (response.framing.kind == Framing::Kind::length && !to_head) {
    must(response.framing.length <= bytes.size());
    bytes.remove_prefix(static_cast<std::size_t>(response.framing.length));
  }
  if (response.framing.kind == Framing::Kind::until_close) bytes = {};
  if (response.framing.kind == Framing::Kind::chunked && !to_head) {
    ChunkedDecoder decoder;
    while (!bytes.empty() && !decoder.done()) {
      bytes.remove_prefix(decoder.decode(bytes).consumed);
      must(!decoder.refused());
    }
  }
  if (!response.keep_alive) must(bytes.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = run_virtual(converse(bytes, SIZE_MAX));
  const std::string in_pieces = run_virtual(converse(bytes, std::size_t{1} + data[0] % 32));
  must(whole.empty() == in_pieces.empty());
  for (const std::string_view responses : {std::string_view(whole), std::string_view(in_pieces)}) {
    std::string_view rest = responses;
    while (!rest.empty()) check_response(rest);
  }
  return 0;
}
