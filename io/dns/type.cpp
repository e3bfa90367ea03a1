#include "sundog/io/dns/type.hpp"

#include <array>
#include <cstddef>

#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog::dns {
namespace {

struct TypeName {
  Type type;
  std::string_view name;
};

constexpr TypeName type_names[] = {
    {Type::a, "A"},
    {Type::ns, "NS"},
    {Type::md, "MD"},
    {Type::mf, "MF"},
    {Type::cname, "CNAME"},
    {Type::soa, "SOA"},
    {Type::mb, "MB"},
    {Type::mg, "MG"},
    {Type::mr, "MR"},
    {Type::ptr, "PTR"},
    {Type::hinfo, "HINFO"},
    {Type::minfo, "MINFO"},
    {Type::mx, "MX"},
    {Type::txt, "TXT"},
    {Type::rp, "RP"},
    {Type::afsdb, "AFSDB"},
    {Type::rt, "RT"},
    {Type::sig, "SIG"},
    {Type::px, "PX"},
    {Type::aaaa, "AAAA"},
    {Type::nxt, "NXT"},
    {Type::srv, "SRV"},
    {Type::naptr, "NAPTR"},
    {Type::kx, "KX"},
    {Type::dname, "DNAME"},
    {Type::opt, "OPT"},
    {Type::ds, "DS"},
    {Type::sshfp, "SSHFP"},
    {Type::rrsig, "RRSIG"},
    {Type::nsec, "NSEC"},
    {Type::dnskey, "DNSKEY"},
    {Type::nsec3, "NSEC3"},
    {Type::nsec3param, "NSEC3PARAM"},
    {Type::tlsa, "TLSA"},
    {Type::smimea, "SMIMEA"},
    {Type::cds, "CDS"},
    {Type::cdnskey, "CDNSKEY"},
    {Type::openpgpkey, "OPENPGPKEY"},
    {Type::zonemd, "ZONEMD"},
    {Type::svcb, "SVCB"},
    {Type::https, "HTTPS"},
    {Type::spf, "SPF"},
    {Type::tsig, "TSIG"},
    {Type::ixfr, "IXFR"},
    {Type::axfr, "AXFR"},
    {Type::any, "ANY"},
    {Type::uri, "URI"},
    {Type::caa, "CAA"},
};

struct RcodeName {
  Rcode rcode;
  std::string_view name;
};

constexpr RcodeName rcode_names[] = {
    {Rcode::no_error, "NOERROR"},        {Rcode::format_error, "FORMERR"},
    {Rcode::server_failure, "SERVFAIL"}, {Rcode::name_error, "NXDOMAIN"},
    {Rcode::not_implemented, "NOTIMP"},  {Rcode::refused, "REFUSED"},
    {Rcode::name_exists, "YXDOMAIN"},    {Rcode::set_exists, "YXRRSET"},
    {Rcode::set_missing, "NXRRSET"},     {Rcode::not_authoritative, "NOTAUTH"},
    {Rcode::not_in_zone, "NOTZONE"},     {Rcode::bad_version, "BADVERS"},
    {Rcode::bad_key, "BADKEY"},          {Rcode::bad_time, "BADTIME"},
    {Rcode::bad_cookie, "BADCOOKIE"},
};

constexpr char capital(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool equals_in_any_case(std::string_view text, std::string_view capitals) noexcept {
  if (text.size() != capitals.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (capital(text[i]) != capitals[i]) return false;
  }
  return true;
}

}  // namespace

std::string to_string(Type type) {
  for (const TypeName& known : type_names) {
    if (known.type == type) return std::string(known.name);
  }
  return join_text({"TYPE", Decimal(number_of(type))});
}

std::optional<Type> try_parse_type(std::string_view text) noexcept {
  for (const TypeName& known : type_names) {
    if (equals_in_any_case(text, known.name)) return known.type;
  }
  constexpr std::string_view generic = "TYPE";
  if (!equals_in_any_case(text.substr(0, generic.size()), generic)) return std::nullopt;
  text.remove_prefix(generic.size());
  const auto number = take_number(text);
  if (!number || !text.empty() || *number > 0xffff) return std::nullopt;
  return static_cast<Type>(*number);
}

std::string to_string(Rcode rcode) {
  for (const RcodeName& known : rcode_names) {
    if (known.rcode == rcode) return std::string(known.name);
  }
  return join_text({"RCODE", Decimal(static_cast<std::uint16_t>(rcode))});
}

}  // namespace sundog::dns
