#include "sundog/io/net/wire/ipv6_extensions.hpp"

#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/icmp6.hpp"

namespace sundog::net::wire {
namespace {

constexpr std::size_t fixed_header_bytes = 40;
constexpr std::size_t next_header_place = 6;
// Lengths of headers are in units of this, the first not counted.
constexpr std::size_t header_unit = 8;

constexpr unsigned offset_bits = 0xfff8;
constexpr unsigned more_fragments_bit = 1;

constexpr unsigned option_pad_1 = 0;
constexpr unsigned option_pad_n = 1;
constexpr unsigned option_router_alert = 5;
constexpr std::size_t router_alert_value_bytes = 2;
// What the two highest bits of an unknown option's kind say is to be done (section 4.2).
constexpr unsigned action_skip = 0;
constexpr unsigned action_drop = 1;
constexpr unsigned action_tell = 2;

void refuse(Extensions& chain, Icmp6Problem code, std::size_t pointer,
            bool tell_of_groups = false) noexcept {
  chain.end = Extensions::End::problem;
  chain.code = static_cast<std::uint8_t>(code);
  chain.pointer = static_cast<std::uint32_t>(pointer);
  chain.tell_of_groups = tell_of_groups;
}

// An option that this machine does not know: whether the rest may be read.
bool pass_unknown(Extensions& chain, unsigned kind, std::size_t place) noexcept {
  const unsigned action = kind >> 6;
  if (action == action_skip) return true;
  if (action == action_drop) {
    chain.end = Extensions::End::nothing;
  } else {
    refuse(chain, Icmp6Problem::option, place, action == action_tell);
  }
  return false;
}

// The options from `at` to `end` of the packet; false: the packet ends here.
bool pass_options(Extensions& chain, Bytes packet, std::size_t at, std::size_t end) noexcept {
  unsigned count = 0;
  while (at < end) {
    const unsigned kind = read_u8(packet, at);
    if (kind == option_pad_1) {
      ++at;
      continue;
    }
    if (at + 1 == end) {
      refuse(chain, Icmp6Problem::field, at);
      return false;
    }
    const std::size_t bytes = read_u8(packet, at + 1);
    if (bytes > end - at - 2) {
      refuse(chain, Icmp6Problem::field, at + 1);
      return false;
    }
    if (kind != option_pad_n && ++count > extension_options_max) {
      chain.end = Extensions::End::nothing;
      return false;
    }
    if (kind == option_router_alert && bytes == router_alert_value_bytes) {
      chain.router_alert = true;
    } else if (kind != option_pad_n && !pass_unknown(chain, kind, at)) {
      return false;
    }
    at += 2 + bytes;
  }
  return true;
}

// A routing header (section 4.4): one that wants the packet to be sent on is refused, and so is
// type 0 (RFC 5095), which is one that this machine does not know.
bool pass_routing(Extensions& chain, Bytes packet) noexcept {
  const unsigned segments_left = read_u8(packet, chain.start + 3);
  if (segments_left == 0) return true;
  refuse(chain, Icmp6Problem::field, chain.start + 2);
  return false;
}

// The header at chain.start; false: the chain ends there.
bool pass(Extensions& chain, Bytes packet, unsigned number, bool into_first_fragment) noexcept {
  const auto kind = static_cast<NextHeader>(chain.protocol);
  if (kind == NextHeader::none) {
    chain.end = Extensions::End::nothing;
    return false;
  }
  const bool is_extension = kind == NextHeader::hop_by_hop || kind == NextHeader::routing ||
                            kind == NextHeader::fragment || kind == NextHeader::destination_options;
  if (!is_extension) return false;
  if (kind == NextHeader::hop_by_hop && number != 0) {
    refuse(chain, Icmp6Problem::next_header, chain.named_at);
    return false;
  }
  if (number == extension_headers_max) {
    chain.end = Extensions::End::nothing;
    return false;
  }
  const std::size_t there = packet.size() - chain.start;
  std::size_t bytes = header_unit;
  if (there >= header_unit && kind != NextHeader::fragment) {
    bytes *= std::size_t{read_u8(packet, chain.start + 1)} + 1;
  }
  if (there < bytes) {
    chain.end = Extensions::End::cut_off;
    return false;
  }
  if (kind == NextHeader::fragment) {
    chain.fragment = parse_fragment_header(packet.subspan(chain.start));
    chain.fragment_named_at = chain.named_at;
  } else if (kind == NextHeader::routing) {
    if (!pass_routing(chain, packet)) return false;
  } else if (!pass_options(chain, packet, chain.start + 2, chain.start + bytes)) {
    return false;
  }
  chain.protocol = read_u8(packet, chain.start);
  chain.named_at = chain.start;
  chain.start += bytes;
  const bool is_passed = kind != NextHeader::fragment || chain.fragment->is_atomic() ||
                         (into_first_fragment && chain.fragment->offset == 0);
  if (!is_passed) {
    chain.end = Extensions::End::fragment;
  }
  return is_passed;
}

}  // namespace

std::optional<FragmentHeader> parse_fragment_header(Bytes bytes) noexcept {
  if (bytes.size() < fragment_header_bytes) return std::nullopt;
  const unsigned field = read_u16(bytes, 2);
  return FragmentHeader{read_u8(bytes, 0), static_cast<std::uint16_t>(field & offset_bits),
                        (field & more_fragments_bit) != 0, read_u32(bytes, 4)};
}

void write_fragment_header(MutableBytes bytes, const FragmentHeader& header) noexcept {
  write_u8(bytes, 0, header.next_header);
  write_u8(bytes, 1, 0);
  write_u16(bytes, 2, header.offset | (header.more_fragments ? more_fragments_bit : 0));
  write_u32(bytes, 4, header.identification);
}

void write_router_alert(MutableBytes bytes, std::uint8_t next_header) noexcept {
  write_u8(bytes, 0, next_header);
  write_u8(bytes, 1, 0);
  write_u8(bytes, 2, option_router_alert);
  write_u8(bytes, 3, router_alert_value_bytes);
  write_u16(bytes, 4, 0);
  write_u8(bytes, 6, option_pad_n);
  write_u8(bytes, 7, 0);
}

Extensions follow_extensions(Bytes first, bool into_first_fragment) noexcept {
  Extensions chain;
  chain.protocol = read_u8(first, next_header_place);
  chain.named_at = next_header_place;
  chain.start = fixed_header_bytes;
  for (unsigned number = 0; pass(chain, first, number, into_first_fragment); ++number) {
  }
  return chain;
}

}  // namespace sundog::net::wire
