// Chunked content cut into any pieces decodes to the same content and ends at the same byte. What
// is decoded, encoded again and decoded again, is the same.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sundog/io/http/chunked.hpp"

using namespace sundog::http;

namespace {

struct Decoded {
  std::string content;
  std::size_t consumed = 0;
  bool done = false;
  bool refused = false;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view bytes, std::size_t piece) {
  ChunkedDecoder decoder;
  Decoded decoded;
  while (decoded.consumed < bytes.size() && !decoder.done() && !decoder.refused()) {
    const auto step = decoder.decode(bytes.substr(decoded.consumed, piece));
    if (step.consumed == 0 || step.content.size() > step.consumed) std::abort();
    decoded.content += step.content;
    decoded.consumed += step.consumed;
  }
  decoded.done = decoder.done();
  decoded.refused = decoder.refused();
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Decoded whole = decode(bytes, bytes.size());
  for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL}) {
    if (!(decode(bytes, piece) == whole)) std::abort();
  }
  if (!whole.done) return 0;
  std::string encoded;
  if (!whole.content.empty()) {
    std::array<char, 18> space;
    encoded += chunk_head(whole.content.size(), space);
    encoded += whole.content;
    encoded += chunk_end;
  }
  encoded += last_chunk;
  const Decoded again = decode(encoded, encoded.size());
  if (!again.done || again.content != whole.content || again.consumed != encoded.size())
    std::abort();
  return 0;
}
