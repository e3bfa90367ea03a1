// A name server for tests, over any Stack: what it says is a function of the query.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/dns/message.hpp"
#include "sundog/io/dns/message_writer.hpp"
#include "sundog/io/stack.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::test {

inline dns::Name dns_name(std::string_view text) { return dns::Name::try_parse(text).value(); }

// A response that is being put together.
class Reply {
 public:
  explicit Reply(const dns::Message& query, std::size_t bytes_max = 1232)
      : space_(bytes_max), question_(query.question().value()), writer_(space_, header_for(query)) {
    if (!writer_.question(question_)) std::abort();
  }

  const dns::Question& question() const { return question_; }
  dns::Header& header() { return writer_.header(); }

  // If the question asks for such a record, or the answer shall have it all the same.
  Reply& address(std::string_view owner, std::string_view text, std::uint32_t ttl_s = 300,
                 bool always = false) {
    const IpAddress address = IpAddress::parse(text);
    const dns::Type type = address.is_v4() ? dns::Type::a : dns::Type::aaaa;
    if (type != question_.type && !always) return *this;
    return record(dns::Section::answer, owner, type, ttl_s, std::as_bytes(address.bytes()));
  }
  Reply& alias(std::string_view owner, std::string_view target, std::uint32_t ttl_s = 300) {
    return record(dns::Section::answer, owner, dns::Type::cname, ttl_s, dns_name(target).bytes());
  }
  Reply& authority(std::string_view zone, std::uint32_t ttl_s, std::uint32_t minimum_s) {
    dns::Soa soa;
    soa.minimum_s = minimum_s;
    std::array<std::byte, 64> rdata;
    dns::RdataBuilder builder(rdata);
    soa.write(builder);
    return record(dns::Section::authority, zone, dns::Type::soa, ttl_s, builder.result());
  }
  Reply& record(dns::Section section, std::string_view owner, dns::Type type, std::uint32_t ttl_s,
                Bytes rdata) {
    if (!writer_.record(section, dns_name(owner), type, dns::Class::internet, ttl_s, rdata)) {
      writer_.truncated();
    }
    return *this;
  }
  Reply& rcode(dns::Rcode code) {
    writer_.header().rcode = code;
    return *this;
  }

  std::vector<std::byte> bytes() {
    const Bytes all = writer_.finish();
    return {all.begin(), all.end()};
  }

 private:
  static dns::Header header_for(const dns::Message& query) {
    dns::Header header = query.header();
    header.is_response = true;
    header.recursion_available = true;
    return header;
  }

  std::vector<std::byte> space_;
  dns::Question question_;
  dns::MessageWriter writer_;
};

struct FakeNameServer {
  // Gives the response; an empty one for silence.
  using Script = std::function<std::vector<std::byte>(const dns::Message& query, bool by_tcp)>;

  explicit FakeNameServer(Script with) : script(std::move(with)) {}

  std::vector<std::byte> answer(Bytes query, bool by_tcp) {
    const auto message = dns::Message::parse(query);
    if (!message || !message->question()) return {};
    const dns::Question question = *message->question();
    asked.push_back(question.name.to_string() + " " + dns::to_string(question.type) +
                    (by_tcp ? " tcp" : "") + (message->edns() ? "" : " plain"));
    return script(*message, by_tcp);
  }
  // How often that was asked, in the form of `asked`.
  std::size_t count(std::string_view question) const {
    std::size_t times = 0;
    for (const std::string& one : asked) times += one == question ? 1 : 0;
    return times;
  }

  Script script;
  // It takes connections and says nothing.
  bool hangs_by_tcp = false;
  std::vector<std::string> asked;  // "www.example.org. AAAA tcp plain"
};

template <Stack S>
Task<void> serve_dns_by_udp(S& stack, Endpoint where, FakeNameServer& server) {
  auto socket = stack.datagrams(where);
  std::array<std::byte, 1500> query;
  for (;;) {
    const auto received = co_await socket.receive(query);
    const auto reply = server.answer(Bytes(query).first(received.size), false);
    if (!reply.empty()) co_await socket.send(reply, received.peer);
  }
}

template <Flow F>
Task<void> serve_dns_connection(F flow, FakeNameServer& server) {
  std::array<std::byte, 1500> query;
  std::size_t size = 0;
  try {
    for (;;) {
      const std::size_t count = co_await flow.read(std::span(query).subspan(size));
      if (count == 0) co_return;
      size += count;
      const std::size_t whole = size < 2 ? 2 : 2 + std::to_integer<std::size_t>(query[1]);
      if (size < whole) continue;
      if (server.hangs_by_tcp) co_await sleep(std::chrono::hours(1));
      const auto reply = server.answer(Bytes(query).subspan(2, whole - 2), true);
      if (reply.empty()) co_return;
      const std::array<std::byte, 2> length = {static_cast<std::byte>(reply.size() >> 8),
                                               static_cast<std::byte>(reply.size())};
      co_await flow.write(Bytes(length));
      co_await flow.write(Bytes(reply));
      size = 0;
    }
  } catch (const std::system_error&) {
    // The client has gone.
  }
}

// Until it is cancelled.
template <Stack S>
Task<void> serve_dns(S stack, Endpoint where, FakeNameServer& server) {
  const auto both = [&](Scope& tasks) -> Task<void> {
    tasks.spawn(serve_dns_by_udp(stack, where, server));
    auto listener = stack.listen(where);
    for (;;) {
      auto flow = co_await listener.accept();
      tasks.spawn(serve_dns_connection(std::move(flow), server));
    }
  };
  co_await scope(both);
}

}  // namespace sundog::test
