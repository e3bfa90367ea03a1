// The server on one connection, in memory: what bytes go in, what bytes come out, and when the
// connection closes.
#include "sundog/io/http/serve.hpp"

#include <string>
#include <vector>

#include "sundog/runtime/scope.hpp"
#include "tests/catch.hpp"
#include "tests/http/memory_flow.hpp"

using namespace sundog;
using namespace sundog::http;
using namespace std::chrono_literals;

namespace {

// Answers with what it was asked: "METHOD path content".
const auto echo_handler = [](auto& exchange) -> Task<void> {
  std::string text(exchange.request().method_text);
  (text += ' ') += exchange.request().path;
  text += ' ';
  std::array<std::byte, 7> part;
  for (;;) {
    const std::size_t count = co_await exchange.read(part);
    if (count == 0) break;
    text.append(reinterpret_cast<const char*>(part.data()), count);
  }
  exchange.start(Status::ok);
  co_await exchange.send(text);
};

struct Answered {
  std::string bytes;
  std::size_t write_count = 0;
  Duration took{};
};

struct Peer {
  Peer() = default;
  std::string sends;
  bool finishes = false;  // shuts its side down behind what it sends
  std::size_t piece_max = SIZE_MAX;
  ServerOptions options;
};

Task<std::string> read_all(MemoryFlow& flow) {
  std::string bytes;
  std::array<std::byte, 4096> part;
  for (;;) {
    const std::size_t count = co_await flow.read(part);
    if (count == 0) co_return bytes;
    bytes.append(reinterpret_cast<const char*>(part.data()), count);
  }
}

// Sends all of it at once, then reads until the server closes.
template <class Handler>
Answered converse(Peer peer, Handler handler) {
  const auto test = [](Peer peer_, Handler handler_) -> Task<Answered> {
    auto pair = memory_flow_pair();
    MemoryFlow client = std::move(pair.first);
    client.outgoing().piece_max = peer_.piece_max;
    Answered answered;
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(serve(std::move(pair.second), handler_, peer_.options));
      co_await client.write(as_bytes(peer_.sends));
      if (peer_.finishes) co_await client.shutdown();
      answered.bytes = co_await read_all(client);
      answered.took = now().time_since_epoch();
      co_await client.shutdown();
    };
    co_await scope(body);
    answered.write_count = client.incoming().write_count;
    co_return answered;
  };
  return run_virtual(test(std::move(peer), std::move(handler)));
}

Answered converse(const std::string& sends, bool finishes = false) {
  Peer peer;
  peer.sends = sends;
  peer.finishes = finishes;
  return converse(std::move(peer), echo_handler);
}

std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
std::string response(const std::string& content, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(content.size()) + "\r\n" + fields +
         "\r\n" + content;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("a request is answered, and the connection closes when it has been idle") {
  const Answered answered = converse(get("/a"));
  CHECK(answered.bytes == response("GET /a "));
  CHECK(answered.write_count == 1);
  CHECK(answered.took == idle_timeout);
}

TEST_CASE("a connection closes at once when the peer has finished") {
  const Answered answered = converse(get("/a"), true);
  CHECK(answered.bytes == response("GET /a "));
  CHECK(answered.took == 0s);
}

TEST_CASE("a connection that never asks for anything is closed without a word") {
  const Answered answered = converse("");
  CHECK(answered.bytes.empty());
  CHECK(answered.took == idle_timeout);
}

TEST_CASE("pipelined requests are answered in order, in few writes") {
  const Answered answered = converse(get("/1") + get("/2") + get("/3"), true);
  CHECK(answered.bytes == response("GET /1 ") + response("GET /2 ") + response("GET /3 "));
  CHECK(answered.write_count == 1);
}

TEST_CASE("a thousand pipelined requests need no more than the fixed buffers") {
  std::string requests, responses;
  for (int i = 0; i < 1000; ++i) {
    requests += get("/" + std::to_string(i));
    responses += response("GET /" + std::to_string(i) + " ");
  }
  const Answered answered = converse(requests, true);
  CHECK(answered.bytes == responses);
  CHECK(answered.write_count < 100);
}

TEST_CASE("a conversation is the same however its bytes are cut") {
  const std::string requests =
      get("/1") + "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world" +
      "POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nT: v\r\n\r\n" + get("/4", "Connection: close\r\n");
  const std::string responses = response("GET /1 ") + response("POST /2 hello world") +
                                response("POST /3 hello world") +
                                response("GET /4 ", "Connection: close\r\n");
  for (std::size_t piece = 1; piece <= requests.size(); ++piece) {
    Peer peer;
    peer.sends = requests;
    peer.piece_max = piece;
    const Answered answered = converse(std::move(peer), echo_handler);
    if (answered.bytes != responses) FAIL_CHECK("in pieces of " << piece << ": " << answered.bytes);
  }
}

TEST_CASE("a connection is closed after the response when the client wants it") {
  CHECK(converse(get("/a", "Connection: close\r\n")).bytes ==
        response("GET /a ", "Connection: close\r\n"));
  CHECK(converse(get("/a", "Connection: close\r\n")).took == 0s);
  CHECK(converse("GET /a HTTP/1.0\r\n\r\n").bytes == response("GET /a ", "Connection: close\r\n"));
}

TEST_CASE("an HTTP/1.0 client that asks for it keeps its connection") {
  const std::string request = "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  CHECK(converse(request + request, true).bytes ==
        response("GET /a ", "Connection: keep-alive\r\n") +
            response("GET /a ", "Connection: keep-alive\r\n"));
}

