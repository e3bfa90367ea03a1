#include "sundog/io/dns/rdata.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace sundog::dns {
namespace {

using enum Field;

constexpr Field address4[] = {ipv4};
constexpr Field address6[] = {ipv6};
constexpr Field old_name[] = {name_compressed};
constexpr Field old_names[] = {name_compressed, name_compressed};
constexpr Field soa[] = {name_compressed, name_compressed, number32, number32,
                         number32,        number32,        number32};
constexpr Field hinfo[] = {string, string};
constexpr Field mx[] = {number16, name_compressed};
constexpr Field txt[] = {strings};
constexpr Field rp[] = {name_readable, name_readable};
constexpr Field numbered_name[] = {number16, name_readable};
constexpr Field px[] = {number16, name_readable, name_readable};
constexpr Field nxt[] = {name_readable, rest};
constexpr Field srv[] = {number16, number16, number16, name_readable};
constexpr Field naptr[] = {number16, number16, string, string, string, name_readable};
constexpr Field kx[] = {number16, name_plain};
constexpr Field dname[] = {name_plain};
constexpr Field ds[] = {number16, number8, number8, rest_filled};
constexpr Field sshfp[] = {number8, number8, rest_filled};
constexpr Field signature[] = {number16, number8,  number8,    number32,   number32,
                               number32, number16, name_plain, rest_filled};
constexpr Field old_signature[] = {number16, number8,  number8,       number32,   number32,
                                   number32, number16, name_readable, rest_filled};
constexpr Field nsec[] = {name_plain, types};
constexpr Field nsec3[] = {number8, number8, number16, string, string_filled, types};
constexpr Field nsec3param[] = {number8, number8, number16, string};
constexpr Field tlsa[] = {number8, number8, number8, rest};
constexpr Field zonemd[] = {number32, number8, number8, rest_filled};
constexpr Field svcb[] = {number16, name_plain, parameters};
constexpr Field tsig[] = {name_plain, number48, number16, sized, number16, number16, sized};
constexpr Field uri[] = {number16, number16, rest_filled};
constexpr Field caa[] = {number8, string_filled, rest};
constexpr Field unknown[] = {rest};

struct Layout {
  Type type;
  std::span<const Field> fields;
};

// By number.
constexpr Layout layouts[] = {
    {Type::a, address4},
    {Type::ns, old_name},
    {Type::md, old_name},
    {Type::mf, old_name},
    {Type::cname, old_name},
    {Type::soa, soa},
    {Type::mb, old_name},
    {Type::mg, old_name},
    {Type::mr, old_name},
    {Type::ptr, old_name},
    {Type::hinfo, hinfo},
    {Type::minfo, old_names},
    {Type::mx, mx},
    {Type::txt, txt},
    {Type::rp, rp},
    {Type::afsdb, numbered_name},
    {Type::rt, numbered_name},
    {Type::sig, old_signature},
    {Type::px, px},
    {Type::aaaa, address6},
    {Type::nxt, nxt},
    {Type::srv, srv},
    {Type::naptr, naptr},
    {Type::kx, kx},
    {Type::dname, dname},
    {Type::ds, ds},
    {Type::sshfp, sshfp},
    {Type::rrsig, signature},
    {Type::nsec, nsec},
    {Type::dnskey, ds},
    {Type::nsec3, nsec3},
    {Type::nsec3param, nsec3param},
    {Type::tlsa, tlsa},
    {Type::smimea, tlsa},
    {Type::cds, ds},
    {Type::cdnskey, ds},
    {Type::zonemd, zonemd},
    {Type::svcb, svcb},
    {Type::https, svcb},
    {Type::spf, txt},
    {Type::tsig, tsig},
    {Type::uri, uri},
    {Type::caa, caa},
};
static_assert(std::ranges::is_sorted(layouts, {}, &Layout::type));

// RFC 4034 section 4.1.2: windows in ascending order, each of 1 to 32 bytes, the last not 0. An
// empty one is right too: of NSEC3 for an empty non-terminal.
bool is_bitmap(Bytes bytes) noexcept {
  int last_window = -1;
  while (!bytes.empty()) {
    if (bytes.size() < 2) return false;
    const int window = std::to_integer<int>(bytes[0]);
    const std::size_t size = std::to_integer<std::size_t>(bytes[1]);
    if (window <= last_window || size < 1 || size > 32 || bytes.size() < 2 + size) return false;
    if (bytes[1 + size] == std::byte{0}) return false;
    last_window = window;
    bytes = bytes.subspan(2 + size);
  }
  return true;
}

bool are_parameters(Bytes bytes) noexcept {
  Reader reader(bytes, 0, bytes.size());
  int last_key = -1;
  while (reader.left() > 0) {
    const int key = reader.number16();
    reader.bytes(reader.number16());
    if (reader.failed() || key <= last_key) return false;
    last_key = key;
  }
  return true;
}

bool are_strings(Bytes bytes) noexcept {
  if (bytes.empty()) return false;
  Reader reader(bytes, 0, bytes.size());
  while (reader.left() > 0) reader.bytes(reader.number8());
  return !reader.failed();
}

}  // namespace

std::span<const Field> fields_of(Type type, Class record_class) noexcept {
  if (record_class != Class::internet && (type == Type::a || type == Type::aaaa)) return unknown;
  const auto* const layout = std::ranges::lower_bound(layouts, type, {}, &Layout::type);
  if (layout == std::end(layouts) || layout->type != type) return unknown;
  return layout->fields;
}

