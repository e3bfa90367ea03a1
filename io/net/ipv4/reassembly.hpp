// Reassembly: puts packets together again that came in fragments, of IPv4 (RFC 791 section 3.2) and
// of IPv6 (RFC 8200 section 4.5).
//
// The sender of fragments decides how much memory is kept and for how long; so their number, their
// bytes and their time have limits, and a packet's length is checked before anything is kept of it.
// Fragments that overlap end the packet that they are of, as RFC 5722 has it for IPv6: no honest
// sender makes them, and they get past firewalls. An exact duplicate does no harm.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/limits.hpp"
#include "sundog/io/packet.hpp"
#include "sundog/runtime/language/list.hpp"

namespace sundog::net {

struct Fragment {
  IpAddress source;
  IpAddress destination;
  // Where it has come from, and whether it was sent to more than this machine.
  InterfaceId interface = any_interface;
  bool is_group = false;
  std::uint32_t identification = 0;
  // Of IPv4, where fragments of different ones do not belong together; 0 of IPv6.
  std::uint8_t protocol = 0;
  // Of its bytes, in the packet that it is a part of.
  std::uint32_t offset = 0;
  bool more_follow = false;
  // In the frame it came in: the headers in front of it, of which the first fragment's are kept,
  // and its own bytes.
  std::size_t header_start = 0;
  std::size_t start = 0;
  std::size_t bytes = 0;
  // How long the packet may be, with these headers.
  std::size_t packet_bytes_max = ip_packet_bytes_max;
};

struct ReassemblyStatistics {
  std::uint64_t fragments = 0;    // ipReasmReqds
  std::uint64_t reassembled = 0;  // ipReasmOKs
  std::uint64_t failed = 0;       // ipReasmFails: too late, too many, or overlapping
};

// A packet of which fragments were missing when its time was over.
struct IncompletePacket {
  IpAddress source;
  IpAddress destination;
  InterfaceId interface = any_interface;
  bool is_group = false;
  // The headers of its first fragment, and that one's bytes.
  Bytes headers;
  Bytes beginning;
};

class ReassemblyUser {
 public:
  // Told only where the first fragment was there: nobody could make sense of an error about others.
  virtual void reassembly_timed_out(const IncompletePacket& packet) noexcept = 0;

 protected:
  ~ReassemblyUser() = default;
};

class Reassembly final : private Ticked, private PacketOwner {
 public:
  // Both outlive this; null for nobody who is told.
  explicit Reassembly(Ticks& ticks, ReassemblyUser* user = nullptr) noexcept;
  ~Reassembly();

  // Takes in a fragment. Gives the packet when this was the last one that was missing: the headers
  // of its first fragment, and behind them all of its bytes; `header_bytes` is how many of the
  // headers there are. It belongs to whoever gets it, and comes back before this ends.
  ReceivedPacket add(const Fragment& fragment, const ReceivedPacket& packet,
                     std::size_t& header_bytes) noexcept;

  void tick(TimePoint now) noexcept override;
  std::size_t size() const noexcept { return count_; }
  std::size_t bytes() const noexcept { return bytes_; }
  const ReassemblyStatistics& statistics() const noexcept { return statistics_; }

 private:
  struct Part;
  struct Whole;

  Whole* find(const Fragment& fragment) noexcept;
  Whole* create(const Fragment& fragment) noexcept;
  // Where the fragment belongs; false: the whole must be given up. `twice`: it was there already.
  static bool place(const Whole& whole, const Fragment& fragment, Part*& before,
                    bool& twice) noexcept;
  // False: there is no memory for it.
  bool keep(Whole& whole, const Fragment& fragment, const ReceivedPacket& packet,
            Part* before) noexcept;
  void drop(Whole& whole) noexcept;
  void drop_oldest() noexcept;
  void tell_of(const Whole& whole) noexcept;
  ReceivedPacket assemble(Whole& whole, std::size_t& header_bytes) noexcept;
  void give_back(PacketMemory& memory) noexcept override;

  Ticks& ticks_;
  ReassemblyUser* const user_;
  // The oldest first.
  List<Whole> wholes_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::size_t given_out_ = 0;
  ReassemblyStatistics statistics_;
};

}  // namespace sundog::net
