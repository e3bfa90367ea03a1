// What a server tells of its requests, and the pages for those who run it.
#include "sundog/io/http/request_observer.hpp"

#include <array>
#include <string>
#include <vector>

#include "sundog/io/http/operator_pages.hpp"
#include "sundog/io/http/serve.hpp"
#include "sundog/io/http/server_metrics.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "tests/catch.hpp"
#include "tests/http/memory_flow.hpp"

using namespace sundog;
using namespace sundog::http;
using namespace std::chrono_literals;

namespace {

class Recorder final : public RequestObserver {
 public:
  void answered(const AnsweredRequest& request) noexcept override {
    std::string text = request.head == nullptr ? "-" : std::string(request.head->target);
    text += " " + std::to_string(code_of(request.status)) + " " +
            std::to_string(request.content_bytes) + " " + std::to_string(request.took / 1ms);
    told.push_back(text);
  }
  void connection_opened() noexcept override { ++opened; }
  void connection_ended() noexcept override { ++ended; }

  std::vector<std::string> told;
  int opened = 0;
  int ended = 0;
};

// Answers by the path: /200 with five bytes after 20 ms, /stream with eight in two pieces, /refuse,
// /fail, /half begins and fails; /read reads the content first.
const auto handler = [](auto& exchange) -> Task<void> {
  const std::string path(exchange.request().path);
  co_await sleep(20ms);
  if (path == "/refuse") throw Refused({Status::forbidden, "not for you"});
  if (path == "/read") {
    std::array<std::byte, 16> space;
    std::size_t count = 1;
    while (count != 0) count = co_await exchange.read(space);
  }
  if (path == "/fail") throw std::runtime_error("it failed");
  exchange.start(Status::ok);
  if (path == "/200") {
    co_await exchange.send("12345");
    co_return;
  }
  exchange.begin_stream();
  co_await exchange.write("1234");
  if (path == "/half") throw std::runtime_error("it failed halfway");
  co_await exchange.write("5678");
};

// Sends all of it on one connection, and gives what comes back.
std::string converse(std::string sends, ServerOptions options, StopFlag* stop = nullptr,
                     const OperatorPages* pages = nullptr) {
  const auto test = [&]() -> Task<std::string> {
    auto pair = memory_flow_pair();
    std::string bytes;
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto answer = [pages](auto& exchange) -> Task<void> {
        return pages != nullptr ? pages->answer(exchange) : handler(exchange);
      };
      tasks.spawn(serve(std::move(pair.second), answer, options, stop));
      MemoryFlow client = std::move(pair.first);
      co_await client.write(as_bytes(sends));
      co_await client.shutdown();
      std::array<std::byte, 4096> part;
      for (;;) {
        const std::size_t count = co_await client.read(part);
        if (count == 0) break;
        bytes.append(reinterpret_cast<const char*>(part.data()), count);
      }
    };
    co_await scope(body);
    co_return bytes;
  };
  return run_virtual(test());
}

std::string get(std::string_view path, std::string_view method = "GET") {
  return std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

}  // namespace

TEST_CASE("every request is told of: its status, the content's size and the time that it took") {
  Recorder recorder;
  ServerOptions options;
  options.observers.push_back(&recorder);
  converse(get("/200") + get("/stream") + get("/200", "HEAD"), options);
  CHECK(recorder.told ==
        std::vector<std::string>{"/200 200 5 20", "/stream 200 8 20", "/200 200 0 20"});
  CHECK(recorder.opened == 1);
  CHECK(recorder.ended == 1);
}

TEST_CASE("requests that are refused, fail, or are none are told of too") {
  Recorder recorder;
  ServerOptions options;
  options.observers.push_back(&recorder);
  converse(get("/refuse"), options);
  converse(get("/fail"), options);
  converse(get("/half"), options);
  converse("GET / HTTP/1.1\r\n\r\n", options);
  converse("nonsense\n\r\n", options);
  converse("GET / HTTP/1.1\r\nHo", options);
  converse("", options);
  CHECK(recorder.told == std::vector<std::string>{"/refuse 403 12 20", "/fail 500 28 20",
                                                  "/half 200 4 20", "/ 400 8 0", "- 400 29 0",
                                                  "- 400 24 0"});
  CHECK(recorder.opened == 7);
  CHECK(recorder.ended == 7);
}

TEST_CASE("a client that goes before it is answered is told of as nginx does") {
  Recorder recorder;
  const auto test = [&]() -> Task<void> {
    ServerOptions options;
    options.observers.push_back(&recorder);
    auto pair = memory_flow_pair();
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(serve(std::move(pair.second), handler, options));
      MemoryFlow client = std::move(pair.first);
      co_await client.write(
          as_bytes("POST /read HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"));
      co_await sleep(10ms);
      client.outgoing().reset = client.incoming().reset = true;
      co_await sleep(100ms);
    });
  };
  run_virtual(test());
  CHECK(recorder.told == std::vector<std::string>{"/read 499 0 20"});
}

TEST_CASE("a server's figures are what Prometheus reads") {
  ServerMetrics metrics;
  ServerOptions options;
  options.observers.push_back(&metrics);
  converse(get("/200") + get("/200") + get("/refuse"), options);
  MetricsText text;
  metrics.write_metrics(text);
  const std::string_view all = text.view();
  INFO(all);
  const auto has = [&](std::string_view line) {
    return all.find("\n" + std::string(line) + "\n") != std::string_view::npos;
  };
  CHECK(has("# TYPE http_requests_total counter"));
  CHECK(has("http_requests_total{code=\"200\",class=\"2xx\"} 2"));
  CHECK(has("http_requests_total{code=\"403\",class=\"4xx\"} 1"));
  CHECK(has("# TYPE http_request_duration_seconds histogram"));
  CHECK(has("http_request_duration_seconds_bucket{le=\"0.01\"} 0"));
  CHECK(has("http_request_duration_seconds_bucket{le=\"0.025\"} 3"));
  CHECK(has("http_request_duration_seconds_bucket{le=\"+Inf\"} 3"));
  CHECK(has("http_request_duration_seconds_sum 0.06"));
  CHECK(has("http_request_duration_seconds_count 3"));
  CHECK(has("http_response_content_bytes_total 22"));
  CHECK(has("http_connections_total 1"));
  CHECK(has("http_connections 0"));
}

TEST_CASE(
    "the pages for operators give the figures of all sources, and whether the server is well") {
  ServerMetrics metrics;
  const OperatorPages pages("/metrics", "/health", {&metrics});
  const std::string answer = converse(get("/metrics"), {}, nullptr, &pages);
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"));
  CHECK(answer.find("Cache-Control: no-store\r\n") != std::string::npos);
  CHECK(answer.find("\nhttp_connections ") != std::string::npos);
  CHECK(converse(get("/health"), {}, nullptr, &pages).ends_with("\r\n\r\nok\n"));
  CHECK(converse(get("/other"), {}, nullptr, &pages).starts_with("HTTP/1.1 404 "));
  CHECK(converse(get("/health", "DELETE"), {}, nullptr, &pages).starts_with("HTTP/1.1 405 "));
  StopFlag stopping;
  stopping.request();
  const std::string last = converse(get("/health"), {}, &stopping, &pages);
  CHECK(last.starts_with("HTTP/1.1 503 "));
  CHECK(last.ends_with("\r\n\r\nstopping\n"));
}

TEST_CASE("a page without a path is not there") {
  const OperatorPages pages("", "", {});
  CHECK(converse(get("/metrics"), {}, nullptr, &pages).starts_with("HTTP/1.1 404 "));
}
