// The client that keeps its connections, and contents that go through in pieces.
#include "sundog/io/http/client.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sundog/io/http/serve.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "tests/catch.hpp"
#include "tests/http/memory_flow.hpp"

using namespace sundog;
using namespace sundog::http;
using namespace std::chrono_literals;

namespace {

// Answers with the method, the path and the content it was sent; /slow after a second; /move sends
// to /moved; /large/N with N bytes.
const auto handler = [](auto& exchange) -> Task<void> {
  const std::string path(exchange.request().path);
  std::string content;
  std::array<std::byte, 100> part;
  for (;;) {
    const std::size_t count = co_await exchange.read(part);
    if (count == 0) break;
    content.append(reinterpret_cast<const char*>(part.data()), count);
  }
  if (path == "/slow") co_await sleep(1s);
  if (path == "/move") {
    exchange.start(Status::temporary_redirect);
    exchange.field("Location", "/moved");
    co_await exchange.send("look there");
    co_return;
  }
  exchange.start(Status::ok);
  if (path.starts_with("/large/")) {
    co_await exchange.send(std::string(std::stoul(path.substr(7)), 'x'));
    co_return;
  }
  const std::string answer =
      std::string(exchange.request().method_text) + " " + path + " " + content;
  co_await exchange.send(answer);
};

// What a test's client meets, and what it has made of it.
struct World {
  // Of the next connections: played from a script, one request each, or by a server.
  std::map<std::size_t, std::string> scripts;
  std::size_t connection_count = 0;
  std::size_t open_count = 0;
  std::size_t open_max = 0;
  ServerOptions server_options;
};

Task<void> play(MemoryFlow& flow, const std::string& script) {
  std::array<std::byte, 4096> part;
  const std::size_t count = co_await flow.read(part);
  if (count > 0 && !script.empty()) co_await flow.write(as_bytes(script));
}

Task<void> serve_one(World& world, MemoryFlow flow, std::size_t number) {
  ++world.open_count;
  world.open_max = std::max(world.open_max, world.open_count);
  const auto script = world.scripts.find(number);
  if (script != world.scripts.end()) {
    co_await play(flow, script->second);
  } else {
    co_await serve(std::move(flow), handler, world.server_options);
  }
  --world.open_count;
}

// Runs body(client).
template <class Body>
void with_client(World& world, ClientOptions options, Body body) {
  const auto test = [&]() -> Task<void> {
    co_await scope([&](Scope& servers) -> Task<void> {
      const auto connect = [&](std::string, std::uint16_t) -> Task<MemoryFlow> {
        auto pair = memory_flow_pair();
        servers.spawn(serve_one(world, std::move(pair.second), world.connection_count++));
        co_return std::move(pair.first);
      };
      Client client(connect, options);
      co_await body(client);
      client.close_idle();
      servers.cancel_tasks();
    });
  };
  run_virtual(test());
}

FetchOptions with_method(Method method, std::string content = "") {
  FetchOptions options;
  options.method = method;
  options.content = std::move(content);
  return options;
}

// Content in pieces of seven bytes.
auto pieces_of(std::string text) {
  return [text = std::move(text),
          sent = std::size_t{0}](MutableBytes space) mutable -> Task<std::size_t> {
    const std::size_t count = std::min({std::size_t{7}, space.size(), text.size() - sent});
    std::memcpy(space.data(), text.data() + sent, count);
    sent += count;
    co_return count;
  };
}

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

}  // namespace

TEST_CASE("a connection is kept and used again, one host's for that host only") {
  World world;
  with_client(world, {}, [&](auto& client) -> Task<void> {
    for (int i = 0; i < 3; ++i) {
      const Response response = co_await client.fetch("http://a/x");
      CHECK(response.content == "GET /x ");
    }
    CHECK(world.connection_count == 1);
    CHECK(client.idle_count() == 1);
    co_await client.fetch("http://b/x");
    co_await client.fetch("http://a:81/x");
    CHECK(world.connection_count == 3);
    CHECK(client.idle_count() == 3);
  });
}

TEST_CASE("a redirect goes over the same connection") {
  World world;
  with_client(world, {}, [&](auto& client) -> Task<void> {
    const Response response = co_await client.fetch("http://a/move");
    CHECK(response.content == "GET /moved ");
    CHECK(world.connection_count == 1);
  });
}

TEST_CASE("a connection that the server closed while it was kept costs nothing but another one") {
  World world;
  world.scripts[0] = ok;  // and closes
  with_client(world, {}, [&](auto& client) -> Task<void> {
    const Response first = co_await client.fetch("http://a/x");
    CHECK(first.content == "hi");
    CHECK(client.idle_count() == 1);
    const Response second = co_await client.fetch("http://a/x");
    CHECK(second.content == "GET /x ");
    CHECK(world.connection_count == 2);
  });
}

