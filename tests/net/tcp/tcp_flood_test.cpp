// A peer of which the test writes every segment: floods, handshakes that are broken off, errors
// that are made up, and a TIME-WAIT that makes room.
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "sundog/runtime/join.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/flow.hpp"
#include "tests/contracts/stack.hpp"
#include "tests/net/tcp/raw_tcp.hpp"

using namespace sundog;
using namespace sundog::test;
using namespace std::chrono_literals;

namespace {

using net::wire::TcpHeader;
constexpr std::uint16_t service = 80;

net::DirectListener listen_at(net::DirectHost& machine) {
  return net::DirectStack(machine).listen(Endpoint(machine_address, service));
}

// Has a SYN answered; gives the answer's header.
Task<TcpHeader> answer_to_syn(RawPeer& peer, TcpHeader syn) {
  co_await peer.send_ipv4(tcp_packet(syn));
  for (;;) {
    const auto answer = co_await next_segment(peer, 1s);
    REQUIRE(answer.has_value());
    if (answer->header.destination_port == syn.source_port) co_return answer->header;
  }
}

// A handshake, from SYN to the last acknowledgement; gives the machine's sequence number.
Task<std::uint32_t> shake_hands(RawPeer& peer, TcpHeader syn) {
  const TcpHeader answer = co_await answer_to_syn(peer, syn);
  CHECK((answer.flags.syn && answer.flags.ack));
  TcpHeader last = tcp_header(syn.source_port, syn.destination_port, syn.sequence.number() + 1,
                              answer.sequence.number() + 1);
  if (answer.options.timestamps) {
    last.options.timestamps = net::wire::TcpTimestamps{syn.options.timestamps->value + 1,
                                                       answer.options.timestamps->value};
  }
  co_await peer.send_ipv4(tcp_packet(last));
  co_return answer.sequence.number() + 1;
}

// As many SYNs as a listener keeps, and more; answers are not looked at.
Task<void> flood(RawPeer& peer, std::uint16_t first_port, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(first_port + i);
    co_await peer.send_ipv4(tcp_packet(syn_from(port, service, 5000)));
    if (i % 8 == 0) co_await sleep(1ms);
  }
}

}  // namespace

TEST_CASE("a SYN for which nobody listens is answered by a reset, and a reset by nothing") {
  with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    const TcpHeader answer = co_await answer_to_syn(peer, syn_from(1000, 81, 7));
    CHECK(answer.flags.rst);
    CHECK(answer.acknowledgement.number() == 8);
    TcpHeader reset = tcp_header(1000, 81, 7);
    reset.flags.rst = true;
    co_await peer.send_ipv4(tcp_packet(reset));
    const auto nothing = co_await next_segment(peer);
    CHECK_FALSE(nothing);
    CHECK(machine.tcp().statistics().resets_out == 1);
  });
}

