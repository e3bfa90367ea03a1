// The client, against servers played from a script.
#include "sundog/io/http/fetch.hpp"

#include <map>
#include <string>

#include "sundog/io/http/serve.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/catch.hpp"
#include "tests/http/memory_flow.hpp"

using namespace sundog;
using namespace sundog::http;
using namespace std::chrono_literals;

namespace {

// What servers answer, by "host:port", and what they were asked.
struct Servers {
  std::map<std::string, std::string> responses;
  std::string requests;
  std::size_t piece_max = SIZE_MAX;
  bool hang = false;  // do not close behind the response
};

// One server, for one connection: reads a head, sends its response, closes.
Task<void> play(Servers& servers, MemoryFlow flow, std::string response) {
  flow.outgoing().piece_max = servers.piece_max;
  std::string request;
  std::array<std::byte, 4096> part;
  while (request.find("\r\n\r\n") == request.npos) {
    const std::size_t count = co_await flow.read(part);
    if (count == 0) co_return;
    request.append(reinterpret_cast<const char*>(part.data()), count);
  }
  servers.requests += request;
  co_await flow.write(as_bytes(response));
  if (servers.hang) co_await sleep(1h);
}

Response fetch_from(Servers& servers, std::string url, FetchOptions options = {}) {
  const auto test = [](Servers& all, std::string text, FetchOptions chosen) -> Task<Response> {
    std::optional<Response> response;
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto connect = [&](std::string host, std::uint16_t port) -> Task<MemoryFlow> {
        const auto place = all.responses.find(host + ':' + std::to_string(port));
        if (place == all.responses.end())
          throw std::system_error(std::make_error_code(std::errc::connection_refused));
        auto pair = memory_flow_pair();
        tasks.spawn(play(all, std::move(pair.second), place->second));
        co_return std::move(pair.first);
      };
      response = co_await fetch(connect, text, chosen);
      tasks.cancel_tasks();
    };
    co_await scope(body);
    co_return std::move(*response);
  };
  return run_virtual(test(servers, std::move(url), std::move(options)));
}

// Against one server; the response's bytes.
Response fetch_response(const std::string& bytes, FetchOptions options = {}) {
  Servers servers;
  servers.responses["a:80"] = bytes;
  return fetch_from(servers, "http://a/", std::move(options));
}

std::error_code error_of(const std::string& bytes, FetchOptions options = {}) {
  try {
    fetch_response(bytes, std::move(options));
  } catch (const std::system_error& error) {
    return error.code();
  }
  return {};
}

const std::string ok = "HTTP/1.1 200 OK\r\n";

}  // namespace

TEST_CASE("a request names what it wants, and that it wants nothing more") {
  Servers servers;
  servers.responses["example.org:8080"] = ok + "Content-Length: 2\r\nX-Y: z\r\n\r\nhi";
  const Response response = fetch_from(servers, "http://example.org:8080/a?b#c");
  CHECK(servers.requests ==
        "GET /a?b HTTP/1.1\r\nHost: example.org:8080\r\nConnection: close\r\n\r\n");
  CHECK(response.status == Status::ok);
  CHECK(response.reason == "OK");
  CHECK(response.field("x-y") == "z");
  CHECK(response.field("other") == "");
  CHECK(response.content == "hi");
}

TEST_CASE("content ends by its length, its last chunk, or with the connection") {
  CHECK(fetch_response(ok + "Content-Length: 2\r\n\r\nhi and more").content == "hi");
  CHECK(fetch_response(ok + "Content-Length: 0\r\n\r\n").content.empty());
  CHECK(fetch_response(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n6\r\n there\r\n0\r\n\r\n")
            .content == "hi there");
  CHECK(fetch_response(ok + "\r\nhi until the end").content == "hi until the end");
  CHECK(fetch_response("HTTP/1.0 200 OK\r\n\r\nold").content == "old");
  CHECK(fetch_response("HTTP/1.1 204 No Content\r\n\r\n").content.empty());
}

TEST_CASE("a response is the same however it is cut") {
  const std::string bytes =
      "HTTP/1.1 100 Continue\r\n\r\n" + ok +
      "Transfer-Encoding: chunked\r\n\r\n2;x\r\nhi\r\n6\r\n there\r\n0\r\nT: v\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    Servers servers;
    servers.responses["a:80"] = bytes;
    servers.piece_max = piece;
    if (fetch_from(servers, "http://a/").content != "hi there")
      FAIL_CHECK("in pieces of " << piece);
  }
}

