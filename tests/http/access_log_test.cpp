// What stands in an access log, and when it is written.
#include "sundog/io/http/access_log.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/http/serve.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "tests/catch.hpp"
#include "tests/http/memory_flow.hpp"
#include "tests/runtime/logged.hpp"

using namespace sundog;
using namespace sundog::http;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t some_time = 784111777;  // 1994-11-06 08:49:37

std::string line_of(AccessLogFormat format, std::string_view head_text, Status status = Status::ok,
                    std::size_t space = 100'000) {
  RequestHead head;
  static_cast<void>(parse_request_head(head_text, head));
  constexpr IpAddress peer = IpAddress::parse("192.0.2.1");
  AnsweredRequest request;
  request.head = &head;
  request.peer = &peer;
  request.status = status;
  request.content_bytes = 1234;
  request.took = 5'678'901ns;
  std::string text(space, '\0');
  text.resize(write_access_log_line(text, format, request, some_time));
  return text;
}

std::string head_with(std::string_view agent) {
  return "GET /a?b HTTP/1.1\r\nHost: h\r\nReferer: http://r/\r\nUser-Agent: " + std::string(agent) +
         "\r\n";
}

// A file that keeps what is written, and may be slow or broken.
struct TestFile {
  Task<void> write(Bytes bytes) {
    ++write_count;
    co_await sleep(slowness);
    if (broken) throw std::system_error(std::make_error_code(std::errc::no_space_on_device));
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  std::string text;
  std::size_t write_count = 0;
  Duration slowness = Duration::zero();
  bool broken = false;
};

AnsweredRequest some_request() {
  AnsweredRequest request;
  request.status = Status::not_found;
  return request;
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("a line in the combined format is what other servers write") {
  CHECK(line_of(AccessLogFormat::combined, head_with("curl/8")) ==
        "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /a?b HTTP/1.1\" 200 1234 \"http://r/\" "
        "\"curl/8\"\n");
  CHECK(line_of(AccessLogFormat::combined, "GET / HTTP/1.0\r\n", Status::not_modified) ==
        "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] \"GET / HTTP/1.0\" 304 1234 \"-\" \"-\"\n");
}

TEST_CASE("a line in JSON has the time that it took, too") {
  CHECK(line_of(AccessLogFormat::json, head_with("curl/8")) ==
        "{\"time\":\"1994-11-06T08:49:37Z\",\"peer\":\"192.0.2.1\",\"status\":200,\"bytes\":1234,"
        "\"duration_us\":5678,\"method\":\"GET\",\"target\":\"/a?b\",\"referrer\":\"http://r/\","
        "\"agent\":\"curl/8\"}\n");
}

TEST_CASE("what is not known is left out") {
  AnsweredRequest request = some_request();
  std::string text(1000, '\0');
  text.resize(write_access_log_line(text, AccessLogFormat::combined, request, std::nullopt));
  CHECK(text == "- - - [-] \"-\" 404 0 \"-\" \"-\"\n");
  text.resize(1000);
  text.resize(write_access_log_line(text, AccessLogFormat::json, request, std::nullopt));
  CHECK(text == "{\"status\":404,\"bytes\":0,\"duration_us\":0}\n");
}

TEST_CASE("an IPv4 client of a listener for both families is shown by its IPv4 address") {
  constexpr IpAddress peer = IpAddress::parse("::ffff:192.0.2.7");
  AnsweredRequest request = some_request();
  request.peer = &peer;
  std::string text(1000, '\0');
  text.resize(write_access_log_line(text, AccessLogFormat::combined, request, std::nullopt));
  CHECK(text.starts_with("192.0.2.7 - - "));
}

TEST_CASE("no client can end a line, a quotation or a string before its time") {
  const std::string forged = "x\" 200 0 \"-\" \\\t\xff\xc3\xa4\xed\xa0\x80";
  const std::string combined = line_of(AccessLogFormat::combined, head_with(forged));
  CHECK(combined.ends_with(
      "\"x\\x22 200 0 \\x22-\\x22 \\x5c\\x09\\xff\\xc3\\xa4\\xed\\xa0\\x80\"\n"));
  const std::string json = line_of(AccessLogFormat::json, head_with(forged));
  CHECK(json.ends_with(
      "\"agent\":\"x\\\" 200 0 \\\"-\\\" \\\\\\u0009\\ufffd\xc3\xa4\\ufffd\\ufffd\\ufffd\"}\n"));
  for (int byte = 1; byte < 256; ++byte) {
    // As a handler might see it, should a parser let it through.
    RequestHead head;
    head.method_text = "GET";
    const std::string target(3, static_cast<char>(byte));
    head.target = target;
    AnsweredRequest request = some_request();
    request.head = &head;
    for (const auto format : {AccessLogFormat::combined, AccessLogFormat::json}) {
      std::string text(1000, '\0');
      text.resize(write_access_log_line(text, format, request, std::nullopt));
      CAPTURE(byte, text);
      CHECK(lines_in(text) == 1);
      bool plain = true;
      for (const char c : text.substr(0, text.size() - 1)) {
        plain = plain && static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
      }
      CHECK(plain);
    }
  }
}

TEST_CASE("long texts are cut, and a line that does not fit is none") {
  const std::string line = line_of(AccessLogFormat::combined, head_with(std::string(5000, 'a')));
  CHECK(line.size() < logged_text_bytes_max + 200);
  CHECK(line.ends_with("a\"\n"));
  const std::string whole = line_of(AccessLogFormat::json, head_with("agent"));
  for (std::size_t space = 0; space < whole.size(); ++space) {
    CHECK(line_of(AccessLogFormat::json, head_with("agent"), Status::ok, space).empty());
  }
  CHECK(line_of(AccessLogFormat::json, head_with("agent"), Status::ok, whole.size()) == whole);
}

TEST_CASE("lines are written many at a time, a while after the first, and all of them at the end") {
  const auto test = []() -> Task<void> {
    AccessLog log(AccessLogFormat::combined, {});
    TestFile file;
    StopFlag stop;
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(log.write_to(file, stop));
      for (int i = 0; i < 100; ++i) log.answered(some_request());
      co_await sleep(AccessLog::gathered_for / 2);
      CHECK(file.write_count == 0);
      co_await sleep(AccessLog::gathered_for);
      CHECK(file.write_count == 1);
      CHECK(lines_in(file.text) == 100);
      log.answered(some_request());
      stop.request();
    });
    CHECK(lines_in(file.text) == 101);
    CHECK(file.write_count == 2);
    CHECK(log.line_count() == 101);
    CHECK(log.dropped_count() == 0);
  };
  run_virtual(test());
}

