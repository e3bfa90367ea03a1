// IPv6 extension headers (RFC 8200 section 4): what stands between the fixed header and the
// transport's.
//
// A packet's headers are a chain: each names the next. follow_extensions() goes along it and says
// where it ends: at a transport's header, at a fragment, or at something that ends the packet here.
// Hosts need nothing of what these headers say but fragments and the router alert; so options are
// looked at only for whether an unknown one must be refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sundog/io/flow.hpp"

namespace sundog::net::wire {

// What a header calls the next one (IANA, "Assigned Internet Protocol Numbers"), beside transports.
enum class NextHeader : std::uint8_t {
  hop_by_hop = 0,
  routing = 43,
  fragment = 44,
  none = 59,
  destination_options = 60,
};

inline constexpr std::size_t fragment_header_bytes = 8;
// A chain of more headers than this before the transport's is nobody's.
inline constexpr unsigned extension_headers_max = 8;
// In one header of options, padding left away: no more are looked at (RFC 8504 section 5.3).
inline constexpr unsigned extension_options_max = 16;

// Section 4.5.
struct FragmentHeader {
  std::uint8_t next_header = 0;
  // In bytes, a multiple of 8: of what follows this header, in the packet that it is a part of.
  std::uint16_t offset = 0;
  bool more_fragments = false;
  std::uint32_t identification = 0;

  // A whole packet in a fragment's dress (RFC 6946).
  bool is_atomic() const noexcept { return offset == 0 && !more_fragments; }
  bool operator==(const FragmentHeader&) const = default;
};

// Nothing if it is too short.
std::optional<FragmentHeader> parse_fragment_header(Bytes bytes) noexcept;
// Into the first 8 bytes.
void write_fragment_header(MutableBytes bytes, const FragmentHeader& header) noexcept;

// A hop-by-hop header with a router alert (RFC 2711) that says "multicast listeners", as all their
// messages have.
inline constexpr std::size_t router_alert_bytes = 8;
void write_router_alert(MutableBytes bytes, std::uint8_t next_header) noexcept;

// Where a chain of headers ends.
struct Extensions {
  enum class End : std::uint8_t {
    // At a header that is no extension header: a transport's, or an unknown protocol's.
    transport,
    // At a fragment header, which is the last one that counts: what follows is a fragment.
    fragment,
    // There is nothing behind the headers (NextHeader::none), or an option says so: no more of it.
    nothing,
    // A header goes beyond what there is.
    cut_off,
    // At something that must be refused by a parameter problem: see code and pointer.
    problem,
  };
  End end = End::transport;
  // Behind the headers: of what.
  std::uint8_t protocol = 0;
  // Where it begins, counted from the fixed header's first byte; and where the byte stands that
  // names it.
  std::size_t start = 0;
  std::size_t named_at = 0;
  // With End::fragment, or where an atomic fragment was passed.
  std::optional<FragmentHeader> fragment;
  // Where the byte stands that names the fragment header.
  std::size_t fragment_named_at = 0;
  // A router alert was among the hop-by-hop options.
  bool router_alert = false;
  // With End::problem: the parameter problem's code, where it is, and whether it is told also of a
  // packet to a group (section 4.2).
  std::uint8_t code = 0;
  std::uint32_t pointer = 0;
  bool tell_of_groups = false;

  bool operator==(const Extensions&) const = default;
};

// Follows the chain from the fixed header on, which must be there: 40 bytes. `first` is the
// beginning of the packet. A first fragment may be looked into: what follows its header is the
// beginning of what it is a fragment of.
Extensions follow_extensions(Bytes first, bool into_first_fragment = false) noexcept;

}  // namespace sundog::net::wire
