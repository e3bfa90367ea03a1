#include "sundog/io/dns/edns.hpp"

#include <algorithm>
#include <iterator>

namespace sundog::dns {
namespace {

constexpr std::uint32_t dnssec_ok_bit = 0x8000;

// RFC 8914 section 5.2, by number.
constexpr std::string_view error_meanings[] = {
    "other error",
    "unsupported DNSKEY algorithm",
    "unsupported DS digest type",
    "stale answer",
    "forged answer",
    "DNSSEC indeterminate",
    "DNSSEC bogus",
    "signature expired",
    "signature not yet valid",
    "DNSKEY missing",
    "RRSIGs missing",
    "no zone key bit set",
    "NSEC missing",
    "cached error",
    "not ready",
    "blocked",
    "censored",
    "filtered",
    "prohibited",
    "stale NXDOMAIN answer",
    "not authoritative",
    "not supported",
    "no reachable authority",
    "network error",
    "invalid data",
};

}  // namespace

bool OptionReader::next() noexcept {
  if (reader_.left() == 0) return false;
  option_.code = static_cast<OptionCode>(reader_.number16());
  option_.data = reader_.bytes(reader_.number16());
  return !reader_.failed();
}

std::optional<Edns> Edns::parse(std::uint16_t record_class, std::uint32_t ttl,
                                Bytes options) noexcept {
  OptionReader reader(options);
  while (reader.next()) {
  }
  if (reader.failed()) return std::nullopt;
  Edns edns;
  // Less counts as 512 (RFC 6891 section 6.2.3).
  edns.udp_bytes_max = std::max(record_class, plain_udp_bytes_max);
  edns.rcode_high = static_cast<std::uint8_t>(ttl >> 24);
  edns.version = static_cast<std::uint8_t>(ttl >> 16);
  edns.dnssec_ok = (ttl & dnssec_ok_bit) != 0;
  edns.options = options;
  return edns;
}

std::uint32_t Edns::ttl() const noexcept {
  return std::uint32_t{rcode_high} << 24 | std::uint32_t{version} << 16 |
         (dnssec_ok ? dnssec_ok_bit : 0);
}

std::optional<Bytes> Edns::option(OptionCode code) const noexcept {
  for (OptionReader reader(options); reader.next();) {
    if (reader.option().code == code) return reader.option().data;
  }
  return std::nullopt;
}

void write_option(RdataBuilder& to, OptionCode code, Bytes data) noexcept {
  to.number16(static_cast<std::uint16_t>(code)).number16(static_cast<std::uint16_t>(data.size()));
  to.bytes(data);
}

std::optional<ExtendedError> ExtendedError::parse(Bytes option) noexcept {
  Reader reader(option, 0, option.size());
  ExtendedError error;
  error.code = reader.number16();
  const Bytes text = reader.rest();
  if (reader.failed()) return std::nullopt;
  error.text = {reinterpret_cast<const char*>(text.data()), text.size()};
  return error;
}

std::string_view ExtendedError::meaning() const noexcept {
  return code < std::size(error_meanings) ? error_meanings[code] : std::string_view();
}

}  // namespace sundog::dns