TEST_CASE("what must not be done twice is never sent on a kept connection") {
  for (const Method method : {Method::post, Method::patch}) {
    World world;
    world.scripts[0] = ok;
    with_client(world, {}, [&](auto& client) -> Task<void> {
      co_await client.fetch("http://a/x");
      const Response posted = co_await client.fetch("http://a/x", with_method(method, "c"));
      CHECK(posted.content.ends_with(" /x c"));
      CHECK(world.connection_count == 2);
      // PUT may be: it went to the first, which is closed.
      const Response put = co_await client.fetch("http://a/x", with_method(Method::put, "d"));
      CHECK(put.content == "PUT /x d");
    });
  }
}

TEST_CASE("a new connection that fails is an error, and one that fails halfway too") {
  World world;
  world.scripts[0] = "";
  world.scripts[2] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi";
  with_client(world, {}, [&](auto& client) -> Task<void> {
    std::error_code error;
    const auto fetch = [&](FetchOptions options) -> Task<void> {
      try {
        co_await client.fetch("http://a/x", options);
        error = {};
      } catch (const std::system_error& caught) {
        error = caught.code();
      }
    };
    co_await fetch({});
    CHECK(error == FetchError::response_cut_short);
    co_await fetch({});
    CHECK_FALSE(error);
    co_await fetch(with_method(Method::post));
    CHECK(error == FetchError::response_cut_short);
    CHECK(world.connection_count == 3);
  });
}

TEST_CASE("a connection with something wrong about it is not kept") {
  for (const std::string& response :
       {std::string("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
        std::string("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\n\r\nto the end"), ok + "and more",
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "0\r\n\r\n")}) {
    World world;
    world.scripts[0] = response;
    with_client(world, {}, [&](auto& client) -> Task<void> {
      co_await client.fetch("http://a/x");
      CAPTURE(response);
      CHECK(client.idle_count() == 0);
    });
  }
}

TEST_CASE("connections to one host are limited, and requests wait for their turn") {
  World world;
  ClientOptions options;
  options.connections_per_host_max = 2;
  with_client(world, options, [&](auto& client) -> Task<void> {
    const auto fetch = [&](std::string url) -> Task<void> {
      const Response response = co_await client.fetch(url);
      CHECK(response.status == Status::ok);
    };
    co_await scope([&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 6; ++i) tasks.spawn(fetch("http://a/slow"));
      co_await fetch("http://b/x");
      CHECK(now().time_since_epoch() < 1s);
    });
    CHECK(now().time_since_epoch() == 3s);
    CHECK(world.connection_count == 3);
    CHECK(world.open_max == 3);
  });
}

TEST_CASE("idle connections are limited in number and in age") {
  World world;
  ClientOptions options;
  options.idle_connections_max = 2;
  with_client(world, options, [&](auto& client) -> Task<void> {
    for (const std::string host : {"a", "b", "c"}) co_await client.fetch("http://" + host + "/");
    CHECK(client.idle_count() == 2);
    co_await client.fetch("http://c/");
    CHECK(world.connection_count == 3);
    co_await client.fetch("http://a/");
    CHECK(world.connection_count == 4);
    co_await sleep(31s);
    co_await client.fetch("http://a/");
    CHECK(world.connection_count == 5);
    CHECK(client.idle_count() == 1);
  });
}

TEST_CASE("a fetch that is given up does not leave its connection to the next one") {
  World world;
  with_client(world, {}, [&](auto& client) -> Task<void> {
    FetchOptions impatient;
    impatient.timeout = 10ms;
    std::error_code error;
    try {
      co_await client.fetch("http://a/slow", impatient);
    } catch (const std::system_error& caught) {
      error = caught.code();
    }
    CHECK(error == std::errc::timed_out);
    CHECK(client.idle_count() == 0);
    const Response next = co_await client.fetch("http://a/x");
    CHECK(next.content == "GET /x ");
  });
}

TEST_CASE("content that is made while it is sent goes in chunks, or with the length that is told") {
  World world;
  with_client(world, {}, [&](auto& client) -> Task<void> {
    FetchOptions options = with_method(Method::post);
    options.send = pieces_of("some more content than a piece");
    const Response chunked = co_await client.fetch("http://a/x", options);
    CHECK(chunked.content == "POST /x some more content than a piece");
    options.send = pieces_of("some more content than a piece");
    options.send_length = 30;
    const Response counted = co_await client.fetch("http://a/x", options);
    CHECK(counted.content == "POST /x some more content than a piece");
    options.send = pieces_of("too little");
    std::error_code error;
    try {
      co_await client.fetch("http://a/x", options);
    } catch (const std::system_error& caught) {
      error = caught.code();
    }
    CHECK(error == std::errc::invalid_argument);
    options.send = pieces_of("more than was told, by far more");
    const Response cut = co_await client.fetch("http://a/x", options);
    CHECK(cut.content == "POST /x more than was told, by far mor");
  });
}

