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
      auto arrival = wait<void>();
      waiting_->acceptor.emplace(std::move(arrival.second));
      co_await arrival.first;
    }
    MemoryFlow flow = std::move(waiting_->flows.front());
    waiting_->flows.pop_front();
    co_return flow;
  }
  std::size_t waiting_count() const { return waiting_->flows.size(); }

 private:
  struct Waiting {
    std::deque<MemoryFlow> flows;
    std::optional<Wakener<void>> acceptor;
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

TEST_CASE("at its limit the server does not accept, and goes on when a connection has ended") {
  ServerOptions options;
  options.connection_count_max = 2;
  with_server(options, [](TestServer& server, MemoryListener& listener) -> Task<void> {
    MemoryFlow first = listener.connect();
    std::optional<MemoryFlow> second = listener.connect();
    MemoryFlow third = listener.connect();
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

TEST_CASE("a stop at the limit ends the server too") {
  ServerOptions options;
  options.connection_count_max = 1;
  with_server(options, [](TestServer& server, MemoryListener& listener) -> Task<void> {
    MemoryFlow first = listener.connect();
    MemoryFlow second = listener.connect();
    co_await sleep(1s);
    server.stop();
    CHECK(co_await read_some(first) == "");
    CHECK(now().time_since_epoch() == 1s);
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
    CHECK(now().time_since_epoch() == 1s);
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
