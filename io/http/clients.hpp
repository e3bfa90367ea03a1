// Clients: how many connections each client of a server has, by its address. Takes memory for those
// that have some.
#pragma once

#include <cstddef>
#include <map>
#include <utility>

#include "sundog/io/ip_address.hpp"

namespace sundog::http {

class Clients {
 public:
  // One connection of a client, counted as long as this lives. Empty: it is not counted.
  class Visit {
   public:
    Visit() noexcept = default;
    Visit(Visit&& other) noexcept
        : clients_(std::exchange(other.clients_, nullptr)), client_(other.client_) {}
    Visit& operator=(Visit&& other) noexcept {
      std::swap(clients_, other.clients_);
      std::swap(client_, other.client_);
      return *this;
    }
    ~Visit() {
      if (clients_ != nullptr) clients_->leave(client_);
    }
    explicit operator bool() const noexcept { return clients_ != nullptr; }

   private:
    friend class Clients;
    Visit(Clients& clients, const IpAddress& client) noexcept
        : clients_(&clients), client_(client) {}

    Clients* clients_ = nullptr;
    IpAddress client_;
  };

  // Empty: it has `count_max` already. A visit must end before this does. Throws std::bad_alloc.
  Visit enter(const IpAddress& client, std::size_t count_max) {
    const auto place = counts_.try_emplace(client, 0).first;
    if (place->second >= count_max) return Visit();
    ++place->second;
    return Visit(*this, client);
  }
  // Clients that have a connection.
  std::size_t count() const noexcept { return counts_.size(); }

 private:
  void leave(const IpAddress& client) noexcept {
    const auto place = counts_.find(client);
    if (--place->second == 0) counts_.erase(place);
  }

  std::map<IpAddress, std::size_t> counts_;
};

}  // namespace sundog::http
