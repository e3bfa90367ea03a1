#include "sundog/io/dns/header.hpp"

namespace sundog::dns {
namespace {

constexpr unsigned response_bit = 0x8000;
constexpr unsigned opcode_shift = 11;
constexpr unsigned authoritative_bit = 0x0400;
constexpr unsigned truncated_bit = 0x0200;
constexpr unsigned recursion_desired_bit = 0x0100;
constexpr unsigned recursion_available_bit = 0x0080;
constexpr unsigned reserved_bit = 0x0040;
constexpr unsigned authentic_data_bit = 0x0020;
constexpr unsigned checking_disabled_bit = 0x0010;

unsigned number_at(Bytes message, std::size_t at) noexcept {
  return std::to_integer<unsigned>(message[at]) << 8 | std::to_integer<unsigned>(message[at + 1]);
}

}  // namespace

std::optional<Header> Header::parse(Bytes message) noexcept {
  if (message.size() < header_bytes) return std::nullopt;
  const unsigned flags = number_at(message, 2);
  Header header;
  header.id = static_cast<std::uint16_t>(number_at(message, 0));
  header.is_response = (flags & response_bit) != 0;
  header.opcode = static_cast<Opcode>(flags >> opcode_shift & 0xf);
  header.authoritative = (flags & authoritative_bit) != 0;
  header.truncated = (flags & truncated_bit) != 0;
  header.recursion_desired = (flags & recursion_desired_bit) != 0;
  header.recursion_available = (flags & recursion_available_bit) != 0;
  header.reserved = (flags & reserved_bit) != 0;
  header.authentic_data = (flags & authentic_data_bit) != 0;
  header.checking_disabled = (flags & checking_disabled_bit) != 0;
  header.rcode = static_cast<Rcode>(flags & 0xf);
  header.question_count = static_cast<std::uint16_t>(number_at(message, 4));
  header.answer_count = static_cast<std::uint16_t>(number_at(message, 6));
  header.authority_count = static_cast<std::uint16_t>(number_at(message, 8));
  header.additional_count = static_cast<std::uint16_t>(number_at(message, 10));
  return header;
}

void Header::write(std::span<std::byte, header_bytes> to) const noexcept {
  const auto put = [&](std::size_t at, unsigned number) {
    to[at] = static_cast<std::byte>(number >> 8);
    to[at + 1] = static_cast<std::byte>(number);
  };
  unsigned flags =
      (static_cast<unsigned>(opcode) & 0xf) << opcode_shift | (static_cast<unsigned>(rcode) & 0xf);
  if (is_response) flags |= response_bit;
  if (authoritative) flags |= authoritative_bit;
  if (truncated) flags |= truncated_bit;
  if (recursion_desired) flags |= recursion_desired_bit;
  if (recursion_available) flags |= recursion_available_bit;
  if (reserved) flags |= reserved_bit;
  if (authentic_data) flags |= authentic_data_bit;
  if (checking_disabled) flags |= checking_disabled_bit;
  put(0, id);
  put(2, flags);
  put(4, question_count);
  put(6, answer_count);
  put(8, authority_count);
  put(10, additional_count);
}

}  // namespace sundog::dns
