// A site served from memory: conditions, ranges, folders, and what must not be found.
#include "sundog/io/http/serve_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <system_error>

#include "sundog/io/embedded_files.hpp"
#include "sundog/io/http/serve.hpp"
#include "tests/catch.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/http/memory_flow.hpp"

using namespace sundog;
using namespace sundog::http;

namespace {

constexpr unsigned char page[] = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9'};
const EmbeddedFile files[] = {
    {"a/index.html", page, Digest::from_hex("aa"), 784111777},
    {"index.html", page, Digest::from_hex("11"), 784111777},
    {"style.css", page, Digest::from_hex("5e"), 784111777},
};
const EmbeddedFiles store(files);

// Has one entry, whose contents are not in memory: read a few bytes at a time, of as many as there
// are, which may be fewer than its size promises.
class DistantStore {
 public:
  explicit DistantStore(std::uint64_t there) : there_(there) {}

  class Entry {
   public:
    explicit Entry(std::uint64_t there) : there_(there) {}
    std::uint64_t size() const { return size_promised; }
    std::optional<Bytes> resident() const { return std::nullopt; }
    Task<std::size_t> read(std::uint64_t offset, MutableBytes buffer) const {
      co_await yield();
      std::size_t count = 0;
      for (; count < std::min<std::size_t>(buffer.size(), 777) && offset + count < there_;
           ++count) {
        buffer[count] = byte_at(offset + count);
      }
      co_return count;
    }
    const Digest& digest() const { return unknown_; }
    std::int64_t last_modified_s() const { return 784111777; }

   private:
    std::uint64_t there_;
    Digest unknown_;
  };

  static constexpr std::uint64_t size_promised = 200'000;
  static std::byte byte_at(std::uint64_t place) {
    return static_cast<std::byte>('a' + (place * 31 + place / 251) % 26);
  }
  static std::string text(std::uint64_t first, std::uint64_t length) {
    std::string all;
    for (std::uint64_t i = 0; i < length; ++i) all += static_cast<char>(byte_at(first + i));
    return all;
  }

  Task<std::optional<Entry>> get(std::string_view key) {
    if (key == "far") co_return Entry(there_);
    co_return std::nullopt;
  }