TEST_CASE("in a flood of SYNs nothing more is kept, and a peer gets its connection by a cookie") {
  for (const bool with_options : {true, false}) {
    with_raw_peer([with_options](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
      auto listener = listen_at(machine);
      co_await flood(peer, 10'000, net::tcp::half_open_max + 200);
      co_await sleep(10ms);
      CHECK(machine.tcp().connection_count() == net::tcp::half_open_max);
      CHECK(machine.tcp().statistics().cookies_sent == 200);
      // Somebody who means it.
      TcpHeader syn = syn_from(999, service, 100);
      if (with_options) {
        syn.options.timestamps = net::wire::TcpTimestamps{1, 0};
        syn.options.sack_permitted = true;
        syn.options.window_scale = 7;
      }
      const std::uint32_t next = co_await shake_hands(peer, syn);
      TcpHeader hello = tcp_header(999, service, 101, next);
      if (with_options) hello.options.timestamps = net::wire::TcpTimestamps{3, 0};
      hello.flags.psh = true;
      co_await peer.send_ipv4(tcp_packet(hello, as_bytes("hello")));
      auto flow = co_await listener.accept();
      CHECK(flow.peer_address() == Endpoint(peer_address, 999));
      std::array<std::byte, 16> buffer{};
      const std::size_t count = co_await flow.read(buffer);
      CHECK(count == 5);
      const net::tcp::Snapshot shot = flow.snapshot();
      CHECK(shot.selective_acknowledgements == with_options);
      CHECK(shot.timestamps == with_options);
      CHECK(shot.send_scale == (with_options ? 7 : 0));
      CHECK(shot.segment_bytes == 1460);
      CHECK(machine.tcp().statistics().cookies_taken == 1);
    });
  }
}

TEST_CASE("a cookie that was not given out, or is too old, is answered by a reset") {
  with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto listener = listen_at(machine);
    co_await flood(peer, 10'000, net::tcp::half_open_max + 1);
    co_await peer.send_ipv4(tcp_packet(tcp_header(777, service, 100, 12'345)));
    co_await sleep(10ms);
    CHECK(machine.tcp().statistics().cookies_wrong == 1);
    CHECK(machine.tcp().statistics().resets_out == 1);
    const TcpHeader answer = co_await answer_to_syn(peer, syn_from(999, service, 100));
    const std::uint32_t next = answer.sequence.number() + 1;
    co_await sleep(2 * net::tcp::cookie_period - 10s);
    // The half-open ones are gone; so that cookies still count, there is another flood.
    co_await flood(peer, 20'000, net::tcp::half_open_max + 1);
    co_await sleep(net::tcp::cookie_period);
    co_await peer.send_ipv4(tcp_packet(tcp_header(999, service, 101, next)));
    co_await sleep(10ms);
    CHECK(machine.tcp().statistics().cookies_wrong == 2);
    CHECK(machine.tcp().statistics().cookies_taken == 0);
  });
}

TEST_CASE("handshakes that nobody finishes are given up, and their memory comes back") {
  with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto listener = listen_at(machine);
    co_await flood(peer, 10'000, 100);
    co_await sleep(10ms);
    CHECK(machine.tcp().connection_count() == 100);
    co_await sleep(5min);
    CHECK(machine.tcp().connection_count() == 0);
    CHECK(machine.tcp().statistics().attempt_fails == 100);
  });
}

TEST_CASE("a storm of connections that are reset at once leaves nothing, and nobody accepts them") {
  with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto listener = listen_at(machine);
    for (std::uint16_t port = 2000; port < 2300; ++port) {
      const std::uint32_t next = co_await shake_hands(peer, syn_from(port, service, 100));
      TcpHeader reset = tcp_header(port, service, 101, next);
      reset.flags.rst = true;
      co_await peer.send_ipv4(tcp_packet(reset));
    }
    co_await sleep(10ms);
    CHECK(machine.tcp().connection_count() == 0);
    co_await shake_hands(peer, syn_from(3000, service, 100));
    auto flow = co_await listener.accept();
    CHECK(flow.peer_address().port() == 3000);
  });
}

TEST_CASE("connections that nobody accepts are kept up to a limit, and their SYNs come again") {
  with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto listener = listen_at(machine);
    for (std::size_t i = 0; i < net::tcp::backlog_max; ++i) {
      const auto port = static_cast<std::uint16_t>(2000 + i);
      co_await shake_hands(peer, syn_from(port, service, 100));
    }
    co_await sleep(10ms);
    co_await peer.send_ipv4(tcp_packet(syn_from(900, service, 100)));
    const auto nothing = co_await next_segment(peer);
    CHECK_FALSE(nothing);
    CHECK(machine.tcp().statistics().backlog_drops == 1);
    {
      auto flow = co_await listener.accept();
      CHECK(flow.peer_address().port() == 2000);
    }
    co_await shake_hands(peer, syn_from(900, service, 100));
    listener.close();
    co_await sleep(10ms);
    CHECK(machine.tcp().connection_count() <= 1);
  });
}

TEST_CASE("of connections that were closed and whose peers are silent, the oldest make room") {
  with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto listener = listen_at(machine);
    constexpr std::size_t more = 20;
    for (std::size_t i = 0; i < net::tcp::orphans_max + more; ++i) {
      const auto port = static_cast<std::uint16_t>(2000 + i);
      co_await shake_hands(peer, syn_from(port, service, 100));
      auto flow = co_await listener.accept();
      CHECK(flow.peer_address().port() == port);
    }
    CHECK(machine.tcp().orphan_count() == net::tcp::orphans_max);
    CHECK(machine.tcp().connection_count() == net::tcp::orphans_max);
  });
}

