#include "sundog/io/sim/network.hpp"

#include <algorithm>
#include <chrono>

#include "sundog/io/sim/datagram.hpp"
#include "sundog/io/sim/packet.hpp"
#include "sundog/io/sim/ports.hpp"
#include "sundog/io/sim/world.hpp"

namespace sundog::sim {

using namespace std::chrono_literals;

namespace {

constexpr Duration delay_max = 100ms;
constexpr Duration loopback_delay = 10us;
constexpr std::uint64_t bytes_per_s_min = 100'000;
constexpr std::uint64_t bytes_per_s_max = 1'000'000'000;
constexpr Duration queue_wait_max = 500ms;
constexpr Duration jitter_max = 200ms;
constexpr Duration late_max = 300ms;
constexpr Duration clog_max = 5s;
constexpr Duration partition_max = 30s;
// What finds its link blocked is sent again after this.
constexpr Duration retransmission_timeout = 200ms;

}  // namespace

void Network::add(Host& host) { hosts_.push_back(&host); }

Host* Network::find(std::string_view name) const noexcept {
  const auto host =
      std::ranges::find(hosts_, name, [](Host* each) -> std::string_view { return each->name(); });
  return host == hosts_.end() ? nullptr : *host;
}

Host* Network::find(Host& source, const IpAddress& address) const noexcept {
  if (address.is_loopback()) return &source;
  const auto host = std::ranges::find_if(hosts_, [&](const Host* each) {
    return each->address_v4() == address || each->address_v6() == address;
  });
  return host == hosts_.end() ? nullptr : *host;
}

// For people who look at a capture.
std::string Network::name_of(const IpAddress& address) const {
  for (const Host* host : hosts_) {
    if (host->address_v4() == address || host->address_v6() == address) return host->name();
  }
  return address.is_loopback() ? address.to_string() : "nowhere";
}

Link& Network::link(const IpAddress& from, const IpAddress& to) {
  const auto [place, is_new] = links_.try_emplace({from, to});
  Link& link = place->second;
  if (is_new) {
    Prng& prng = world_.prng();
    // Halved some times: near neighbours are as likely as far ones.
    link.delay = from == to ? loopback_delay : prng.between(0ns, delay_max / (1 << prng.below(10)));
    link.bytes_per_s = static_cast<std::int64_t>(
        from == to ? bytes_per_s_max : prng.between(bytes_per_s_min, bytes_per_s_max));
    link.queue_max = prng.between(1ms, queue_wait_max);
  }
  return link;
}

Duration Network::travel_time(Link& link, std::size_t bytes) {
  const std::int64_t now_ns = world_.now_ns();
  const std::int64_t start_ns = std::max(now_ns, link.busy_until_ns);
  if (start_ns - now_ns > link.queue_max.count()) return Duration(-1);
  link.busy_until_ns =
      start_ns + static_cast<std::int64_t>(bytes) * 1'000'000'000 / link.bytes_per_s;
  Duration time = link.delay + Duration(link.busy_until_ns - now_ns);
  if (world_.strikes(Fault::jitter)) time += world_.prng().between(0ns, jitter_max);
  return time;
}

void Network::trouble(Link& link) {
  if (world_.strikes(Fault::clog)) {
    link.clogged_until_ns = world_.now_ns() + world_.prng().between(0ns, clog_max).count();
  }
  if (world_.strikes(Fault::partition)) {
    link.partitioned_until_ns = world_.now_ns() + world_.prng().between(0ns, partition_max).count();
  }
}

bool Network::blocked(const IpAddress& from, const IpAddress& to) {
  const Link& way = link(from, to);
  return std::max(way.clogged_until_ns, way.partitioned_until_ns) > world_.now_ns();
}

void Network::heal() noexcept {
  for (auto& [ends, link] : links_) {
    link.clogged_until_ns = 0;
    link.partitioned_until_ns = 0;
  }
}

void Network::note(const IpAddress& from, const IpAddress& to, Bytes packet,
                   std::string_view comment) {
  if (capture_ == nullptr || packet.empty()) return;
  capture_->add(world_.now_ns(), name_of(from) + " > " + name_of(to),
                ethernet_frame(from, to, packet), comment);
}

void Network::note_frame(std::string_view link, Bytes frame, std::string_view comment) {
  if (capture_ == nullptr) return;
  capture_->add(world_.now_ns(), link, frame, comment);
}

void Network::carry(const IpAddress& from, const IpAddress& to, std::size_t bytes, Packet packet,
                    std::function<void()> arrived) {
  note(from, to, packet);
  Link& way = link(from, to);
  if (from != to) trouble(way);
  Duration time = travel_time(way, bytes);
  if (time < Duration::zero()) time = way.queue_max + way.delay + retransmission_timeout;
  auto come = [this, from, to, packet = std::move(packet), arrived = std::move(arrived)]() mutable {
    arrive(from, to, std::move(packet), std::move(arrived));
  };
  world_.after(time, std::move(come));
}

void Network::arrive(const IpAddress& from, const IpAddress& to, Packet packet,
                     std::function<void()> arrived) {
  if (!blocked(from, to)) return arrived();
  note(from, to, packet, "sent again, the link was blocked");
  auto come = [this, from, to, packet = std::move(packet), arrived = std::move(arrived)]() mutable {
    arrive(from, to, std::move(packet), std::move(arrived));
  };
  world_.after(retransmission_timeout, std::move(come));
}

template <class Note>
void Network::send_unreliably(const IpAddress& from, const IpAddress& to,
                              std::vector<std::byte> bytes, Note note_it,
                              std::function<void(Bytes)> arrived) {
  Link& way = link(from, to);
  if (from != to) trouble(way);
  if (way.partitioned_until_ns > world_.now_ns()) return note_it(bytes, "lost, the link is cut");
  if (world_.strikes(Fault::datagram_loss)) return note_it(bytes, "lost");
  Duration time = travel_time(way, bytes.size());
  if (time < Duration::zero()) return note_it(bytes, "lost, the queue was full");
  time += Duration(std::max<std::int64_t>(0, way.clogged_until_ns - world_.now_ns()));
  if (world_.strikes(Fault::datagram_late)) time += world_.prng().between(0ns, late_max);
  if (!bytes.empty() && world_.strikes(Fault::datagram_corrupt)) {
    note_it(bytes, "damaged: one bit of it arrives wrong");
    bytes[world_.prng().below(bytes.size())] ^= std::byte{1} << world_.prng().below(8);
  } else {
    note_it(bytes, {});
  }
  if (world_.strikes(Fault::datagram_twice)) {
    note_it(bytes, "a second time");
    world_.after(time + world_.prng().between(0ns, late_max), [bytes, arrived] { arrived(bytes); });
  }
  world_.after(time, [bytes = std::move(bytes), arrived = std::move(arrived)] { arrived(bytes); });
}

void Network::send_datagram(Host& source, const Endpoint& from, const Endpoint& to,
                            std::vector<std::byte> bytes) {
  const auto note_it = [&](Bytes packet, std::string_view comment) {
    if (captures()) note(from.address(), to.address(), udp_packet(from, to, packet), comment);
  };
  send_unreliably(from.address(), to.address(), std::move(bytes), note_it,
                  [this, &source, from, to](Bytes arrived) { deliver(source, from, to, arrived); });
}

void Network::send_frame(const Host& from, const Host& to, std::vector<std::byte> frame,
                         std::function<void(Bytes)> arrived) {
  const auto note_it = [&](Bytes packet, std::string_view comment) {
    if (captures()) note_frame(from.name() + " > " + to.name() + ", frames", packet, comment);
  };
  send_unreliably(from.address_v4(), to.address_v4(), std::move(frame), note_it,
                  std::move(arrived));
}

void Network::deliver(Host& source, const Endpoint& from, const Endpoint& to, Bytes bytes) {
  Host* host = find(source, to.address());
  if (host == nullptr || !host->powered()) return;
  if (DatagramPort* port = host->ports().datagrams(to)) {
    port->arrive(from, std::vector<std::byte>(bytes.begin(), bytes.end()));
  }
}

}  // namespace sundog::sim
