#include "sundog/io/dns/reader.hpp"

#include <array>
#include <span>

#include "sundog/io/dns/header.hpp"

namespace sundog::dns {
namespace {

// The two upper bits of a label's length byte (RFC 1035 section 4.1.4); 01 and 10 mean nothing.
constexpr unsigned label_kind = 0xc0;
constexpr unsigned pointer_kind = 0xc0;
constexpr unsigned plain_kind = 0x00;

std::span<const std::uint8_t> octets(Bytes bytes) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

std::uint64_t Reader::big_endian(std::size_t count) noexcept {
  std::uint64_t number = 0;
  for (const std::byte byte : bytes(count)) number = number << 8 | std::to_integer<unsigned>(byte);
  return number;
}

Bytes Reader::bytes(std::size_t count) noexcept {
  if (count > left()) {
    fail();
    return {};
  }
  const Bytes taken = message_.subspan(at_, count);
  at_ += count;
  return taken;
}

Name Reader::name(Pointers pointers) noexcept {
  Name name;
  const std::size_t begin = at_;
  skip_name();
  if (failed_) return {};
  // It is known to be whole up to its end or its first pointer.
  std::size_t at = begin;
  std::size_t part_begin = begin;
  bool label_since_pointer = true;
  for (;;) {
    if (at >= message_.size()) break;
    const unsigned length = std::to_integer<unsigned>(message_[at]);
    if ((length & label_kind) == pointer_kind) {
      if (at + 1 >= message_.size() || pointers == Pointers::refused) break;
      const std::size_t target =
          (length & ~label_kind) << 8 | std::to_integer<unsigned>(message_[at + 1]);
      if (target >= part_begin || target < header_bytes || !label_since_pointer) break;
      at = part_begin = target;
      // The first part of a name may be nothing but a pointer.
      label_since_pointer = false;
      continue;
    }
    if ((length & label_kind) != plain_kind) break;
    if (length == 0) return name;
    if (at + 1 + length > message_.size()) break;
    if (!name.append(octets(message_.subspan(at + 1, length)))) break;
    label_since_pointer = true;
    at += 1 + length;
  }
  fail();
  return {};
}

void Reader::skip_name() noexcept {
  for (;;) {
    const unsigned length = number8();
    if (failed_) return;
    if ((length & label_kind) == pointer_kind) {
      number8();
      return;
    }
    if ((length & label_kind) != plain_kind) return fail();
    if (length == 0) return;
    bytes(length);
  }
}

}  // namespace sundog::dns
