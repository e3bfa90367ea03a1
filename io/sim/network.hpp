// Network: the links between simulated hosts. Every pair has one in each direction, with its own
// delay, rate and queue.
//
// Streams (stream_socket.hpp) are carried as TCP carries them: late if need be, but whole and in
// order. Datagrams may be lost, doubled, overtaken and damaged. A clogged link keeps what it
// carries for later; a partitioned one loses it, and what streams carry is then sent again until it
// comes through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/sim/capture.hpp"
#include "sundog/io/sim/lan.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::sim {

class Host;
class World;

// One direction between two hosts.
struct Link {
  Duration delay{};
  // Of the line, in bytes a second; what waits for it beyond `queue_max` is lost.
  std::int64_t bytes_per_s = 0;
  Duration queue_max{};

  // Up to when the line is busy with what was sent before, in the world's time.
  std::int64_t busy_until_ns = 0;
  std::int64_t clogged_until_ns = 0;
  std::int64_t partitioned_until_ns = 0;
};

class Network {
 public:
  explicit Network(World& world) noexcept : world_(world) {}

  // Makes the host known to the others.
  void add(Host& host);
  // The host with this name, or null.
  Host* find(std::string_view name) const noexcept;
  // The host that `source` reaches at this address, itself for a loopback's; or null.
  Host* find(Host& source, const IpAddress& address) const noexcept;
  // Between these addresses. Drawn when it is first asked for; may be changed.
  Link& link(const IpAddress& from, const IpAddress& to);

  // Packets for a capture (packet.hpp); empty when nobody captures.
  using Packet = std::vector<std::byte>;
  // Carries something that TCP would carry: calls `arrived` when it has come through.
  void carry(const IpAddress& from, const IpAddress& to, std::size_t bytes, Packet packet,
             std::function<void()> arrived);
  // Sends a datagram of a host, which may get lost, or come twice, or changed.
  void send_datagram(Host& source, const Endpoint& from, const Endpoint& to,
                     std::vector<std::byte> bytes);

  // Sends a frame from a device of one host to one of another, which may get lost, or come twice,
  // or changed: calls `arrived` with it when it has come.
  void send_frame(const Host& from, const Host& to, std::vector<std::byte> frame,
                  std::function<void(Bytes)> arrived);
  Lans& lans() noexcept { return lans_; }

  // Everything that is sent from now on goes into `capture` too, which outlives this; null: no
  // more.
  void capture_to(Capture* capture) noexcept { capture_ = capture; }
  bool captures() const noexcept { return capture_ != nullptr; }
  // Puts a packet into the capture, if there are both.
  void note(const IpAddress& from, const IpAddress& to, Bytes packet,
            std::string_view comment = {});
  // The same for a frame on a link that is not between hosts (tests/sim/xen).
  void note_frame(std::string_view link, Bytes frame, std::string_view comment = {});

  // Whether the link takes nothing now.
  bool blocked(const IpAddress& from, const IpAddress& to);
  // Ends clogs and partitions.
  void heal() noexcept;

 private:
  // How long this packet takes, unless the link's queue is full: then negative.
  Duration travel_time(Link& link, std::size_t bytes);
  void trouble(Link& link);
  // For what no TCP looks after. note_it(bytes, comment) is called for the capture.
  template <class Note>
  void send_unreliably(const IpAddress& from, const IpAddress& to, std::vector<std::byte> bytes,
                       Note note_it, std::function<void(Bytes)> arrived);
  void arrive(const IpAddress& from, const IpAddress& to, Packet packet,
              std::function<void()> arrived);
  void deliver(Host& source, const Endpoint& from, const Endpoint& to, Bytes bytes);
  std::string name_of(const IpAddress& address) const;

  World& world_;
  Lans lans_{world_};
  std::vector<Host*> hosts_;
  std::map<std::pair<IpAddress, IpAddress>, Link> links_;
  Capture* capture_ = nullptr;
};

}  // namespace sundog::sim
