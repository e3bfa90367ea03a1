// Rdata: what stands in a record, field by field, for every type in use.
//
// Each type has a layout, a list of kinds of field (fields_of). One table says all that depends on
// it: what is checked in a message, where names stand and which of them may be compressed, and what
// a zone file's line consists of. A type that is not known is bytes (RFC 3597).
//
// Names are compressed only in the types of RFC 1035, and read compressed in a few more for the
// sake of old senders (RFC 3597 section 4). Elsewhere a pointer is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sundog/io/dns/name.hpp"
#include "sundog/io/dns/reader.hpp"
#include "sundog/io/dns/type.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"

namespace sundog::dns {

// What a record may be: its length has 16 bits.
inline constexpr std::size_t rdata_bytes_max = 0xffff;

// What a record's contents are made of.
enum class Field : std::uint8_t {
  number8,
  number16,
  number32,
  number48,
  ipv4,
  ipv6,
  name_compressed,  // RFC 1035's types
  name_readable,    // not compressed any more, but read so
  name_plain,       // never compressed
  string,           // a length byte and up to 255 bytes
  string_filled,    // the same, at least one byte
  strings,          // one or more of them, to the end
  sized,            // a length of 16 bits and so many bytes
  types,            // a bitmap of types, to the end (RFC 4034 section 4.1.2)
  parameters,       // keys in ascending order and their values, to the end (RFC 9460 section 2.2)
  rest,             // bytes to the end
  rest_filled,      // the same, at least one
};

// Whether it is a name, however it may be compressed.
constexpr bool is_name(Field field) noexcept {
  return field == Field::name_compressed || field == Field::name_readable ||
         field == Field::name_plain;
}

// The layout of a type, which is for the Internet's class; has static storage. In another class an
// A record is only bytes, and of the classes that UPDATE uses (RFC 2136 section 2.5) no layout is
// asked for where there is no rdata.
std::span<const Field> fields_of(Type type, Class record_class = Class::internet) noexcept;

// Where rdata lies in a message, whose other parts its names may point to. A view.
struct Rdata {
  Bytes message;
  std::size_t at = 0;
  std::size_t size = 0;

  // As it stands there: names are compressed, perhaps.
  Bytes bytes() const noexcept { return message.subspan(at, size); }
  // Rdata that stands alone, without compression.
  static Rdata alone(Bytes bytes) noexcept { return {bytes, 0, bytes.size()}; }
};

// Goes through the fields of rdata.
//
//   FieldReader fields(type, record_class, rdata);
//   while (fields.next()) use(fields.kind(), fields.bytes(), fields.name());
//   if (fields.failed()) refuse();
class FieldReader {
 public:
  FieldReader(Type type, Class record_class, const Rdata& rdata) noexcept;

  // False at the end, and when something is wrong.
  bool next() noexcept;
  // The rdata is not what its layout says; also when bytes are left over.
  bool failed() const noexcept { return reader_.failed(); }

  // Of the field that next() has come to.
  Field kind() const noexcept { return kind_; }
  // Of a field that is no name, its length byte included where it has one.
  Bytes bytes() const noexcept { return bytes_; }
  // Of a field that is one.
  const Name& name() const noexcept { return name_; }

 private:
  void read() noexcept;

  std::span<const Field> fields_;
  Reader reader_;
  Field kind_ = Field::rest;
  Bytes bytes_;
  Name name_;
};

// Whether rdata is as its type's layout says, to its last byte.
bool is_well_formed(Type type, Class record_class, const Rdata& rdata) noexcept;

// Writes rdata without compression. Nothing if it is malformed or `to` is too small.
std::optional<std::size_t> expand(Type type, Class record_class, const Rdata& rdata,
                                  MutableBytes to) noexcept;

// RdataBuilder: rdata made of its fields, without compression; a MessageWriter compresses it.
class RdataBuilder {
 public:
  explicit RdataBuilder(MutableBytes space) noexcept : space_(space) {}

  // Appends, numbers in network byte order. What the space has no room for makes it fail.
  RdataBuilder& number8(std::uint8_t number) noexcept { return big_endian(number, 1); }
  RdataBuilder& number16(std::uint16_t number) noexcept { return big_endian(number, 2); }
  RdataBuilder& number32(std::uint32_t number) noexcept { return big_endian(number, 4); }
  RdataBuilder& name(const Name& name) noexcept { return bytes(name.bytes()); }
  RdataBuilder& bytes(Bytes bytes) noexcept;
  // With its length byte; at most 255 bytes.
  RdataBuilder& string(Bytes text) noexcept;

  // Something did not fit.
  bool failed() const noexcept { return failed_; }
  Bytes result() const noexcept { return Bytes(space_).first(size_); }

 private:
  RdataBuilder& big_endian(std::uint32_t number, std::size_t count) noexcept;

  MutableBytes space_;
  std::size_t size_ = 0;
  bool failed_ = false;
};

// --- the types that programs look into most ---

// The address of an A or AAAA record of the Internet's class; nothing of any other.
std::optional<IpAddress> address_in(Type type, const Rdata& rdata) noexcept;

// The name that CNAME, NS, PTR and DNAME records hold, and the one at which MX and SRV records end;
// nothing of any other, or of one that is malformed.
std::optional<Name> target_in(Type type, const Rdata& rdata) noexcept;

// RFC 1035 section 3.3.13; times in seconds.
struct Soa {
  Name primary;
  Name mailbox;
  std::uint32_t serial = 0;
  std::uint32_t refresh_s = 0;
  std::uint32_t retry_s = 0;
  std::uint32_t expire_s = 0;
  std::uint32_t minimum_s = 0;  // how long an answer "there is no such" is kept (RFC 2308)

  // From rdata, or nothing when it is malformed; and back.
  static std::optional<Soa> parse(const Rdata& rdata) noexcept;
  void write(RdataBuilder& to) const noexcept;
};

}  // namespace sundog::dns