 private:
  std::uint64_t there_;
};
static_assert(KeyValue<DistantStore>);

// What one request is answered.
template <class Store>
std::string answer_from(Store& from, std::string_view method, std::string_view path,
                        std::string_view fields, ServerOptions options = {}) {
  const auto test = [&from, &options](std::string request) -> Task<std::string> {
    auto pair = memory_flow_pair();
    MemoryFlow client = std::move(pair.first);
    co_await client.write(as_bytes(request));
    co_await client.shutdown();
    const auto handler = [&from](auto& exchange) { return serve_files(from, exchange); };
    co_await serve(std::move(pair.second), handler, options);
    co_return client.incoming().bytes;
  };
  std::string request(method);
  ((request += ' ') += path) += " HTTP/1.1\r\nHost: h\r\n";
  (request += fields) += "\r\n";
  return run_virtual(test(request));
}

std::string answer(std::string_view method, std::string_view path, std::string_view fields = "") {
  return answer_from(store, method, path, fields);
}

std::string status(std::string_view method, std::string_view path, std::string_view fields = "") {
  return answer(method, path, fields).substr(9, 3);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

const std::string validators = "ETag: \"5e\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

}  // namespace

TEST_CASE("a page is sent with its type, tag and date") {
  CHECK(answer("GET", "/style.css") ==
        "HTTP/1.1 200 OK\r\n" + validators +
            "Content-Type: text/css; charset=utf-8\r\nAccept-Ranges: bytes\r\n"
            "Content-Length: 10\r\n\r\n0123456789");
}

TEST_CASE("HEAD gives the same head as GET and no content") {
  const std::string whole = answer("GET", "/style.css");
  CHECK(answer("HEAD", "/style.css") == whole.substr(0, whole.find("\r\n\r\n") + 4));
}

TEST_CASE("a folder is its index page, with its slash") {
  CHECK(contains(answer("GET", "/"), "ETag: \"11\""));
  CHECK(contains(answer("GET", "/?query"), "ETag: \"11\""));
  CHECK(contains(answer("GET", "/a/"), "ETag: \"aa\""));
  CHECK(contains(answer("GET", "/a/"), "Content-Type: text/html; charset=utf-8"));
}

TEST_CASE("a folder without its slash is redirected to it, query and encoding kept") {
  CHECK(contains(answer("GET", "/a"), "301 Moved Permanently\r\nLocation: /a/\r\n"));
  CHECK(contains(answer("GET", "/%61?b=c"), "Location: /%61/?b=c\r\n"));
}

TEST_CASE("a path with dot segments or several slashes is the page that it leads to") {
  for (const char* path : {"//", "/.", "/a/..", "//index.html", "/x/../index.html", "/a/../"}) {
    CAPTURE(path);
    CHECK(contains(answer("GET", path), "ETag: \"11\""));
  }
  // Never to another server: "//a/" would be one called "a".
  CHECK(contains(answer("GET", "//a"), "301 Moved Permanently\r\nLocation: /a/\r\n"));
  CHECK(contains(answer("GET", "/%2fa?q"), "Location: /a/?q\r\n"));
}

TEST_CASE("what is not there is not found") {
  for (const char* path : {"/b", "/a/b", "/b/", "/index.html/", "/style.css/", "/a/index",
                           "/.hidden", "/a%5cindex.html"}) {
    CAPTURE(path);
    CHECK(status("GET", path) == "404");
  }
}

TEST_CASE("a path out of the site is refused") {
  for (const char* path : {"/../a", "/a/%2e%2e/../index.html", "/..%2f", "/%00"}) {
    CAPTURE(path);
    CHECK(status("GET", path) == "400");
  }
}

TEST_CASE("a page can only be read") {
  CHECK(status("DELETE", "/index.html") == "405");
  CHECK(contains(answer("PUT", "/index.html", "Content-Length: 0\r\n"), "Allow: GET, HEAD\r\n"));
  CHECK(status("OPTIONS", "*") == "405");
}

TEST_CASE("a page that the client has is not sent again") {
  const std::string not_modified = "HTTP/1.1 304 Not Modified\r\n" + validators + "\r\n";
  CHECK(answer("GET", "/style.css", "If-None-Match: \"x\", W/\"5e\"\r\n") == not_modified);
  CHECK(answer("HEAD", "/style.css", "If-None-Match: *\r\n") == not_modified);
  CHECK(answer("GET", "/style.css", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n") ==
        not_modified);
  CHECK(status("GET", "/style.css", "If-None-Match: \"x\"\r\n") == "200");
  CHECK(status("GET", "/style.css", "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n") ==
        "200");
}

TEST_CASE("a page that the client does not mean is not sent") {
  CHECK(status("GET", "/style.css", "If-Match: \"x\"\r\n") == "412");
  CHECK(status("GET", "/style.css", "If-Match: \"5e\"\r\n") == "200");
  CHECK(status("GET", "/style.css", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n") ==
        "412");
}

TEST_CASE("a range of a page is sent") {
  CHECK(answer("GET", "/style.css", "Range: bytes=2-4\r\n") ==
        "HTTP/1.1 206 Partial Content\r\n" + validators +
            "Content-Type: text/css; charset=utf-8\r\nAccept-Ranges: bytes\r\nContent-Range: bytes "
            "2-4/10\r\n"
            "Content-Length: 3\r\n\r\n234");
  CHECK(answer("GET", "/style.css", "Range: bytes=-3\r\n").ends_with("\r\n\r\n789"));
  CHECK(answer("GET", "/style.css", "Range: bytes=0-1, 2-3\r\n").ends_with("\r\n\r\n0123"));
}

TEST_CASE("a range beyond the page cannot be satisfied") {
  const std::string bytes = answer("GET", "/style.css", "Range: bytes=10-\r\n");
  CHECK(bytes ==
        "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */10\r\nContent-Length: "
        "0\r\n\r\n");
}

TEST_CASE("a range is ignored where it does not apply") {
  CHECK(status("HEAD", "/style.css", "Range: bytes=2-4\r\n") == "200");
  CHECK(status("GET", "/style.css", "Range: lines=2-4\r\n") == "200");
  CHECK(status("GET", "/style.css", "Range: bytes=0-1\r\nRange: bytes=2-3\r\n") == "200");
  CHECK(status("GET", "/style.css", "Range: bytes=2-4\r\nIf-Range: \"x\"\r\n") == "200");
  CHECK(status("GET", "/style.css", "Range: bytes=2-4\r\nIf-Range: \"5e\"\r\n") == "206");
  CHECK(status("GET", "/style.css", "Range: bytes=2-4\r\nIf-None-Match: \"5e\"\r\n") == "304");
}

TEST_CASE("content that comes with a request for a page is ignored") {
  CHECK(status("GET", "/style.css", "Content-Length: 0\r\n") == "200");
}

TEST_CASE("contents that are not in memory are sent whole, and without a tag where none is known") {
  DistantStore distant(DistantStore::size_promised);
  const std::string whole = answer_from(distant, "GET", "/far", "");
  const std::string head =
      "HTTP/1.1 200 OK\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "Content-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\n"
      "Content-Length: 200000\r\n\r\n";
  CHECK(whole.substr(0, head.size()) == head);
  CHECK(whole.substr(head.size()) == DistantStore::text(0, DistantStore::size_promised));
  CHECK(answer_from(distant, "HEAD", "/far", "") == head);
}

TEST_CASE("of contents that are not in memory a range is read, and no more") {
  // Nothing is there beyond: reading it would end the connection early.
  DistantStore distant(150'000);
  const std::string part = answer_from(distant, "GET", "/far", "Range: bytes=100000-149999\r\n");
  CHECK(contains(part, "206 Partial Content"));
  CHECK(contains(part, "Content-Range: bytes 100000-149999/200000\r\nContent-Length: 50000\r\n"));
  CHECK(part.ends_with("\r\n\r\n" + DistantStore::text(100'000, 50'000)));
  CHECK(contains(answer_from(distant, "GET", "/far", "Range: bytes=200000-\r\n"), "416 Range"));
}

TEST_CASE("contents that end before their size end the connection, not in other bytes") {
  DistantStore distant(150'000);
  const std::string cut = answer_from(distant, "GET", "/far", "");
  CHECK(contains(cut, "Content-Length: 200000\r\n"));
  CHECK(cut.ends_with("\r\n\r\n" + DistantStore::text(0, 150'000)));
}

TEST_CASE("contents of which nothing can be read are a failure of the server, told as one") {
  DistantStore nothing(0);
  CHECK(contains(answer_from(nothing, "GET", "/far", ""), "HTTP/1.1 500 "));
}

TEST_CASE("what the store may not read is forbidden, and the connection goes on") {
  class Locked {
   public:
    using Entry = EmbeddedFile;
    Task<std::optional<Entry>> get(std::string_view key) {
      if (key.starts_with("locked")) {
        throw std::system_error(EACCES, std::generic_category(), "cannot read it");
      }
      if (key == "open") co_return files[0];
      co_return std::nullopt;
    }
  };
  Locked locked;
  for (const char* path : {"/locked", "/locked/", "/locked/file"}) {
    const std::string forbidden = answer_from(locked, "GET", path, "");
    CHECK(contains(forbidden, "HTTP/1.1 403 Forbidden\r\n"));
    CHECK_FALSE(contains(forbidden, "Connection: close"));
  }
  CHECK(contains(answer_from(locked, "GET", "/open", ""), "200 OK"));
  CHECK(contains(answer_from(locked, "GET", "/other", ""), "404 Not Found"));
}

TEST_CASE("no date of a change is given that lies ahead, nor one whose second is not over") {
  const auto at = [](std::int64_t now_s, std::string_view fields) {
    ServerOptions options;
    options.wall_clock_s = [now_s] { return now_s; };
    return answer_from(store, "GET", "/style.css", fields, options);
  };
  constexpr std::int64_t changed_s = 784111777;
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  const std::string since = "If-Modified-Since: " + date;
  CHECK(contains(at(changed_s + 1, ""), "Last-Modified: " + date));
  CHECK(contains(at(changed_s + 1, since), "304 Not Modified"));
  // Within its second another change may follow that has the same date.
  CHECK_FALSE(contains(at(changed_s, ""), "Last-Modified"));
  CHECK(contains(at(changed_s, since), "200 OK"));
  CHECK(contains(at(changed_s, "Range: bytes=1-2\r\nIf-Range: " + date), "200 OK"));
  CHECK(contains(at(changed_s - 60, ""), "Last-Modified: Sun, 06 Nov 1994 08:48:37 GMT\r\n"));
  CHECK(contains(at(changed_s - 60, since), "200 OK"));
}

TEST_CASE("much that is in memory is sent in pieces, and others have their turns between them") {
  const std::string text(std::size_t{10} << 16, 'x');
  const EmbeddedFile large(
      "large", std::span(reinterpret_cast<const unsigned char*>(text.data()), text.size()),
      Digest(), 0);
  EmbeddedFiles in_memory(std::span(&large, 1));
  const auto test = [&]() -> Task<int> {
    auto pair = memory_flow_pair();
    MemoryFlow client = std::move(pair.first);
    co_await client.write(as_bytes("GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    int turns = 0;
    bool served = false;
    const auto others = [&]() -> Task<void> {
      while (!served) {
        ++turns;
        co_await yield();
      }
    };
    const auto serving = [&]() -> Task<void> {
      const auto handler = [&](auto& exchange) { return serve_files(in_memory, exchange); };
      co_await serve(std::move(pair.second), handler);
      served = true;
    };
    co_await (serving() && others());
    CHECK(client.incoming().bytes.ends_with("\r\n\r\n" + text));
    co_return turns;
  };
  CHECK(run_virtual(test()) >= 10);
}
