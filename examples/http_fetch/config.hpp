// What http_fetch can be told when it starts, and how it reaches a server.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "sundog/io/configuration.hpp"
#include "sundog/io/unix/resolver.hpp"
#include "sundog/io/unix/socket.hpp"

namespace http_fetch {

using namespace sundog;
using namespace std::chrono_literals;

struct HttpFetch : Configuration {
  HttpFetch() : Configuration("Fetches a page and prints it.") {}

  Parameter<std::string> url{*this, "url", "what to fetch; http only", "http://localhost:8080/"};
  Parameter<bool> head{*this, "head", "ask for the head alone, and print it", false};
  Parameter<std::string> data{*this, "data", "send this with POST, instead of asking with GET", ""};
  Parameter<Duration> limit{*this, "limit", "how long all of it may take", 30s};
  Parameter<int> redirects{*this, "redirects", "how many redirects to follow", 10, {0, 100}};
};

// A connection to the first address of the host that takes one. Throws std::system_error: the host
// is unknown, or the last address's refusal.
inline Task<Socket> connect(std::string host, std::uint16_t port) {
  const std::vector<Address> addresses = co_await resolve(host, port);
  for (std::size_t i = 0; i + 1 < addresses.size(); ++i) {
    try {
      co_return co_await Socket::connect(addresses[i]);
    } catch (const std::system_error&) {  // perhaps the next one
    }
  }
  co_return co_await Socket::connect(addresses.back());
}

}  // namespace http_fetch