TEST_CASE("a response cut short at any byte is an error, never a shorter response") {
  for (const std::string& bytes :
       {ok + "Content-Length: 8\r\n\r\nhi there",
        ok + "Transfer-Encoding: chunked\r\n\r\n8\r\nhi there\r\n0\r\n\r\n"}) {
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      if (error_of(bytes.substr(0, cut)) != FetchError::response_cut_short)
        FAIL_CHECK("cut at " << cut << " of " << bytes);
    }
  }
}

TEST_CASE("interim responses are skipped, but not without end") {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  CHECK(fetch_response(interim + interim + ok + "Content-Length: 2\r\n\r\nhi").content == "hi");
  std::string endless;
  for (std::size_t i = 0; i <= interim_response_count_max; ++i) endless += interim;
  CHECK(error_of(endless + ok + "\r\n") == FetchError::malformed_response);
  CHECK(error_of("HTTP/1.1 101 Switching\r\n\r\n") == FetchError::malformed_response);
}

TEST_CASE("malformed responses are errors") {
  for (const std::string& bytes :
       {std::string("hello\r\n\r\n"), std::string("HTTP/1.1 2x0 OK\r\n\r\n"),
        ok + "Content-Length: x\r\n\r\n", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        ok + "Transfer-Encoding: gzip\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\nx\r\n",
        ok + "A: " + std::string(300'000, 'a'), ok + "A : b\r\n\r\n"}) {
    CAPTURE(bytes.substr(0, 80));
    CHECK(error_of(bytes) == FetchError::malformed_response);
  }
}

TEST_CASE("a response beyond the limit is an error") {
  FetchOptions options;
  options.response_body_bytes_max = 3;
  CHECK(error_of(ok + "Content-Length: 3\r\n\r\nabc", options) == std::error_code());
  CHECK(error_of(ok + "Content-Length: 4\r\n\r\nabcd", options) == FetchError::response_too_large);
  CHECK(error_of(ok + "\r\nabcd", options) == FetchError::response_too_large);
  CHECK(error_of(ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n", options) ==
        FetchError::response_too_large);
}

TEST_CASE("a server that does not answer in time is an error") {
  Servers servers;
  servers.responses["a:80"] = ok + "Content-Length: 8\r\n\r\nhi";
  servers.hang = true;
  FetchOptions options;
  options.timeout = 5s;
  try {
    fetch_from(servers, "http://a/", options);
    FAIL("no error");
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::timed_out);
  }
}

TEST_CASE("a response of known length does not wait for the server to hang up") {
  Servers servers;
  servers.responses["a:80"] = ok + "Content-Length: 2\r\n\r\nhi";
  servers.hang = true;
  CHECK(fetch_from(servers, "http://a/").content == "hi");
}

TEST_CASE("redirects are followed, relative and to other hosts") {
  Servers servers;
  servers.responses["a:80"] = "HTTP/1.1 301 Moved\r\nLocation: http://b:81/x/y\r\n\r\n";
  servers.responses["b:81"] = "HTTP/1.1 302 Found\r\nLocation: //c/z/\r\n\r\n";
  servers.responses["c:80"] = ok + "Content-Length: 2\r\n\r\nhi";
  FetchOptions options;
  options.fields = {{"Authorization", "secret"}, {"X", "y"}};
  const Response response = fetch_from(servers, "http://a/", options);
  CHECK(response.content == "hi");
  CHECK(response.url.host == "c");
  CHECK(response.url.target == "/z/");
  CHECK(servers.requests ==
        "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: secret\r\nX: y\r\nConnection: close\r\n\r\n"
        "GET /x/y HTTP/1.1\r\nHost: b:81\r\nX: y\r\nConnection: close\r\n\r\n"
        "GET /z/ HTTP/1.1\r\nHost: c\r\nX: y\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a redirected POST becomes GET, or stays POST where the status says so") {
  const auto asked_second = [](const char* status) {
    Servers servers;
    servers.responses["a:80"] =
        "HTTP/1.1 " + std::string(status) + " R\r\nLocation: http://b/\r\n\r\n";
    servers.responses["b:80"] = ok + "\r\n";
    FetchOptions options;
    options.method = Method::post;
    options.content = "hello";
    fetch_from(servers, "http://a/", options);
    const std::string second = servers.requests.substr(servers.requests.find("\r\n\r\n") + 4);
    return second.substr(second.find_first_of("GP"), 4);
  };
  CHECK(asked_second("301") == "GET ");
  CHECK(asked_second("302") == "GET ");
  CHECK(asked_second("303") == "GET ");
  CHECK(asked_second("307") == "POST");
  CHECK(asked_second("308") == "POST");
}

TEST_CASE("redirects without end are an error") {
  CHECK(error_of("HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n") ==
        FetchError::too_many_redirects);
}

TEST_CASE("a redirect to what cannot be fetched is an error, one to nowhere is a response") {
  CHECK(error_of("HTTP/1.1 302 Found\r\nLocation: https://a/\r\n\r\n") ==
        FetchError::unsupported_url);
  CHECK(fetch_response("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n").status == Status::found);
  CHECK(fetch_response("HTTP/1.1 304 Not Modified\r\nLocation: /x\r\n\r\n").status ==
        Status::not_modified);
}

TEST_CASE("a URL that cannot be fetched, and a host that does not answer, are errors") {
  Servers none;
  CHECK_THROWS_WITH(fetch_from(none, "https://a/"), Catch::Contains("TLS"));
  CHECK_THROWS_AS(fetch_from(none, "http://a/"), std::system_error);
}

TEST_CASE("a field that would break the request apart is not sent") {
  FetchOptions options;
  options.fields = {{"X", "y\r\nZ: evil"}};
  CHECK(error_of(ok + "\r\n", options) == std::errc::invalid_argument);
}

TEST_CASE("a field that would make the request ambiguous is refused with its name") {
  for (const char* name : {"Content-Length", "transfer-encoding", "Connection", "Upgrade"}) {
    FetchOptions options;
    options.fields = {{name, "3"}};
    CHECK_THROWS_WITH(fetch_response(ok + "\r\n", options), Catch::Contains(name));
    CHECK(error_of(ok + "\r\n", options) == std::errc::invalid_argument);
  }
}

TEST_CASE("a caller's Host replaces the URL's, once, and not at another origin") {
  Servers servers;
  servers.responses["a:80"] = "HTTP/1.1 302 Found\r\nLocation: http://b/\r\n\r\n";
  servers.responses["b:80"] = ok + "\r\n";
  FetchOptions options;
  options.fields = {{"host", "virtual"}};
  fetch_from(servers, "http://a/", options);
  CHECK(servers.requests ==
        "GET / HTTP/1.1\r\nhost: virtual\r\nConnection: close\r\n\r\n"
        "GET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n");
  options.fields = {{"Host", "x"}, {"Host", "y"}};
  CHECK(error_of(ok + "\r\n", options) == std::errc::invalid_argument);
  options.fields = {{"Host", "x y"}};
  CHECK(error_of(ok + "\r\n", options) == std::errc::invalid_argument);
}

TEST_CASE("what was meant for one origin does not follow a redirect to another") {
  Servers servers;
  servers.responses["a:80"] = "HTTP/1.1 302 Found\r\nLocation: http://a:81/\r\n\r\n";
  servers.responses["a:81"] = ok + "\r\n";
  FetchOptions options;
  options.fields = {{"Authorization", "secret"},
                    {"Proxy-Authorization", "secret"},
                    {"Cookie", "secret"},
                    {"Accept", "text/html"}};
  fetch_from(servers, "http://a/", options);
  const std::size_t second = servers.requests.rfind("GET");
  CHECK(servers.requests.find("secret", second) == std::string::npos);
  CHECK(servers.requests.find("Accept: text/html", second) != std::string::npos);
}

TEST_CASE("a redirect's spaces and letters beyond ASCII are percent-encoded") {
  Servers servers;
  servers.responses["a:80"] = "HTTP/1.1 302 Found\r\nLocation: http://b/a b\xc3\xa4\r\n\r\n";
  servers.responses["b:80"] = ok + "\r\n";
  fetch_from(servers, "http://a/");
  CHECK(servers.requests.find("GET /a%20b%C3%A4 HTTP/1.1") != std::string::npos);
}

TEST_CASE("a server that refuses a request before it has all of it is heard") {
  for (const bool closes : {false, true}) {
    const auto test = [&]() -> Task<void> {
      const auto body = [&](Scope& tasks) -> Task<void> {
        const auto serve_it = [&](MemoryFlow flow) -> Task<void> {
          std::array<std::byte, 100> part;
          co_await flow.read(part);
          const std::string refusal =
              "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig";
          co_await flow.write(as_bytes(refusal));
          if (!closes) co_await sleep(1h);
        };
        const auto connect = [&](std::string, std::uint16_t) -> Task<MemoryFlow> {
          auto pair = memory_flow_pair();
          pair.first.outgoing().capacity = 1000;
          tasks.spawn(serve_it, std::move(pair.second));
          co_return std::move(pair.first);
        };
        FetchOptions options;
        options.method = Method::post;
        options.content.assign(20'000'000, 'x');
        const Response response = co_await fetch(connect, "http://a/", options);
        CHECK(response.status == Status::content_too_large);
        CHECK(response.content == "big");
        tasks.cancel_tasks();
      };
      co_await scope(body);
    };
    run_virtual(test());
  }
}

TEST_CASE("that a request cannot be sent is the error when there is no response") {
  const auto test = []() -> Task<void> {
    const auto body = [](Scope& tasks) -> Task<void> {
      const auto hang_up = [](MemoryFlow flow) -> Task<void> {
        std::array<std::byte, 100> part;
        co_await flow.read(part);
      };
      const auto connect = [&](std::string, std::uint16_t) -> Task<MemoryFlow> {
        auto pair = memory_flow_pair();
        pair.first.outgoing().capacity = 1000;
        tasks.spawn(hang_up, std::move(pair.second));
        co_return std::move(pair.first);
      };
      FetchOptions options;
      options.method = Method::post;
      options.content.assign(5000, 'x');
      try {
        co_await fetch(connect, "http://a/", options);
        FAIL_CHECK("a response came from nowhere");
      } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::broken_pipe);
      }
    };
    co_await scope(body);
  };
  run_virtual(test());
}

TEST_CASE("HEAD gives the head alone") {
  FetchOptions options;
  options.method = Method::head;
  const Response response = fetch_response(ok + "Content-Length: 1000\r\n\r\n", options);
  CHECK(response.field("Content-Length") == "1000");
  CHECK(response.content.empty());
}

TEST_CASE("the client and the server understand each other") {
  const auto test = []() -> Task<void> {
    const auto handler = [](auto& exchange) -> Task<void> {
      std::array<std::byte, 100> space;
      const std::size_t count = co_await exchange.read(space);
      exchange.start(Status::created);
      exchange.begin_stream();
      for (std::size_t i = 0; i < count; ++i)
        co_await exchange.write(std::span(space).subspan(i, 1));
    };
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto connect = [&](std::string, std::uint16_t) -> Task<MemoryFlow> {
        auto pair = memory_flow_pair();
        tasks.spawn(serve(std::move(pair.second), handler));
        co_return std::move(pair.first);
      };
      FetchOptions options;
      options.method = Method::post;
      options.content = "hello";
      const Response response = co_await fetch(connect, "http://a/", options);
      CHECK(response.status == Status::created);
      CHECK(response.content == "hello");
    };
    co_await scope(body);
  };
  run_virtual(test());
}

TEST_CASE("a response may have many fields and large ones, up to the limits that are chosen") {
  std::string fields;
  for (int i = 0; i < 900; ++i) fields += "Set-Cookie: c" + std::to_string(i) + "=1\r\n";
  fields += "Large: " + std::string(100'000, 'x') + "\r\n";
  const std::string response = ok + fields + "Content-Length: 2\r\n\r\nhi";
  const Response many = fetch_response(response);
  CHECK(many.content == "hi");
  CHECK(many.fields.size() == 902);
  CHECK(many.fields[899].second == "c899=1");
  CHECK(many.field("Large").size() == 100'000);
  FetchOptions few;
  few.response_head_limits.field_count_max = 901;
  CHECK(error_of(response, few) == FetchError::malformed_response);
  few.response_head_limits = HeadLimits(8000, 100'000, 1000);
  CHECK(error_of(response, few) == FetchError::malformed_response);
}

TEST_CASE("a request's own fields may be large") {
  FetchOptions options;
  options.fields.emplace_back("Cookie", std::string(100'000, 'c'));
  CHECK(fetch_response(ok + "Content-Length: 2\r\n\r\nhi", options).content == "hi");
}
