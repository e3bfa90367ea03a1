// What a service may choose about its pages: fields, error pages, types, codings, listings.
#include "sundog/io/http/file_options.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/embedded_files.hpp"
#include "sundog/io/http/file_parameters.hpp"
#include "sundog/io/http/serve.hpp"
#include "sundog/io/http/serve_files.hpp"
#include "tests/catch.hpp"
#include "tests/http/memory_flow.hpp"

using namespace sundog;
using namespace sundog::http;

namespace {

constexpr unsigned char page[] = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9'};
constexpr unsigned char gzipped[] = {'g', 'z', 'i', 'p'};
constexpr unsigned char brotli[] = {'b', 'r'};
constexpr std::array<unsigned char, 5000> long_text = [] {
  std::array<unsigned char, 5000> text{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = static_cast<unsigned char>("a text "[i % 7]);
  }
  return text;
}();
constexpr unsigned char sorry[] = {'s', 'o', 'r', 'r', 'y'};
const EmbeddedFile files[] = {
    {"a/index.html", page, Digest::from_hex("aa"), 784111777},
    {"errors/404.html", sorry, Digest::from_hex("44"), 784111777},
    {"index.html", page, Digest::from_hex("11"), 784111777},
    {"long.png", long_text, Digest::from_hex("0f"), 784111777},
    {"long.txt", long_text, Digest::from_hex("10"), 784111777},
    {"style.css", page, Digest::from_hex("5e"), 784111777},
    {"style.css.br", brotli, Digest::from_hex("b1"), 784111777},
    {"style.css.gz", gzipped, Digest::from_hex("92"), 784111777},
    {"x.odd", page, Digest::from_hex("77"), 784111777},
};

// The files, with folders that can be listed.
class Store {
 public:
  using Entry = EmbeddedFiles::Entry;
  auto get(std::string_view key) { return files_.get(key); }
  Task<std::optional<std::vector<ListedName>>> list_folder(std::string_view key) {
    if (key != "" && key != "odd") co_return std::nullopt;
    std::vector<ListedName> names;
    const auto add = [&](std::string name, bool is_folder, std::uint64_t size) {
      ListedName& added = names.emplace_back();
      added.name = std::move(name);
      added.is_folder = is_folder;
      added.size = size;
    };
    add("<b>&\"'", false, 7);
    add("a ?#%:b", false, 8);
    add("inner", true, 0);
    add("javascript:alert(1)", false, 9);
    add("\xc3\xa4\xff", false, 10);
    co_return names;
  }

