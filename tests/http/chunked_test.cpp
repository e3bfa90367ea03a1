// The chunked coding, whole and cut everywhere.
#include "sundog/io/http/chunked.hpp"

#include <string>

#include "tests/catch.hpp"

using namespace sundog::http;

namespace {

struct Decoded {
  std::string content;
  std::string outcome;  // "done", "incomplete", or a status
  std::size_t consumed = 0;
  bool operator==(const Decoded&) const = default;
};

// Decodes pieces that end at multiples of `step` bytes.
Decoded decode(std::string_view bytes, std::size_t step) {
  ChunkedDecoder decoder;
  Decoded decoded;
  for (std::size_t end = std::min(step, bytes.size());; end = std::min(end + step, bytes.size())) {
    while (decoded.consumed < end && !decoder.done() && !decoder.refused()) {
      const auto part = decoder.decode(bytes.substr(decoded.consumed, end - decoded.consumed));
      decoded.content += part.content;
      decoded.consumed += part.consumed;
    }
    if (end == bytes.size() || decoder.done() || decoder.refused()) break;
  }
  decoded.outcome = decoder.done()      ? "done"
                    : decoder.refused() ? std::to_string(code_of(decoder.refusal().status))
                                        : "incomplete";
  return decoded;
}

std::string many_extensions() {
  std::string bytes;
  for (std::size_t sum = 0; sum <= chunk_extension_bytes_max; sum += 200) {
    bytes += "1;" + std::string(200, 'a') + "\r\nx\r\n";
  }
  return bytes;
}

struct ChunkedCase {
  const char* section;
  const char* sentence;
  std::string bytes;
  std::string outcome;
  std::string content;
};

const ChunkedCase cases[] = {
    {"7.1", "no chunk but the last is no content", "0\r\n\r\n", "done", ""},
    {"7.1", "chunks are joined", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "done", "hello world"},
    {"7.1", "sizes are hexadecimal in either case",
     "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "done", "01234567890123456789"},
    {"7.1", "sizes may have zeros before them", "0005\r\nhello\r\n000\r\n\r\n", "done", "hello"},
    {"7.1", "content may contain line ends", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "done", "\r\n\r\n"},
    {"7.1", "what follows the last chunk is left alone", "0\r\n\r\nGET / HTTP/1.1\r\n", "done", ""},
    {"7.1", "a missing size is refused", "\r\nhello\r\n", "400", ""},
    {"7.1", "a size that is no number is refused", "x\r\n", "400", ""},
    {"7.1", "a size with 0x before it is refused", "0x5\r\nhello\r\n0\r\n\r\n", "400", ""},
    {"7.1", "a negative size is refused", "-5\r\nhello\r\n", "400", ""},
    {"7.1", "a signed size is refused", "+5\r\nhello\r\n", "400", ""},
    {"7.1", "a space before a size is refused", " 5\r\nhello\r\n", "400", ""},
    {"7.1", "a space behind a size is refused", "5 \r\nhello\r\n", "400", ""},
    {"7.1", "a size of 16 digits that would overflow is refused", "fffffffffffffffff\r\n", "400",
     ""},
    {"7.1", "a size that wraps to a small one is refused", "10000000000000005\r\nhello", "400", ""},
    {"7.1", "an endless size is refused", std::string(chunk_line_bytes_max + 1, '0'), "400", ""},
    {"7.1", "a size line that ends in LF is refused", "5\nhello\r\n0\r\n\r\n", "400", ""},
    {"7.1", "a size line with a bare CR is refused", "5\rhello\r\n0\r\n\r\n", "400", ""},
    {"7.1", "a chunk longer than its size is refused", "5\r\nhello!\r\n0\r\n\r\n", "400", "hello"},
    {"7.1", "a chunk that ends in LF is refused", "5\r\nhello\n0\r\n\r\n", "400", "hello"},
    {"7.1", "a chunk that ends in CR alone is refused", "5\r\nhello\r0\r\n\r\n", "400", "hello"},
    {"7.1", "a last chunk without its empty line waits for it", "0\r\n", "incomplete", ""},
    {"7.1", "a last empty line that is LF alone is refused", "0\r\n\n", "400", ""},
    {"7.1.1", "extensions are skipped", "5;a=b;c\r\nhello\r\n0;d=\"e\"\r\n\r\n", "done", "hello"},
    {"7.1.1", "white space before an extension is skipped", "5 ; a = b\r\nhello\r\n0\r\n\r\n",
     "done", "hello"},
    {"7.1.1", "an extension with LF is refused", "5;a\nb\r\nhello\r\n0\r\n\r\n", "400", ""},
    {"7.1.1", "an extension with a bare CR is refused", "5;a\rb\r\nhello\r\n0\r\n\r\n", "400", ""},
    {"7.1.1", "an extension with NUL is refused", std::string("5;a\0b\r\n", 7), "400", ""},
    {"7.1.1", "an extension without semicolon is refused", "5 a\r\nhello\r\n0\r\n\r\n", "400", ""},
    {"7.1.1", "an extension longer than a line is refused",
     "5;" + std::string(chunk_line_bytes_max, 'a'), "400", ""},
    {"7.1.1", "endless extensions are refused", many_extensions(), "400", ""},
    {"7.1.2", "trailers are skipped", "0\r\nA: b\r\nC:d\r\n\r\n", "done", ""},
    {"7.1.2", "a trailer without a colon is refused", "0\r\nA\r\n\r\n", "400", ""},
    {"7.1.2", "a trailer without a name is refused", "0\r\n: a\r\n\r\n", "400", ""},
    {"7.1.2", "a trailer with a space before its colon is refused", "0\r\nA : b\r\n\r\n", "400",
     ""},
    {"7.1.2", "a folded trailer is refused", "0\r\nA: b\r\n c\r\n\r\n", "400", ""},
    {"7.1.2", "a trailer that ends in LF is refused", "0\r\nA: b\n\r\n", "400", ""},
    {"7.1.2", "trailers longer than allowed are refused",
     "0\r\nA: " + std::string(trailer_bytes_max, 'a'), "431", ""},
};

}  // namespace

TEST_CASE("chunked content is judged as RFC 9112 section 7 says, however it is cut") {
  for (const ChunkedCase& test : cases) {
    DYNAMIC_SECTION(test.section << ": " << test.sentence) {
      const Decoded whole = decode(test.bytes, test.bytes.size());
      CHECK(whole.outcome == test.outcome);
      if (test.bytes.size() < 1000) CHECK(whole.content == test.content);
      for (std::size_t step = 1; step < std::min<std::size_t>(test.bytes.size(), 300); ++step) {
        if (!(decode(test.bytes, step) == whole)) FAIL_CHECK("differs in pieces of " << step);
      }
    }
  }
}

TEST_CASE("chunked content that is cut short is incomplete, never done") {
  const std::string_view bytes = "5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    CHECK(decode(bytes.substr(0, cut), cut + 1).outcome == "incomplete");
  CHECK(decode(bytes, bytes.size()).outcome == "done");
}

TEST_CASE("a chunk's head is its size in hexadecimal") {
  std::array<char, 18> space;
  CHECK(chunk_head(1, space) == "1\r\n");
  CHECK(chunk_head(4096, space) == "1000\r\n");
  CHECK(chunk_head(SIZE_MAX, space) == "ffffffffffffffff\r\n");
}

TEST_CASE("blanks behind a chunk's size are skipped where the reader forgives them") {
  ChunkedDecoder decoder(ChunkedDecoder::Blanks::skipped);
  std::string input = "5 \t\r\nhello\r\n0  \r\n\r\n", content;
  while (!input.empty() && !decoder.refused()) {
    const auto step = decoder.decode(input);
    content += step.content;
    input.erase(0, step.consumed);
  }
  CHECK(decoder.done());
  CHECK(content == "hello");
}

TEST_CASE("what stands between blanks and the line end is still refused") {
  ChunkedDecoder decoder(ChunkedDecoder::Blanks::skipped);
  decoder.decode("5 5\r\n");
  CHECK(decoder.refused());
}