TEST_CASE("a TIME-WAIT makes room for a SYN that is newer, behind its own sequence numbers") {
  with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto listener = listen_at(machine);
    const std::uint32_t next = co_await shake_hands(peer, syn_from(999, service, 100));
    {
      auto flow = co_await listener.accept();
    }
    const auto fin = co_await next_segment(peer);
    REQUIRE(fin.has_value());
    CHECK(fin->header.flags.fin);
    TcpHeader last = tcp_header(999, service, 101, next + 1);
    last.flags.fin = true;
    co_await peer.send_ipv4(tcp_packet(last));
    const auto acknowledged = co_await next_segment(peer);
    REQUIRE(acknowledged.has_value());
    CHECK(machine.tcp().time_wait_count() == 1);
    // An old one does not count, and a newer one does.
    const TcpHeader old = co_await answer_to_syn(peer, syn_from(999, service, 50));
    CHECK_FALSE(old.flags.syn);
    const TcpHeader newer = co_await answer_to_syn(peer, syn_from(999, service, 5000));
    CHECK((newer.flags.syn && newer.flags.ack));
    CHECK(newer.acknowledgement.number() == 5001);
    CHECK(newer.sequence > net::wire::Sequence(next));
    CHECK(machine.tcp().time_wait_count() == 0);
    CHECK(machine.tcp().connection_count() == 1);
  });
}

TEST_CASE("an ICMP error is believed for what is under way, and for nothing else") {
  with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    net::DirectStack stack(machine);
    std::error_code seen;
    const auto connect = [&]() -> Task<void> {
      seen = co_await contract::error_of(stack.connect(Endpoint(peer_address, 9)));
    };
    const auto refuse = [&]() -> Task<void> {
      const auto packet = co_await peer.next_ipv4();
      REQUIRE(packet.has_value());
      const auto syn = tcp_segment(*packet);
      REQUIRE(syn.has_value());
      CHECK(syn->header.flags.syn);
      net::wire::Icmp4Header unreachable;
      unreachable.type = net::wire::Icmp4Type::unreachable;
      unreachable.code = 3;
      Packet quoted(packet->begin(), packet->begin() + 28);
      // The sequence number is another one: whoever made it up has not seen the SYN.
      quoted[24] ^= std::byte{0x80};
      co_await peer.send_ipv4(
          ipv4_packet(from_peer(net::ProtocolNumber::icmp4), icmp_message(unreachable, quoted)));
      co_await sleep(10ms);
      CHECK(machine.tcp().connection_count() == 1);
      quoted[24] ^= std::byte{0x80};
      co_await peer.send_ipv4(
          ipv4_packet(from_peer(net::ProtocolNumber::icmp4), icmp_message(unreachable, quoted)));
    };
    co_await join(connect(), refuse());
    CHECK(seen == std::errc::connection_refused);
    CHECK(machine.tcp().connection_count() == 0);
  });
}

TEST_CASE("a router that asks for smaller packets gets them, with what it has dropped") {
  with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto listener = listen_at(machine);
    const std::uint32_t next = co_await shake_hands(peer, syn_from(999, service, 100));
    auto flow = co_await listener.accept();
    const std::string text = contract::text_of(5000);
    co_await flow.write(as_bytes(text));
    const auto packet = co_await peer.next_ipv4();
    REQUIRE(packet.has_value());
    CHECK(packet->size() == 1500);
    net::wire::Icmp4Header too_big;
    too_big.type = net::wire::Icmp4Type::unreachable;
    too_big.code = 4;
    too_big.rest = 1000;
    const Packet quoted(packet->begin(), packet->begin() + 28);
    co_await peer.send_ipv4(
        ipv4_packet(from_peer(net::ProtocolNumber::icmp4), icmp_message(too_big, quoted)));
    // All of it comes again, in pieces that fit.
    std::string got(text.size(), ' ');
    std::size_t largest = 0;
    for (;;) {
      const auto segment = co_await next_segment(peer);
      if (!segment) break;
      const std::uint32_t at = segment->header.sequence.number() - next;
      if (segment->payload.size() + 40 > 1000) continue;  // those that were under way
      largest = std::max(largest, segment->payload.size());
      std::ranges::copy(segment->payload, reinterpret_cast<std::byte*>(got.data()) + at);
    }
    CHECK(largest == 960);
    CHECK(got == text);
  });
}