 private:
  EmbeddedFiles files_{files};
};
static_assert(ListingStore<Store>);

std::string answer(const FileOptions& options, std::string_view path, std::string_view fields = "",
                   std::string_view method = "GET") {
  Store store;
  const auto test = [&]() -> Task<std::string> {
    auto pair = memory_flow_pair();
    MemoryFlow client = std::move(pair.first);
    const std::string request = std::string(method) + " " + std::string(path) +
                                " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" +
                                std::string(fields) + "\r\n";
    co_await client.write(as_bytes(request));
    const auto handler = [&](auto& exchange) { return serve_files(store, exchange, options); };
    co_await serve(std::move(pair.second), handler);
    co_return client.incoming().bytes;
  };
  return run_virtual(test());
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

FileOptions coded() {
  FileOptions options;
  options.precompressed = true;
  return options;
}

}  // namespace

TEST_CASE("fields are added where their pattern says, the first of a name, and to 304 too") {
  FileOptions options;
  options.fields.emplace_back("/style.css", "Cache-Control", "max-age=1");
  options.fields.emplace_back("*.css", "Cache-Control", "max-age=2");
  options.fields.emplace_back("/a/", "Cache-Control", "max-age=3");
  options.fields.emplace_back("/", "X-Frame-Options", "DENY");
  const std::string css = answer(options, "/style.css");
  CHECK(has(css, "\r\nCache-Control: max-age=1\r\n"));
  CHECK_FALSE(has(css, "max-age=2"));
  CHECK(has(css, "\r\nX-Frame-Options: DENY\r\n"));
  CHECK(has(answer(options, "/a/"), "\r\nCache-Control: max-age=3\r\n"));
  CHECK_FALSE(has(answer(options, "/"), "Cache-Control"));
  const std::string unchanged = answer(options, "/style.css", "If-None-Match: \"5e\"\r\n");
  CHECK(unchanged.starts_with("HTTP/1.1 304 "));
  CHECK(has(unchanged, "\r\nCache-Control: max-age=1\r\n"));
  CHECK_FALSE(has(answer(options, "/missing.css"), "Cache-Control"));
}

TEST_CASE("an error may have a page of its own, and a sentence where that is missing") {
  FileOptions options;
  options.error_pages.emplace_back(Status::not_found, "errors/404.html");
  options.error_pages.emplace_back(Status::method_not_allowed, "errors/405.html");
  const std::string missing = answer(options, "/missing");
  CHECK(missing.starts_with("HTTP/1.1 404 "));
  CHECK(has(missing, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
  CHECK(missing.ends_with("\r\n\r\nsorry"));
  CHECK(answer(options, "/missing", "", "HEAD").ends_with("\r\n\r\n"));
  CHECK(has(answer(options, "/missing", "", "HEAD"), "\r\nContent-Length: 5\r\n"));
  const std::string refused = answer(options, "/", "", "DELETE");
  CHECK(refused.starts_with("HTTP/1.1 405 "));
  CHECK(has(refused, "\r\nAllow: GET, HEAD\r\n"));
  CHECK(refused.ends_with("pages can only be read\n"));
}

TEST_CASE("media types may be added, and replace those that are known") {
  FileOptions options;
  options.types.emplace_back("odd", "text/odd");
  options.types.emplace_back("CSS", "text/other");
  CHECK(has(answer(options, "/x.odd"), "\r\nContent-Type: text/odd\r\n"));
  CHECK(has(answer(options, "/style.css"), "\r\nContent-Type: text/other\r\n"));
  CHECK(has(answer(options, "/a/"), "\r\nContent-Type: text/html; charset=utf-8\r\n"));
}

TEST_CASE("a page that stands beside in a coding goes to who accepts it, as the page that it is") {
  const std::string best = answer(coded(), "/style.css", "Accept-Encoding: gzip, br\r\n");
  CHECK(has(best, "\r\nContent-Encoding: br\r\n"));
  CHECK(has(best, "\r\nVary: Accept-Encoding\r\n"));
  CHECK(has(best, "\r\nETag: \"b1\"\r\n"));
  CHECK(has(best, "\r\nContent-Type: text/css; charset=utf-8\r\n"));
  CHECK(best.ends_with("\r\n\r\nbr"));
  const std::string gzip = answer(coded(), "/style.css", "Accept-Encoding: br;q=0.1, gzip\r\n");
  CHECK(has(gzip, "\r\nContent-Encoding: gzip\r\n"));
  CHECK(has(gzip, "\r\nETag: \"92\"\r\n"));
  CHECK(gzip.ends_with("\r\n\r\ngzip"));
  for (const std::string_view fields :
       {"", "Accept-Encoding: zstd\r\n", "Accept-Encoding: br;q=0, gzip;q=0\r\n",
        "Accept-Encoding: identity, br;q=0.5\r\n"}) {
    const std::string plain = answer(coded(), "/style.css", fields);
    CAPTURE(fields);
    CHECK_FALSE(has(plain, "Content-Encoding"));
    CHECK(has(plain, "\r\nVary: Accept-Encoding\r\n"));
    CHECK(has(plain, "\r\nETag: \"5e\"\r\n"));
    CHECK(plain.ends_with("\r\n\r\n0123456789"));
  }
  // Without the option a file beside is a file like others.
  const std::string off = answer(FileOptions(), "/style.css", "Accept-Encoding: br\r\n");
  CHECK_FALSE(has(off, "Content-Encoding"));
  CHECK_FALSE(has(off, "Vary"));
}

TEST_CASE("conditions and ranges are about the coded bytes") {
  const std::string accept = "Accept-Encoding: gzip\r\n";
  const std::string part = answer(coded(), "/style.css", accept + "Range: bytes=1-2\r\n");
  CHECK(part.starts_with("HTTP/1.1 206 "));
  CHECK(has(part, "\r\nContent-Range: bytes 1-2/4\r\n"));
  CHECK(has(part, "\r\nContent-Encoding: gzip\r\n"));
  CHECK(part.ends_with("\r\n\r\nzi"));
  CHECK(answer(coded(), "/style.css", accept + "If-None-Match: \"92\"\r\n")
            .starts_with("HTTP/1.1 304 "));
  CHECK(answer(coded(), "/style.css", accept + "If-None-Match: \"5e\"\r\n")
            .starts_with("HTTP/1.1 200 "));
  // The part that a client has is of the other coding: it gets all of this one.
  CHECK(answer(coded(), "/style.css", accept + "Range: bytes=1-2\r\nIf-Range: \"5e\"\r\n")
            .starts_with("HTTP/1.1 200 "));
}

TEST_CASE("text may be compressed while it is sent, with a tag of its own that compares as weak") {
  FileOptions options;
  options.compressed_bytes_max = 10'000;
  const std::string accept = "Accept-Encoding: gzip\r\n";
  const std::string packed = answer(options, "/long.txt", accept);
  CHECK(packed.starts_with("HTTP/1.1 200 "));
  CHECK(has(packed, "\r\nContent-Encoding: gzip\r\n"));
  CHECK(has(packed, "\r\nTransfer-Encoding: chunked\r\n"));
  CHECK(has(packed, "\r\nVary: Accept-Encoding\r\n"));
  CHECK(has(packed, "\r\nETag: W/\"10-gzip\"\r\n"));
  CHECK_FALSE(has(packed, "Accept-Ranges"));
  CHECK(packed.size() < 600);
  CHECK(answer(options, "/long.txt", accept, "HEAD").ends_with("\r\n\r\n"));
  CHECK(answer(options, "/long.txt", accept + "If-None-Match: W/\"10-gzip\"\r\n")
            .starts_with("HTTP/1.1 304 "));
  CHECK(answer(options, "/long.txt", accept + "If-None-Match: \"10\"\r\n")
            .starts_with("HTTP/1.1 200 "));
  // A part of bytes that are made anew each time is nothing that fits to another part.
  CHECK(answer(options, "/long.txt", accept + "Range: bytes=0-5\r\n").starts_with("HTTP/1.1 200 "));
  for (const std::string_view plain :
       {"", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip;q=0\r\n",
        "Accept-Encoding: identity, gzip;q=0.5\r\n"}) {
    CAPTURE(plain);
    const std::string whole = answer(options, "/long.txt", plain);
    CHECK_FALSE(has(whole, "Content-Encoding"));
    CHECK(has(whole, "\r\nVary: Accept-Encoding\r\n"));
    CHECK(has(whole, "\r\nETag: \"10\"\r\n"));
  }
  // Too small, no text, too large, not wanted.
  CHECK_FALSE(has(answer(options, "/style.css", accept), "Content-Encoding"));
  CHECK_FALSE(has(answer(options, "/long.png", accept), "Content-Encoding"));
  options.compressed_bytes_max = 1000;
  CHECK_FALSE(has(answer(options, "/long.txt", accept), "Content-Encoding"));
  CHECK_FALSE(has(answer(FileOptions(), "/long.txt", accept), "Content-Encoding"));
}

TEST_CASE("a folder without an index is listed where that is wanted, whatever its names hold") {
  FileOptions options;
  options.listings = true;
  const std::string listing = answer(options, "/odd/");
  CHECK(listing.starts_with("HTTP/1.1 200 "));
  CHECK(has(listing, "<a href=\"%3Cb%3E%26%22%27\">&lt;b&gt;&amp;&quot;&#39;</a> 7 bytes"));
  CHECK(has(listing, "<a href=\"a%20%3F%23%25%3Ab\">a ?#%:b</a>"));
  CHECK(has(listing, "<a href=\"inner/\">inner/</a></li>"));
  CHECK(has(listing, "<a href=\"javascript%3Aalert%281%29\">"));
  CHECK(has(listing, "<a href=\"%C3%A4%FF\">"));
  CHECK(has(listing, "<a href=\"../\">"));
  CHECK(listing.find("inner/") < listing.find("&lt;b"));
  const std::string moved = answer(options, "/odd?q");
  CHECK(moved.starts_with("HTTP/1.1 301 "));
  CHECK(has(moved, "\r\nLocation: /odd/?q\r\n"));
  CHECK(answer(options, "/none/").starts_with("HTTP/1.1 404 "));
  CHECK(answer(FileOptions(), "/odd/").starts_with("HTTP/1.1 404 "));
  // One with an index is that.
  CHECK(answer(options, "/").ends_with("\r\n\r\n0123456789"));
}

TEST_CASE("what is chosen can be told as parameters, and is understood or refused as a whole") {
  const auto fields =
      ParameterType<PathFields>::parse("/a/ Cache-Control: public, max-age=5|  *.js X-A:b");
  REQUIRE(fields);
  REQUIRE(fields->all.size() == 2);
  CHECK(fields->all[0].pattern == "/a/");
  CHECK(fields->all[0].name == "Cache-Control");
  CHECK(fields->all[0].value == "public, max-age=5");
  CHECK(fields->all[1].value == "b");
  CHECK(ParameterType<PathFields>::print(*fields) ==
        "/a/ Cache-Control: public, max-age=5 | *.js X-A: b");
  for (const std::string_view wrong :
       {"/a/", "/a/ X", "a X: y", "/a/ X Y: z", "/ X: a\r\nSet-Cookie: b", "/ X: y|",
        "/ Content-Length: 5", "/ etag: \"x\"", "/ : y"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParameterType<PathFields>::parse(wrong));
  }
  const auto pages = ParameterType<ErrorPages>::parse("404=missing.html, 500=e/5.html");
  REQUIRE(pages);
  CHECK(ParameterType<ErrorPages>::print(*pages) == "404=missing.html,500=e/5.html");
  for (const std::string_view wrong : {"404", "404=", "=a", "200=a", "404=/a", "404=../a", "x=a"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParameterType<ErrorPages>::parse(wrong));
  }
  const auto types = ParameterType<MediaTypes>::parse(".a=text/a; charset=utf-8,b=x/b");
  REQUIRE(types);
  CHECK(ParameterType<MediaTypes>::print(*types) == "a=text/a; charset=utf-8,b=x/b");
  for (const std::string_view wrong : {"a", "a=b", "=x/y", "a b=x/y", "a=x/\r\ny"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParameterType<MediaTypes>::parse(wrong));
  }
}