TEST_CASE("a log that fills is written at once; with a slow file lines are dropped and counted") {
  const test::Logged logged;
  const auto test = []() -> Task<void> {
    AccessLog log(AccessLogFormat::combined, {});
    TestFile file;
    file.slowness = 10s;
    StopFlag stop;
    const std::size_t line_bytes = std::string_view("- - - [-] \"-\" 404 0 \"-\" \"-\"\n").size();
    const std::size_t lines_max = AccessLog::buffer_bytes / line_bytes;
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(log.write_to(file, stop));
      co_await sleep(1ms);
      for (std::size_t i = 0; i < lines_max; ++i) log.answered(some_request());
      co_await sleep(1ms);
      CHECK(file.write_count == 1);
      for (std::size_t i = 0; i < lines_max + 7; ++i) log.answered(some_request());
      CHECK(log.dropped_count() == 7);
      stop.request();
    });
    CHECK(lines_in(file.text) == 2 * lines_max);
    MetricsText text;
    log.write_metrics(text);
    CHECK(text.view().find("http_access_log_dropped_total 7\n") != std::string_view::npos);
  };
  run_virtual(test());
  CHECK(logged.count("7 lines of the access log were dropped") == 1);
}

TEST_CASE("a file that cannot be written costs its lines, is told of once, and is tried again") {
  const test::Logged logged;
  const auto test = []() -> Task<void> {
    AccessLog log(AccessLogFormat::combined, {});
    TestFile file;
    file.broken = true;
    StopFlag stop;
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(log.write_to(file, stop));
      for (int round = 0; round < 3; ++round) {
        log.answered(some_request());
        co_await sleep(1s);
      }
      file.broken = false;
      log.answered(some_request());
      stop.request();
    });
    CHECK(lines_in(file.text) == 1);
    CHECK(log.dropped_count() == 3);
  };
  run_virtual(test());
  CHECK(logged.count("the access log cannot be written") == 1);
}
