// QuestionTransport: how a query gets to a name server and its answer back, over any Stack. The
// resolver itself is written against these few virtual functions and so compiled once.
//
// A query by UDP leaves from a port of its own that nobody can guess, on a socket that is closed
// when the answer is there: together with the query's number, that is what keeps made-up answers
// out (RFC 5452).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <vector>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/resolver/limits.hpp"
#include "sundog/io/net/resolver/query.hpp"
#include "sundog/io/prefix.hpp"
#include "sundog/io/stack.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::net {

class QuestionTransport {
 public:
  // Waits until something answers the query, and gives its size in `reply`; nothing where it is
  // better to ask by TCP: the answer did not fit, or too much came that was no answer. Throws
  // std::system_error.
  virtual Task<std::optional<std::size_t>> by_udp(const Endpoint& server, const Query& query,
                                                  MutableBytes reply) = 0;
  // The whole answer, which is_answered_by() has not looked at. Throws std::system_error, of which
  // connection_aborted means that the server has closed the connection before its answer's end.
  virtual Task<std::vector<std::byte>> by_tcp(const Endpoint& server, const Query& query) = 0;
  // See Stack.
  virtual std::vector<Prefix> own_addresses() = 0;

 protected:
  ~QuestionTransport() = default;
};

// A port that programs may choose, 1024 to 65535.
inline std::uint16_t random_port(RandomSource& random) noexcept {
  return static_cast<std::uint16_t>(1024 + random.below(65536 - 1024));
}

// Whether that is where the server sends from. A zone is a matter of spelling, and a socket of both
// families shows IPv4 addresses as mapped ones.
inline bool is_same_endpoint(const Endpoint& server, const Endpoint& peer) noexcept {
  return server.port() == peer.port() &&
         server.address().in_zone({}).unmapped() == peer.address().in_zone({}).unmapped();
}

template <Stack S>
class TransportOver final : public QuestionTransport {
 public:
  // Both must outlive it.
  TransportOver(S& stack, RandomSource& random) noexcept : stack_(stack), random_(random) {}

  Task<std::optional<std::size_t>> by_udp(const Endpoint& server, const Query& query,
                                          MutableBytes reply) override {
    auto socket = bind(server);
    co_await socket.send(query.bytes(), server);
    for (unsigned wrong = 0; wrong < wrong_answers_max; ++wrong) {
      const auto received = co_await socket.receive(reply);
      const Bytes message = reply.first(received.size);
      if (is_same_endpoint(server, received.peer) && query.is_answered_by(message)) {
        if (received.truncated) co_return std::nullopt;
        co_return received.size;
      }
      SUNDOG_PROBE("a datagram came to a DNS query's port that does not answer it");
    }
    SUNDOG_PROBE("so many wrong answers came that a DNS query goes by TCP");
    co_return std::nullopt;
  }

  Task<std::vector<std::byte>> by_tcp(const Endpoint& server, const Query& query) override {
    auto flow = co_await stack_.connect(server);
    // The length and the message in one write (RFC 7766 section 8).
    const std::size_t size = query.bytes().size();
    const std::array<std::byte, 2> length = {static_cast<std::byte>(size >> 8),
                                             static_cast<std::byte>(size)};
    const std::array<Bytes, 2> parts = {Bytes(length), query.bytes()};
    co_await flow.write(std::span<const Bytes>(parts));
    std::array<std::byte, 2> answer_length;
    co_await read_all(flow, answer_length);
    std::vector<std::byte> answer(std::to_integer<std::size_t>(answer_length[0]) << 8 |
                                  std::to_integer<std::size_t>(answer_length[1]));
    co_await read_all(flow, answer);
    co_return answer;
  }

  std::vector<Prefix> own_addresses() override { return stack_.addresses(); }

 private:
  typename S::Datagrams bind(const Endpoint& server) {
    const IpAddress any = server.address().is_v4() ? IpAddress::any_v4() : IpAddress::any_v6();
    for (unsigned tried = 0; tried < ports_tried_max; ++tried) {
      try {
        return stack_.datagrams(Endpoint(any, random_port(random_)));
      } catch (const std::system_error& error) {
        // Some ports may be reserved for others.
        if (error.code() != std::errc::address_in_use &&
            error.code() != std::errc::permission_denied) {
          throw;
        }
      }
    }
    return stack_.datagrams(Endpoint(any, 0));
  }

  static Task<void> read_all(typename S::Connection& flow, MutableBytes buffer) {
    while (!buffer.empty()) {
      const std::size_t count = co_await flow.read(buffer);
      if (count == 0) {
        throw std::system_error(std::make_error_code(std::errc::connection_aborted));
      }
      buffer = buffer.subspan(count);
    }
  }

  S& stack_;
  RandomSource& random_;
};

}  // namespace sundog::net
