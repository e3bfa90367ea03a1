// NameServers: whom to ask, in which order, and what came of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/endpoint.hpp"

namespace sundog::net {

class NameServers {
 public:
  struct Server {
    explicit Server(const Endpoint& where) noexcept : endpoint(where) {}

    Endpoint endpoint;
    // It has refused a query with an OPT record, and taken the same without one.
    bool takes_edns = true;
  };

  explicit NameServers(const std::vector<Endpoint>& endpoints) {
    for (const Endpoint& endpoint : endpoints) servers_.emplace_back(endpoint);
  }

  std::size_t count() const noexcept { return servers_.size(); }
  // The server that is asked as the n-th: the one that has answered last comes first, the others
  // follow in the order in which they were given.
  Server& in_turn(std::size_t n) noexcept { return servers_[(preferred_ + n) % count()]; }
  void prefer(const Server& server) noexcept {
    preferred_ = static_cast<std::size_t>(&server - servers_.data());
  }

  // "192.0.2.1:53, [2001:db8::1]:53"
  std::string to_string() const {
    std::string text;
    for (const Server& server : servers_) {
      if (!text.empty()) text += ", ";
      text += server.endpoint.to_string();
    }
    return text;
  }

 private:
  std::vector<Server> servers_;
  std::size_t preferred_ = 0;
};

}  // namespace sundog::net
