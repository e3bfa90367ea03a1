// The numbers of DNS: types of records, classes, operation and response codes (IANA, "Domain Name
// System (DNS) Parameters"). Any other number is a valid value of its enum too:
// static_cast<Type>(1234).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sundog::dns {

// What a record holds, or a question asks for.
enum class Type : std::uint16_t {
  a = 1,
  ns = 2,
  md = 3,
  mf = 4,
  cname = 5,
  soa = 6,
  mb = 7,
  mg = 8,
  mr = 9,
  ptr = 12,
  hinfo = 13,
  minfo = 14,
  mx = 15,
  txt = 16,
  rp = 17,
  afsdb = 18,
  rt = 21,
  sig = 24,
  px = 26,
  aaaa = 28,
  nxt = 30,
  srv = 33,
  naptr = 35,
  kx = 36,
  dname = 39,
  opt = 41,
  ds = 43,
  sshfp = 44,
  rrsig = 46,
  nsec = 47,
  dnskey = 48,
  nsec3 = 50,
  nsec3param = 51,
  tlsa = 52,
  smimea = 53,
  cds = 59,
  cdnskey = 60,
  openpgpkey = 61,
  zonemd = 63,
  svcb = 64,
  https = 65,
  spf = 99,
  tsig = 250,
  ixfr = 251,
  axfr = 252,
  any = 255,
  uri = 256,
  caa = 257,
};

// As it stands in a message.
constexpr std::uint16_t number_of(Type type) noexcept { return static_cast<std::uint16_t>(type); }

// Stands only in questions, or belongs to a message and not to a name: no zone holds it (RFC 6895
// section 3.1).
constexpr bool is_meta(Type type) noexcept {
  return type == Type::opt || (number_of(type) >= 128 && number_of(type) <= 255);
}

// "AAAA", or as RFC 3597 section 5 writes types without a name: "TYPE65280".
std::string to_string(Type type);
// The same backwards, in any case.
std::optional<Type> try_parse_type(std::string_view text) noexcept;

// Of a record or a question: the Internet's, nearly always.
enum class Class : std::uint16_t { internet = 1, chaos = 3, hesiod = 4, none = 254, any = 255 };

// What kind of message it is.
enum class Opcode : std::uint8_t { query = 0, status = 2, notify = 4, update = 5 };

// Those above 15 need EDNS, which has room for the upper bits (RFC 6891 section 6.1.3).
enum class Rcode : std::uint16_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  name_error = 3,  // NXDOMAIN
  not_implemented = 4,
  refused = 5,
  name_exists = 6,
  set_exists = 7,
  set_missing = 8,
  not_authoritative = 9,
  not_in_zone = 10,
  bad_version = 16,  // of EDNS; the same number is BADSIG of TSIG
  bad_key = 17,
  bad_time = 18,
  bad_cookie = 23,
};

// "NXDOMAIN", as the tools print it, or "RCODE11".
std::string to_string(Rcode rcode);

}  // namespace sundog::dns