TEST_CASE("a redirect that would need streamed content again is given to the caller") {
  World world;
  with_client(world, {}, [&](auto& client) -> Task<void> {
    FetchOptions options = with_method(Method::put);
    options.send = pieces_of("once");
    const Response response = co_await client.fetch("http://a/move", options);
    CHECK(response.status == Status::temporary_redirect);
    CHECK(response.content == "look there");
  });
}

TEST_CASE("content of any size is taken piece by piece, and progress is told") {
  World world;
  with_client(world, {}, [&](auto& client) -> Task<void> {
    FetchOptions options;
    options.response_body_bytes_max = 10;
    std::size_t taken = 0;
    std::size_t largest = 0;
    std::uint64_t told = 0;
    std::optional<std::uint64_t> total;
    options.receive = [&](const Response& head, Bytes piece) -> Task<void> {
      CHECK(head.status == Status::ok);
      taken += piece.size();
      largest = std::max(largest, piece.size());
      co_await sleep(1ms);
    };
    options.progress = [&](std::uint64_t received, std::optional<std::uint64_t> of) {
      told = received;
      total = of;
    };
    const Response response = co_await client.fetch("http://a/large/3000000", options);
    CHECK(response.content.empty());
    CHECK(taken == 3'000'000);
    CHECK(largest <= 65'536);
    CHECK(told == 3'000'000);
    CHECK(total == 3'000'000U);
    CHECK(client.idle_count() == 1);
  });
}

TEST_CASE("what is received is of the response that counts, not of the redirects before it") {
  World world;
  with_client(world, {}, [&](auto& client) -> Task<void> {
    FetchOptions options;
    std::string taken;
    options.receive = [&](const Response&, Bytes piece) -> Task<void> {
      taken.append(reinterpret_cast<const char*>(piece.data()), piece.size());
      co_return;
    };
    co_await client.fetch("http://a/move", options);
    CHECK(taken == "GET /moved ");
  });
}

TEST_CASE("who takes content may stop it, and the connection ends") {
  World world;
  with_client(world, {}, [&](auto& client) -> Task<void> {
    FetchOptions options;
    options.receive = [&](const Response&, Bytes) -> Task<void> {
      throw std::system_error(std::make_error_code(std::errc::no_space_on_device));
      co_return;
    };
    std::error_code error;
    try {
      co_await client.fetch("http://a/large/100000", options);
    } catch (const std::system_error& caught) {
      error = caught.code();
    }
    CHECK(error == std::errc::no_space_on_device);
    CHECK(client.idle_count() == 0);
  });
}

TEST_CASE("both directions may be under way at once") {
  // The server sends back what it reads, before it has all of it.
  const auto echo = [](auto& exchange) -> Task<void> {
    exchange.start(Status::ok);
    exchange.begin_stream();
    std::array<std::byte, 64> part;
    for (;;) {
      const std::size_t count = co_await exchange.read(part);
      if (count == 0) break;
      co_await exchange.write(Bytes(part.data(), count));
    }
  };
  const auto test = [&]() -> Task<void> {
    co_await scope([&](Scope& servers) -> Task<void> {
      const auto connect = [&](std::string, std::uint16_t) -> Task<MemoryFlow> {
        auto pair = memory_flow_pair();
        servers.spawn(serve(std::move(pair.second), echo));
        co_return std::move(pair.first);
      };
      Client client(connect);
      std::size_t sent = 0;
      std::size_t echoed = 0;
      FetchOptions options = with_method(Method::post);
      // Each piece waits for the one before to have come back.
      options.send = [&](MutableBytes space) -> Task<std::size_t> {
        while (echoed < sent) co_await sleep(1ms);
        if (sent == 500) co_return std::size_t{0};
        sent += 5;
        std::fill_n(space.begin(), 5, std::byte{'x'});
        co_return std::size_t{5};
      };
      options.receive = [&](const Response&, Bytes piece) -> Task<void> {
        echoed += piece.size();
        co_return;
      };
      co_await client.fetch("http://a/", options);
      CHECK(echoed == 500);
      client.close_idle();
    });
  };
  run_virtual(test());
}