TEST_CASE("HEAD is answered like GET, without content") {
  const Answered answered = converse("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + get("/b"), true);
  CHECK(answered.bytes == "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + response("GET /b "));
}

TEST_CASE("a malformed request is answered with its status, and ends the connection") {
  const std::string next = get("/next");
  struct {
    std::string request, status;
  } const cases[] = {
      {"GARBAGE\r\n\r\n", "400 Bad Request"},
      {"\x16\x03\x01\x02", "400 Bad Request"},
      {"BREW / HTTP/1.1\r\nHost: h\r\n\r\n", "501 Not Implemented"},
      {"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", "501 Not Implemented"},
      {"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", "501 Not Implemented"},
      {"GET / HTTP/3.0\r\n\r\n", "505 HTTP Version Not Supported"},
      {get("/" + std::string(9000, 'a')), "414 URI Too Long"},
      {get("/", "A: " + std::string(9000, 'a') + "\r\n"), "431 Request Header Fields Too Large"},
      {get("/", "Expect: x\r\n"), "417 Expectation Failed"},
      {get("/", "Content-Length: 99999999999\r\n"), "413 Content Too Large"},
      {get("/", "Content-Length: 99999999999999999999999\r\n"), "413 Content Too Large"},
      {get("/", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), "400 Bad Request"},
      {get("/", "Transfer-Encoding: chunked\r\n") + "x\r\n", "400 Bad Request"},
  };
  for (const auto& test : cases) {
    CAPTURE(test.request.substr(0, 60));
    const Answered answered = converse(get("/first") + test.request + next, true);
    CHECK(contains(answered.bytes, response("GET /first ")));
    CHECK(contains(answered.bytes, "HTTP/1.1 " + test.status + "\r\n"));
    CHECK(contains(answered.bytes, "Connection: close\r\n"));
    CHECK_FALSE(contains(answered.bytes, "/next"));
    CHECK(answered.took <= lingering_timeout);
  }
}

TEST_CASE("a refused HEAD gets no content") {
  const Answered answered = converse("HEAD / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n", true);
  CHECK(answered.bytes.ends_with("\r\n\r\n"));
}

TEST_CASE("a request that ends early is refused") {
  CHECK(converse("GET / HT", true).bytes.starts_with("HTTP/1.1 400 "));
  CHECK(converse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel", true)
            .bytes.starts_with("HTTP/1.1 400 "));
  CHECK(converse(get("/", "Transfer-Encoding: chunked\r\n") + "5\r\nhel", true)
            .bytes.starts_with("HTTP/1.1 400 "));
}

TEST_CASE("a conversation cut short at any byte ends, with whole responses only") {
  const std::string requests =
      get("/1") +
      "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  const std::string responses = response("GET /1 ") + response("POST /2 hello");
  for (std::size_t cut = 0; cut <= requests.size(); ++cut) {
    const std::string bytes = converse(requests.substr(0, cut), true).bytes;
    const bool refused = contains(bytes, "HTTP/1.1 400 Bad Request");
    if (!refused && !responses.starts_with(bytes)) FAIL_CHECK("cut at " << cut << ": " << bytes);
    if (cut == requests.size()) CHECK(bytes == responses);
  }
}

TEST_CASE("a head that comes too slowly is refused with 408") {
  const Answered answered = converse("GET / HTTP/1.1\r\nHo");
  CHECK(answered.bytes.starts_with("HTTP/1.1 408 "));
  CHECK(answered.took >= header_timeout);
  CHECK(answered.took <= header_timeout + lingering_timeout);
}

TEST_CASE("content that comes too slowly is refused with 408") {
  const Answered answered = converse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel");
  CHECK(answered.bytes.starts_with("HTTP/1.1 408 "));
  CHECK(answered.took <= transfer_grace + 1s + lingering_timeout);
}

namespace {

// A client that sends a byte now and then, until the connection ends.
Task<void> trickle(std::string start, std::string bytes, Duration pause, Answered& answered) {
  auto pair = memory_flow_pair();
  MemoryFlow client = std::move(pair.first);
  const auto body = [&](Scope& tasks) -> Task<void> {
    tasks.spawn(serve(std::move(pair.second), echo_handler));
    co_await client.write(as_bytes(start));
    const auto send = [&](std::string rest) -> Task<void> {
      for (const char& c : rest) {
        co_await sleep(pause);
        if (client.outgoing().reader_gone) co_return;
        co_await client.write(std::as_bytes(std::span(&c, 1)));
      }
    };
    tasks.spawn(send, bytes);
    answered.bytes = co_await read_all(client);
    answered.took = now().time_since_epoch();
    tasks.cancel_tasks();
  };
  co_await scope(body);
}

}  // namespace

TEST_CASE("a head that trickles in byte by byte is refused in time all the same") {
  Answered answered;
  run_virtual(trickle("GET / HTTP/1.1\r\n", std::string(1000, 'a'), 5s, answered));
  CHECK(answered.bytes.starts_with("HTTP/1.1 408 "));
  CHECK(answered.took <= header_timeout + lingering_timeout);
}

TEST_CASE("content that trickles in byte by byte is refused in time all the same") {
  Answered answered;
  run_virtual(trickle("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n",
                      std::string(1000, 'a'), 5s, answered));
  CHECK(answered.bytes.starts_with("HTTP/1.1 408 "));
  CHECK(answered.took <= transfer_grace + 5s + lingering_timeout);
}

TEST_CASE("content that comes slowly but steadily is accepted, longer than the grace") {
  Answered answered;
  const std::string content(30'000, 'a');
  run_virtual(
      trickle("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 30000\r\n\r\n",
              content, 1ms, answered));
  CHECK(answered.took > transfer_grace);
  CHECK(answered.took < 70s);
  const bool complete = answered.bytes == response("POST / " + content, "Connection: close\r\n");
  CHECK(complete);
}

TEST_CASE("a peer that never reads its response is dropped") {
  const auto test = []() -> Task<Duration> {
    auto pair = memory_flow_pair();
    MemoryFlow client = std::move(pair.first);
    client.incoming().capacity = 100;
    const auto handler = [](auto& exchange) -> Task<void> {
      exchange.start(Status::ok);
      co_await exchange.send(
          std::string_view("0123456789012345678901234567890123456789"
                           "0123456789012345678901234567890123456789"));
    };
    co_await client.write(as_bytes(get("/")));
    co_await serve(std::move(pair.second), handler);
    co_return now().time_since_epoch();
  };
  const Duration took = run_virtual(test());
  CHECK(took >= transfer_grace);
  CHECK(took <= transfer_grace + 1s);
}

TEST_CASE("a peer that resets the connection ends it, and nothing more") {
  for (const bool during_content : {false, true}) {
    const auto test = [](bool during) -> Task<void> {
      auto pair = memory_flow_pair();
      MemoryFlow client = std::move(pair.first);
      const auto body = [&](Scope& tasks) -> Task<void> {
        tasks.spawn(serve(std::move(pair.second), echo_handler));
        std::string sent = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel";
        if (!during) sent = "GET / HT";
        co_await client.write(as_bytes(sent));
        co_await sleep(1s);
        client.outgoing().reset = client.incoming().reset = true;
        client.outgoing().tell();
      };
      co_await scope(body);
    };
    run_virtual(test(during_content));
  }
}

TEST_CASE("a client that expects 100 Continue gets it when the handler reads, and only then") {
  const std::string head =
      "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
  SECTION("the handler reads the content") {
    CHECK(converse(head + "hello", true).bytes == interim + response("POST /a hello"));
  }
  SECTION("the handler reads it after another response and after beginning its own") {
    Peer peer;
    peer.sends = get("/first") + head + "hello";
    peer.finishes = true;
    const auto handler = [](auto& exchange) -> Task<void> {
      exchange.start(Status::ok);
      std::array<std::byte, 10> space;
      const std::size_t count = co_await exchange.read(space);
      co_await exchange.send(std::span(space).first(count));
    };
    CHECK(converse(std::move(peer), handler).bytes == response("") + interim + response("hello"));
  }
  SECTION(
      "the handler answers without reading: the connection closes, since nobody knows what comes "
      "next") {
    Peer peer;
    peer.sends = head;
    const auto handler = [](auto& exchange) -> Task<void> {
      exchange.start(Status::forbidden);
      co_await exchange.send("no");
    };
    const Answered answered = converse(std::move(peer), handler);
    CHECK(answered.bytes ==
          "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    CHECK(answered.took <= lingering_timeout);
  }
  SECTION("a request refused for its length gets no 100") {
    const std::string large =
        "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
        "99999999999\r\n\r\n";
    CHECK(converse(large, true).bytes.starts_with("HTTP/1.1 413 "));
  }
}

namespace {
const auto ignoring_handler = [](auto& exchange) -> Task<void> {
  exchange.start(Status::ok);
  co_await exchange.send("ok");
};
}  // namespace

TEST_CASE(
    "content that the handler leaves unread is drained, and the next request is found behind it") {
  for (const std::string& content :
       {std::string("Content-Length: 5\r\n\r\nhello"),
        std::string("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        "Content-Length: 60000\r\n\r\n" + std::string(60000, 'x')}) {
    Peer peer;
    peer.sends = "POST / HTTP/1.1\r\nHost: h\r\n" + content + get("/", "Connection: close\r\n");
    CHECK(converse(std::move(peer), ignoring_handler).bytes ==
          response("ok") + response("ok", "Connection: close\r\n"));
  }
}

TEST_CASE(
    "too much unread content ends the connection, and its bytes are not taken for a request") {
  Peer peer;
  std::string smuggled;
  while (smuggled.size() <= drained_body_bytes_max) smuggled += get("/smuggled");
  peer.sends = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(smuggled.size()) +
               "\r\n\r\n" + smuggled;
  CHECK(converse(std::move(peer), ignoring_handler).bytes ==
        response("ok", "Connection: close\r\n"));
}

TEST_CASE("chunked content beyond the limit is refused with 413") {
  Peer peer;
  peer.options.request_body_bytes_max = 10;
  peer.sends =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n "
      "world\r\n0\r\n\r\n";
  CHECK(converse(std::move(peer), echo_handler).bytes.starts_with("HTTP/1.1 413 "));
}

TEST_CASE("a stream of unknown length is chunked, or ends with the connection in HTTP/1.0") {
  const auto handler = [](auto& exchange) -> Task<void> {
    exchange.start(Status::ok);
    exchange.begin_stream();
    co_await exchange.write("hello");
    co_await exchange.write("");
    co_await exchange.write(" world, and more");
  };
  Peer peer;
  peer.finishes = true;
  SECTION("chunked") {
    peer.sends = get("/");
    CHECK(converse(std::move(peer), handler).bytes ==
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10\r\n world, and "
          "more\r\n0\r\n\r\n");
  }
  SECTION("HTTP/1.0") {
    peer.sends = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    CHECK(converse(std::move(peer), handler).bytes ==
          "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world, and more");
  }
  SECTION("HEAD") {
    peer.sends = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
    CHECK(converse(std::move(peer), handler).bytes ==
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  }
}

TEST_CASE("a stream of known length is sent as it is") {
  const auto handler = [](auto& exchange) -> Task<void> {
    exchange.start(Status::ok);
    exchange.begin(11);
    co_await exchange.write("hello");
    co_await exchange.write(" world");
    co_await exchange.finish();
  };
  Peer peer;
  peer.sends = get("/") + get("/");
  peer.finishes = true;
  CHECK(converse(std::move(peer), handler).bytes ==
        response("hello world") + response("hello world"));
}

namespace {
Task<void> sleep_forever() { co_await sleep(std::chrono::hours(1)); }
}  // namespace

TEST_CASE("what a handler throws is answered, or ends the connection when bytes have left") {
  Peer peer;
  peer.sends = get("/") + get("/next");
  SECTION("Refused is its own status") {
    const auto handler = [](auto& exchange) -> Task<void> {
      exchange.start(Status::ok);
      throw Refused({Status::forbidden, "not for you"});
      co_return;
    };
    const std::string bytes = converse(std::move(peer), handler).bytes;
    CHECK(bytes.starts_with("HTTP/1.1 403 Forbidden\r\n"));
    CHECK(bytes.ends_with("\r\n\r\nnot for you\n"));
  }
  SECTION("anything else is 500, without the exception's text") {
    const auto handler = [](auto&) -> Task<void> {
      throw std::runtime_error("secret");
      co_return;
    };
    const std::string bytes = converse(std::move(peer), handler).bytes;
    CHECK(bytes.starts_with("HTTP/1.1 500 "));
    CHECK_FALSE(contains(bytes, "secret"));
  }
  SECTION("a handler that was itself kept waiting too long is no fault of the client's") {
    const auto handler = [](auto&) -> Task<void> { co_await timeout(sleep_forever(), 1s); };
    CHECK(converse(std::move(peer), handler).bytes.starts_with("HTTP/1.1 500 "));
  }
  SECTION("after bytes have left, the content is left without its end") {
    const auto handler = [](auto& exchange) -> Task<void> {
      exchange.start(Status::ok);
      exchange.begin_stream();
      co_await exchange.write("part");
      throw std::runtime_error("too late");
    };
    CHECK(converse(std::move(peer), handler).bytes ==
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n");
  }
}

TEST_CASE("a header that a handler must not write becomes 500, not a split response") {
  Peer peer;
  peer.sends = get("/");
  const auto handler = [](auto& exchange) -> Task<void> {
    exchange.start(Status::found);
    exchange.field("Location", "/\r\nSet-Cookie: evil");
    co_await exchange.send("");
  };
  const std::string bytes = converse(std::move(peer), handler).bytes;
  CHECK(bytes.starts_with("HTTP/1.1 500 "));
  CHECK_FALSE(contains(bytes, "evil"));
}

TEST_CASE("a bodiless status has no content and no length") {
  Peer peer;
  peer.sends = get("/") + get("/");
  peer.finishes = true;
  const auto handler = [](auto& exchange) -> Task<void> {
    exchange.start(Status::no_content);
    co_await exchange.send("ignored");
  };
  CHECK(converse(std::move(peer), handler).bytes ==
        "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
}

TEST_CASE("responses carry the date when there is a wall clock") {
  Peer peer;
  peer.sends = get("/");
  peer.options.wall_clock_s = [] { return std::int64_t{784111777}; };
  CHECK(converse(std::move(peer), ignoring_handler).bytes ==
        response("ok", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

TEST_CASE("a stop closes an idle connection after the grace and lets a request under way finish") {
  const auto test = []() -> Task<void> {
    StopFlag stop;
    auto idle = memory_flow_pair();
    auto busy = memory_flow_pair();
    const auto slow_handler = [](auto& exchange) -> Task<void> {
      co_await sleep(5s);
      exchange.start(Status::ok);
      co_await exchange.send("done");
    };
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(serve(std::move(idle.second), echo_handler, ServerOptions(), &stop));
      tasks.spawn(serve(std::move(busy.second), slow_handler, ServerOptions(), &stop));
      co_await busy.first.write(as_bytes(get("/") + get("/")));
      co_await sleep(1s);
      stop.request();
      const std::string nothing = co_await read_all(idle.first);
      CHECK(nothing.empty());
      CHECK(now().time_since_epoch() == 1s + stop_grace);
      const std::string answer = co_await read_all(busy.first);
      CHECK(answer == response("done", "Connection: close\r\n"));
      CHECK(now().time_since_epoch() == 5s);
    };
    co_await scope(body);
  };
  run_virtual(test());
}

TEST_CASE("a connection cancelled at any moment closes its flow") {
  for (int steps = 0; steps < 10; ++steps) {
    const auto test = [](int pauses) -> Task<void> {
      auto pair = memory_flow_pair();
      MemoryFlow client = std::move(pair.first);
      const auto slow_echo = [](auto& exchange) -> Task<void> {
        co_await sleep(2s);
        co_await echo_handler(exchange);
      };
      co_await client.write(as_bytes("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe"));
      const bool finished =
          co_await try_timeout(serve(std::move(pair.second), slow_echo), pauses * 1s);
      CHECK_FALSE(finished);
      CHECK(client.outgoing().reader_gone);
    };
    run_virtual(test(steps));
  }
}