FieldReader::FieldReader(Type type, Class record_class, const Rdata& rdata) noexcept
    : fields_(fields_of(type, record_class)),
      reader_(rdata.message, rdata.at, rdata.at + rdata.size) {
  // What UPDATE deletes has a type and no rdata (RFC 2136 section 2.5).
  const bool is_deletion = record_class == Class::any || record_class == Class::none;
  if (is_deletion && rdata.size == 0) fields_ = {};
}

bool FieldReader::next() noexcept {
  if (fields_.empty()) {
    if (reader_.left() > 0) reader_.fail();
    return false;
  }
  kind_ = fields_.front();
  fields_ = fields_.subspan(1);
  bytes_ = {};
  read();
  return !reader_.failed();
}

void FieldReader::read() noexcept {
  const auto fixed = [&](std::size_t size) { bytes_ = reader_.bytes(size); };
  const auto checked_rest = [&](bool (*check)(Bytes) noexcept) {
    bytes_ = reader_.rest();
    if (!check(bytes_)) reader_.fail();
  };
  // A length and so many bytes, all of which are the field's.
  const auto with_length = [&](std::size_t length_bytes, std::size_t least) {
    Reader ahead = reader_;
    const std::size_t size = length_bytes == 1 ? ahead.number8() : ahead.number16();
    fixed(length_bytes + size);
    if (size < least) reader_.fail();
  };
  switch (kind_) {
    case number8:
      return fixed(1);
    case number16:
      return fixed(2);
    case number32:
    case ipv4:
      return fixed(4);
    case number48:
      return fixed(6);
    case ipv6:
      return fixed(16);
    case name_compressed:
    case name_readable:
      name_ = reader_.name(Pointers::followed);
      return;
    case name_plain:
      name_ = reader_.name(Pointers::refused);
      return;
    case string:
      return with_length(1, 0);
    case string_filled:
      return with_length(1, 1);
    case strings:
      return checked_rest(are_strings);
    case sized:
      return with_length(2, 0);
    case types:
      return checked_rest(is_bitmap);
    case parameters:
      return checked_rest(are_parameters);
    case rest_filled:
      return checked_rest([](Bytes bytes) noexcept { return !bytes.empty(); });
    case rest:
      bytes_ = reader_.rest();
      return;
  }
}

bool is_well_formed(Type type, Class record_class, const Rdata& rdata) noexcept {
  FieldReader fields(type, record_class, rdata);
  while (fields.next()) {
  }
  return !fields.failed();
}

std::optional<std::size_t> expand(Type type, Class record_class, const Rdata& rdata,
                                  MutableBytes to) noexcept {
  RdataBuilder expanded(to);
  FieldReader fields(type, record_class, rdata);
  while (fields.next()) {
    expanded.bytes(is_name(fields.kind()) ? fields.name().bytes() : fields.bytes());
  }
  if (fields.failed() || expanded.failed()) return std::nullopt;
  return expanded.result().size();
}

RdataBuilder& RdataBuilder::bytes(Bytes bytes) noexcept {
  if (bytes.size() > space_.size() - size_) {
    failed_ = true;
    return *this;
  }
  std::ranges::copy(bytes, space_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += bytes.size();
  return *this;
}

RdataBuilder& RdataBuilder::string(Bytes text) noexcept {
  if (text.size() > 255) {
    failed_ = true;
    return *this;
  }
  return number8(static_cast<std::uint8_t>(text.size())).bytes(text);
}

RdataBuilder& RdataBuilder::big_endian(std::uint32_t number, std::size_t count) noexcept {
  std::array<std::byte, 4> digits;
  for (std::size_t i = 0; i < count; ++i) {
    digits[i] = static_cast<std::byte>(number >> 8 * (count - 1 - i));
  }
  return bytes(Bytes(digits).first(count));
}

std::optional<IpAddress> address_in(Type type, const Rdata& rdata) noexcept {
  const Bytes bytes = rdata.bytes();
  const auto octet = [&](std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); };
  if (type == Type::a && bytes.size() == 4) {
    return IpAddress::v4({octet(0), octet(1), octet(2), octet(3)});
  }
  if (type == Type::aaaa && bytes.size() == 16) {
    std::array<std::uint8_t, 16> octets;
    for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = octet(i);
    return IpAddress::v6(octets);
  }
  return std::nullopt;
}

std::optional<Name> target_in(Type type, const Rdata& rdata) noexcept {
  if (type != Type::cname && type != Type::ns && type != Type::ptr && type != Type::dname &&
      type != Type::mx && type != Type::srv) {
    return std::nullopt;
  }
  FieldReader fields(type, Class::internet, rdata);
  while (fields.next()) {
    if (is_name(fields.kind())) return fields.name();
  }
  return std::nullopt;
}

std::optional<Soa> Soa::parse(const Rdata& rdata) noexcept {
  Reader reader(rdata.message, rdata.at, rdata.at + rdata.size);
  Soa read;
  read.primary = reader.name(Pointers::followed);
  read.mailbox = reader.name(Pointers::followed);
  read.serial = reader.number32();
  read.refresh_s = reader.number32();
  read.retry_s = reader.number32();
  read.expire_s = reader.number32();
  read.minimum_s = reader.number32();
  if (reader.failed() || reader.left() > 0) return std::nullopt;
  return read;
}

void Soa::write(RdataBuilder& to) const noexcept {
  to.name(primary).name(mailbox);
  to.number32(serial).number32(refresh_s).number32(retry_s).number32(expire_s).number32(minimum_s);
}

}  // namespace sundog::dns
