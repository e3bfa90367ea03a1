// The server over many connections, in memory.
#include "sundog/io/http/server.hpp"

#include <deque>
#include <string>

#include "tests/catch.hpp"
#include "tests/http/memory_flow.hpp"

using namespace sundog;
using namespace sundog::http;
using namespace std::chrono_literals;

namespace {

// A place to connect to. Copies are the same place, so that a test can hold on to one.
class MemoryListener {
 public:
  MemoryListener() : waiting_(std::make_shared<Waiting>()) {}

  MemoryFlow connect() const {
    auto pair = memory_flow_pair();
    waiting_->flows.push_back(std::move(pair.second));
    if (waiting_->acceptor) {
      auto acceptor = std::move(*waiting_->acceptor);
      waiting_->acceptor.reset();
      acceptor.wakeup();
    }
    return std::move(pair.first);
  }
  Task<MemoryFlow> accept() {
    while (waiting_->flows.empty()) {
      if (waiting_->finished)
        throw std::system_error(std::make_error_code(std::errc::operation_canceled));
      auto arrival = wait<void>();
      waiting_->acceptor.emplace(std::move(arrival.second));
      co_await arrival.first;
    }
    MemoryFlow flow = std::move(waiting_->flows.front());
    waiting_->flows.pop_front();
    co_return flow;
  }
  void finish() { waiting_->finished = true; }
  std::size_t waiting_count() const { return waiting_->flows.size(); }

 private:
  struct Waiting {
    std::deque<MemoryFlow> flows;
    std::optional<Wakener<void>> acceptor;
    bool finished = false;
  };
  std::shared_ptr<Waiting> waiting_;
};

static_assert(Listener<MemoryListener>);

// GET /N sleeps N seconds; GET /fail fails.
const auto handler = [](auto& exchange) -> Task<void> {
  const std::string path(exchange.request().path);
  if (path == "/fail") throw std::runtime_error("as asked");
  co_await sleep(std::chrono::seconds(std::stoi(path.substr(1))));
  exchange.start(Status::ok);
  co_await exchange.send("done");
};

using TestServer = Server<MemoryListener, decltype(handler)>;

Task<void> ask(MemoryFlow& flow, std::string path) {
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
  co_await flow.write(as_bytes(request));
}

Task<std::string> read_some(MemoryFlow& flow) {
  std::array<std::byte, 4096> part;
  const std::size_t count = co_await flow.read(part);
  co_return std::string(reinterpret_cast<const char*>(part.data()), count);
}

const std::string done = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";
const std::string done_and_close =
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone";

// Runs body(server, listener) beside the server, which must end when it has been stopped.
template <class Body>
void with_server(ServerOptions chosen, Body test_body) {
  const auto test = [](ServerOptions options, Body body) -> Task<void> {
    MemoryListener listener;
    TestServer server(listener, handler, options);
    const auto both = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(server.run());
      co_await body(server, listener);
      server.stop();
    };
    co_await scope(both);
    CHECK(server.connection_count() == 0);
  };
  run_virtual(test(std::move(chosen), std::move(test_body)));
}

}  // namespace

TEST_CASE("connections are served side by side") {
  with_server({}, [](TestServer&, MemoryListener& listener) -> Task<void> {
    MemoryFlow slow = listener.connect();
    MemoryFlow quick = listener.connect();
    co_await ask(slow, "/5");
    co_await ask(quick, "/1");
    CHECK(co_await read_some(quick) == done);
    CHECK(now().time_since_epoch() == 1s);
    CHECK(co_await read_some(slow) == done);
    CHECK(now().time_since_epoch() == 5s);
  });
}

TEST_CASE("a failing connection touches no other") {
  with_server({}, [](TestServer&, MemoryListener& listener) -> Task<void> {
    MemoryFlow good = listener.connect();
    MemoryFlow failing = listener.connect();
    MemoryFlow resetting = listener.connect();
    co_await ask(good, "/5");
    co_await ask(failing, "/fail");
    co_await ask(resetting, "/1");
    resetting.outgoing().reset = resetting.incoming().reset = true;
    const std::string failed = co_await read_some(failing);
    CHECK(failed.starts_with("HTTP/1.1 500 "));
    CHECK(co_await read_some(good) == done);
  });
}

