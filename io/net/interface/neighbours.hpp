// NeighbourCache: which Ethernet address an IP address of this network has. One for each interface
// and family; ARP (RFC 826) and IPv6's neighbour discovery (RFC 4861 section 7.3) feed it and are
// asked by it, and have the same rules for when an entry is believed.
//
//                    packet to send                 solicited answer
//        (unused) -----------------> incomplete ---------------------> reachable
//            ^        ask it             | other news                     | 30 s without
//            |                           v                                v confirmation
//            |   no answer to       +---------------------------------> stale
//            |   three requests     | (also other news, with another address)
//            +------ probe <----- delay <------ packet to send -----------+
//                   ask it    5 s
//
// Confirmed by an answer or by a transport whose data was acknowledged, an entry of any state is
// reachable again; so the entry of a peer that is in use does not age away. When the table is full,
// an entry makes room to which nothing was ever sent (others' news makes such, perhaps many), or
// else the one that has been unused for longest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/mac_address.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/interface/waiting_frames.hpp"
#include "sundog/io/net/limits.hpp"

namespace sundog::net {

// What the cache needs of its surroundings.
class NeighbourUser {
 public:
  // Asks who has this address: everybody, or only the device at `known`, if it is still there.
  virtual void ask(const IpAddress& neighbour, std::optional<MacAddress> known) noexcept = 0;
  // Now the frames can leave; their target's address is not in them yet.
  virtual void resolved(MacAddress target, WaitingFrames& frames) noexcept = 0;
  // Nobody has answered.
  virtual void unanswered(const IpAddress& neighbour, WaitingFrames& frames) noexcept = 0;

 protected:
  ~NeighbourUser() = default;
};

// What somebody has said about a neighbour (RFC 4861 section 7.2.5).
struct NeighbourNews {
  MacAddress mac;
  // It answers a request of ours.
  bool solicited = false;
  // It holds although another address was known.
  bool replaces = true;
  // Worth an entry although nobody here has asked for it.
  bool creates = false;
};

class NeighbourCache final : private Ticked {
 public:
  enum class State : std::uint8_t { unused, incomplete, reachable, stale, delay, probe };

  // Both outlive it. Throws std::bad_alloc.
  NeighbourCache(Ticks& ticks, NeighbourUser& user);
  ~NeighbourCache();

  // For a packet that is about to be sent: where to, or nothing while that is not known; then it is
  // found out, and the packet may be held.
  std::optional<MacAddress> find(const IpAddress& neighbour) noexcept;
  // A frame to a neighbour that find() did not know. When too many wait the oldest is dropped.
  void hold(const IpAddress& neighbour, std::unique_ptr<WaitingFrame> frame) noexcept;

  void learn(const IpAddress& neighbour, const NeighbourNews& news) noexcept;
  // It was heard of by a transport.
  void confirm(const IpAddress& neighbour) noexcept;
  // How long an answer is believed, and how far requests are apart, where it is not what limits.hpp
  // has: routers say (RFC 4861 section 6.3.4).
  void set_times(Duration reachable, Duration request_apart) noexcept {
    reachable_ = reachable;
    request_apart_ = request_apart;
  }
  // All are forgotten, as when the link was down; what waits is dropped.
  void clear() noexcept;

  // For tests and statistics.
  State state(const IpAddress& neighbour) const noexcept;
  std::size_t size() const noexcept { return size_; }
  std::uint64_t dropped() const noexcept { return dropped_; }
  void tick(TimePoint now) noexcept override;

 private:
  static constexpr std::uint16_t none = 0xffff;
  struct Entry {
    IpAddress address;
    MacAddress mac;
    State state = State::unused;
    std::uint8_t requests = 0;
    std::uint16_t next = none;  // in its bucket, or among the unused
    // Reachable, delay: until when. Incomplete, probe: when the next request is due.
    TimePoint deadline{};
    // When it was created, or a packet was sent to it last.
    TimePoint used{};
    bool has_been_used = false;  // a packet was sent to it
    WaitingFrames waiting;
  };
  static constexpr std::size_t bucket_count = 128;

  static std::size_t bucket_of(const IpAddress& address) noexcept;
  Entry* look_up(const IpAddress& address) const noexcept;
  Entry* create(const IpAddress& address) noexcept;
  // The one whose loss matters least: null where there is none that may go.
  Entry* oldest(bool unresolved) const noexcept;
  void forget(Entry& entry) noexcept;
  void set_reachable(Entry& entry, TimePoint now) noexcept;
  void request(Entry& entry, TimePoint now) noexcept;
  void flush(Entry& entry) noexcept;
  void tick(Entry& entry, TimePoint now) noexcept;

  Ticks& ticks_;
  NeighbourUser& user_;
  Duration reachable_ = limits::neighbour_reachable;
  Duration request_apart_ = limits::neighbour_request_apart;
  std::unique_ptr<std::array<Entry, limits::neighbours>> entries_;
  std::array<std::uint16_t, bucket_count> buckets_{};
  std::uint16_t unused_ = 0;
  std::size_t size_ = 0;
  std::size_t unresolved_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace sundog::net
