// Edns: what the OPT pseudo-record of a message says (RFC 6891): how large an answer may be, more
// bits for the response code, DNSSEC's flag, and options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sundog/io/dns/rdata.hpp"
#include "sundog/io/dns/type.hpp"
#include "sundog/io/flow.hpp"

namespace sundog::dns {

// What a sender without EDNS takes by UDP (RFC 1035 section 4.2.1).
inline constexpr std::uint16_t plain_udp_bytes_max = 512;
// What passes every path without being cut into fragments: IPv6's smallest packet, less its header
// and UDP's.
inline constexpr std::uint16_t usual_udp_bytes_max = 1232;
// The record without options: the root as its name, type, class, ttl and length.
inline constexpr std::size_t opt_record_bytes = 11;

// Options in use (IANA, "DNS EDNS0 Option Codes"); any other number is valid too.
enum class OptionCode : std::uint16_t {
  name_server_id = 3,
  client_subnet = 8,
  expire = 9,
  cookie = 10,
  tcp_keepalive = 11,
  padding = 12,
  extended_error = 15,
};

// An option of the OPT record; any other code is a valid value too. A view.
struct Option {
  OptionCode code{};
  Bytes data;
};

// Goes through options that were checked.
//
//   for (OptionReader options(edns.options); options.next();) use(options.option());
class OptionReader {
 public:
  explicit OptionReader(Bytes options) noexcept : reader_(options, 0, options.size()) {}
  bool next() noexcept;
  const Option& option() const noexcept { return option_; }
  // They are not what options look like.
  bool failed() const noexcept { return reader_.failed(); }

 private:
  Reader reader_;
  Option option_;
};

struct Edns {
  // The largest answer by UDP that the sender can take; 0 is the only version; whether DNSSEC's
  // records are wanted ("DO").
  std::uint16_t udp_bytes_max = usual_udp_bytes_max;
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  // The upper eight bits of the response code.
  std::uint8_t rcode_high = 0;
  // As they stand in the message, one after the other: of its memory.
  Bytes options;

  // Out of an OPT record's class, ttl and rdata. Nothing if the options are malformed.
  static std::optional<Edns> parse(std::uint16_t record_class, std::uint32_t ttl,
                                   Bytes options) noexcept;
  std::uint32_t ttl() const noexcept;
  // The first one of that code.
  std::optional<Bytes> option(OptionCode code) const noexcept;
};

// Appends an option to those that are being built.
void write_option(RdataBuilder& to, OptionCode code, Bytes data) noexcept;

// Why a query failed, more precisely than its response code says (RFC 8914). A view.
struct ExtendedError {
  std::uint16_t code = 0;
  std::string_view text;  // for people; anything may stand in it

  // From the contents of the option; nothing when they are malformed.
  static std::optional<ExtendedError> parse(Bytes option) noexcept;
  // "DNSSEC bogus", or empty for a code without a name.
  std::string_view meaning() const noexcept;
};

}  // namespace sundog::dns