TEST_CASE("with all busy at its limit the server does not accept, and goes on when one has ended") {
  ServerOptions options;
  options.connection_count_max = 2;
  with_server(options, [](TestServer& server, MemoryListener& listener) -> Task<void> {
    MemoryFlow first = listener.connect();
    std::optional<MemoryFlow> second = listener.connect();
    MemoryFlow third = listener.connect();
    co_await ask(first, "/500");
    co_await second->write(as_bytes("GET /0 HTT"));
    co_await ask(third, "/0");
    co_await sleep(1s);
    CHECK(server.connection_count() == 2);
    CHECK(listener.waiting_count() == 1);
    second.reset();
    CHECK(co_await read_some(third) == done);
    CHECK(now().time_since_epoch() == 1s);
    CHECK(server.connection_count() == 2);
  });
}

TEST_CASE("with some idle at its limit the server closes the longest idle for a new one") {
  ServerOptions options;
  options.connection_count_max = 3;
  with_server(options, [](TestServer& server, MemoryListener& listener) -> Task<void> {
    MemoryFlow busy = listener.connect();
    MemoryFlow used = listener.connect();
    MemoryFlow silent = listener.connect();
    co_await ask(busy, "/500");
    co_await sleep(1s);
    co_await ask(used, "/0");  // has been idle for less time than `silent` after this
    CHECK(co_await read_some(used) == done);
    MemoryFlow fourth = listener.connect();
    co_await ask(fourth, "/0");
    CHECK(co_await read_some(fourth) == done);
    CHECK(co_await read_some(silent) == "");
    MemoryFlow fifth = listener.connect();
    co_await ask(fifth, "/0");
    CHECK(co_await read_some(fifth) == done);
    CHECK(co_await read_some(used) == "");
    CHECK(now().time_since_epoch() == 1s);
    CHECK(server.connection_count() == 3);
  });
}

TEST_CASE("a connection that becomes idle makes room for one that waits") {
  ServerOptions options;
  options.connection_count_max = 1;
  with_server(options, [](TestServer&, MemoryListener& listener) -> Task<void> {
    MemoryFlow first = listener.connect();
    co_await ask(first, "/5");
    co_await sleep(1s);
    MemoryFlow second = listener.connect();
    co_await ask(second, "/0");
    CHECK(co_await read_some(second) == done);
    CHECK(now().time_since_epoch() == 5s);
    CHECK(co_await read_some(first) == done);
    CHECK(co_await read_some(first) == "");
  });
}

TEST_CASE("a stop lets in who had come, and answers requests that were on their way") {
  with_server({}, [](TestServer& server, MemoryListener& listener) -> Task<void> {
    MemoryFlow idle = listener.connect();
    co_await sleep(1s);
    std::deque<MemoryFlow> late;
    for (int i = 0; i < 20; ++i) {
      late.push_back(listener.connect());
      co_await ask(late.back(), "/0");
    }
    server.stop();
    co_await ask(idle, "/0");
    for (MemoryFlow& flow : late) CHECK(co_await read_some(flow) == done_and_close);
    CHECK(co_await read_some(idle) == done_and_close);
    CHECK(now().time_since_epoch() == 1s);
    MemoryFlow too_late = listener.connect();
    co_await ask(too_late, "/0");
    co_await sleep(1s);
    CHECK(listener.waiting_count() == 1);
  });
}

TEST_CASE("a stop at the limit ends the server too") {
  ServerOptions options;
  options.connection_count_max = 1;
  with_server(options, [](TestServer& server, MemoryListener& listener) -> Task<void> {
    MemoryFlow first = listener.connect();
    MemoryFlow second = listener.connect();
    co_await ask(first, "/5");
    co_await sleep(1s);
    server.stop();
    CHECK(co_await read_some(second) == "");
    CHECK(now().time_since_epoch() == 1s + stop_grace);
    CHECK(co_await read_some(first) == done_and_close);
    CHECK(now().time_since_epoch() == 5s);
  });
}

TEST_CASE("a graceful stop finishes what is under way and closes what is idle") {
  with_server({}, [](TestServer& server, MemoryListener& listener) -> Task<void> {
    MemoryFlow idle = listener.connect();
    MemoryFlow busy = listener.connect();
    co_await ask(busy, "/5");
    co_await sleep(1s);
    server.stop();
    server.stop();
    CHECK(co_await read_some(idle) == "");
    CHECK(now().time_since_epoch() == 1s + stop_grace);
    CHECK(co_await read_some(busy) == done_and_close);
    CHECK(co_await read_some(busy) == "");
    CHECK(now().time_since_epoch() == 5s);
  });
}

TEST_CASE("a graceful stop does not wait for ever") {
  with_server({}, [](TestServer& server, MemoryListener& listener) -> Task<void> {
    MemoryFlow busy = listener.connect();
    co_await ask(busy, "/1000");
    co_await sleep(1s);
    server.stop();
    CHECK(co_await read_some(busy) == "");
    CHECK(now().time_since_epoch() == 1s + stop_timeout);
  });
}
