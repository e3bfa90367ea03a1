#include "sundog/io/net/dhcp/message.hpp"

#include <algorithm>

#include "sundog/io/net/wire/fields.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog::net::dhcp {
namespace {

using wire::read_u16;
using wire::read_u32;
using wire::read_u8;
using wire::write_u16;
using wire::write_u32;
using wire::write_u8;

// RFC 2131 figure 1.
constexpr std::size_t direction_at = 0;
constexpr std::size_t hardware_type_at = 1;
constexpr std::size_t hardware_size_at = 2;
constexpr std::size_t transaction_at = 4;
constexpr std::size_t elapsed_at = 8;
constexpr std::size_t flags_at = 10;
constexpr std::size_t client_at = 12;
constexpr std::size_t your_at = 16;
constexpr std::size_t next_server_at = 20;
constexpr std::size_t relay_at = 24;
constexpr std::size_t hardware_at = 28;
constexpr std::size_t name_at = 44;
constexpr std::size_t name_bytes = 64;
constexpr std::size_t file_at = 108;
constexpr std::size_t file_bytes = 128;
constexpr std::size_t cookie_at = 236;
constexpr std::size_t options_at = 240;

constexpr std::uint32_t cookie = 0x63825363;
constexpr std::uint8_t ethernet = 1;
constexpr unsigned to_all_bit = 0x8000;
// What option 52 says of the fields.
constexpr unsigned file_has_options = 1;
constexpr unsigned name_has_options = 2;

constexpr auto end_code = static_cast<std::uint8_t>(OptionCode::end);
constexpr auto padding_code = static_cast<std::uint8_t>(OptionCode::padding);

// Goes through the options of one field.
class OptionReader {
 public:
  explicit OptionReader(Bytes field) noexcept : rest_(field) {}

  // False at the end option, at the field's end, and where an option is longer than the field.
  bool next() noexcept {
    while (!rest_.empty() && read_u8(rest_, 0) == padding_code) rest_ = rest_.subspan(1);
    if (rest_.empty() || read_u8(rest_, 0) == end_code) return false;
    failed_ = rest_.size() < 2 || rest_.size() < 2u + read_u8(rest_, 1);
    if (failed_) return false;
    code_ = static_cast<OptionCode>(read_u8(rest_, 0));
    value_ = rest_.subspan(2, read_u8(rest_, 1));
    rest_ = rest_.subspan(2 + value_.size());
    return true;
  }
  bool failed() const noexcept { return failed_; }
  OptionCode code() const noexcept { return code_; }
  Bytes value() const noexcept { return value_; }

 private:
  Bytes rest_;
  OptionCode code_ = OptionCode::padding;
  Bytes value_;
  bool failed_ = false;
};

bool is_well_formed(Bytes field) noexcept {
  OptionReader options(field);
  while (options.next()) {
  }
  return !options.failed();
}

}  // namespace

std::optional<Message> Message::parse(Bytes bytes) noexcept {
  if (bytes.size() < options_at || read_u32(bytes, cookie_at) != cookie) return std::nullopt;
  const unsigned direction = read_u8(bytes, direction_at);
  if (direction != 1 && direction != 2) return std::nullopt;
  if (read_u8(bytes, hardware_type_at) != ethernet) return std::nullopt;
  if (read_u8(bytes, hardware_size_at) != MacAddress::size_bytes) return std::nullopt;
  Message message;
  message.direction = static_cast<Direction>(direction);
  message.transaction = read_u32(bytes, transaction_at);
  message.elapsed_s = read_u16(bytes, elapsed_at);
  message.to_all = (read_u16(bytes, flags_at) & to_all_bit) != 0;
  message.client = wire::read_v4(bytes, client_at);
  message.your = wire::read_v4(bytes, your_at);
  message.next_server = wire::read_v4(bytes, next_server_at);
  message.relay = wire::read_v4(bytes, relay_at);
  message.hardware = wire::read_mac(bytes, hardware_at);
  message.option_fields_[0] = bytes.subspan(options_at);
  if (!is_well_formed(message.option_fields_[0])) return std::nullopt;
  const unsigned overload = message.number8(OptionCode::overload).value_or(0);
  if ((overload & file_has_options) != 0) {
    message.option_fields_[1] = bytes.subspan(file_at, file_bytes);
  }
  if ((overload & name_has_options) != 0) {
    message.option_fields_[2] = bytes.subspan(name_at, name_bytes);
  }
  if (!std::ranges::all_of(message.option_fields_, is_well_formed)) return std::nullopt;
  return message;
}

std::optional<std::size_t> Message::option(OptionCode code, MutableBytes value) const noexcept {
  bool is_there = false;
  std::size_t size = 0;
  for (const Bytes field : option_fields_) {
    for (OptionReader options(field); options.next();) {
      if (options.code() != code) continue;
      is_there = true;
      if (size < value.size()) {
        const std::size_t copied = std::min(options.value().size(), value.size() - size);
        std::ranges::copy(options.value().first(copied),
                          value.begin() + static_cast<std::ptrdiff_t>(size));
      }
      size += options.value().size();
    }
  }
  return is_there ? std::optional(size) : std::nullopt;
}

std::optional<std::uint8_t> Message::number8(OptionCode code) const noexcept {
  std::array<std::byte, 1> value;
  return option(code, value) == value.size() ? std::optional(read_u8(value, 0)) : std::nullopt;
}

std::optional<std::uint16_t> Message::number16(OptionCode code) const noexcept {
  std::array<std::byte, 2> value;
  return option(code, value) == value.size() ? std::optional(read_u16(value, 0)) : std::nullopt;
}

std::optional<std::uint32_t> Message::number32(OptionCode code) const noexcept {
  std::array<std::byte, 4> value;
  return option(code, value) == value.size() ? std::optional(read_u32(value, 0)) : std::nullopt;
}

std::optional<IpAddress> Message::address(OptionCode code) const noexcept {
  std::array<std::byte, 4> value;
  return option(code, value) == value.size() ? std::optional(wire::read_v4(value, 0))
                                             : std::nullopt;
}

std::optional<MessageType> Message::type() const noexcept {
  const auto number = number8(OptionCode::message_type);
  if (!number || *number < 1 || *number > 8) return std::nullopt;
  return static_cast<MessageType>(*number);
}

MessageWriter::MessageWriter(MutableBytes space, const Message& message, MessageType type) noexcept
    : space_(space), size_(options_at) {
  SUNDOG_ASSERT(space.size() >= message_bytes_min, "a DHCP message needs 300 bytes at least");
  std::ranges::fill(space.first(options_at), std::byte{0});
  write_u8(space, direction_at, static_cast<unsigned>(message.direction));
  write_u8(space, hardware_type_at, ethernet);
  write_u8(space, hardware_size_at, MacAddress::size_bytes);
  write_u32(space, transaction_at, message.transaction);
  write_u16(space, elapsed_at, message.elapsed_s);
  write_u16(space, flags_at, message.to_all ? to_all_bit : 0);
  wire::write_address(space, client_at, message.client);
  wire::write_address(space, your_at, message.your);
  wire::write_address(space, next_server_at, message.next_server);
  wire::write_address(space, relay_at, message.relay);
  wire::write_mac(space, hardware_at, message.hardware);
  write_u32(space, cookie_at, cookie);
  const std::array<std::byte, 1> number = {static_cast<std::byte>(type)};
  option(OptionCode::message_type, number);
}

void MessageWriter::put(unsigned byte) noexcept {
  SUNDOG_ASSERT(size_ < space_.size(), "this many options do not fit into a DHCP message");
  write_u8(space_, size_++, byte);
}

MessageWriter& MessageWriter::option(OptionCode code, Bytes value) noexcept {
  do {
    const std::size_t part = std::min<std::size_t>(value.size(), 255);
    put(static_cast<unsigned>(code));
    put(static_cast<unsigned>(part));
    for (const std::byte byte : value.first(part)) put(std::to_integer<unsigned>(byte));
    value = value.subspan(part);
  } while (!value.empty());
  return *this;
}

MessageWriter& MessageWriter::number16(OptionCode code, std::uint16_t number) noexcept {
  std::array<std::byte, 2> value;
  write_u16(value, 0, number);
  return option(code, value);
}

MessageWriter& MessageWriter::number32(OptionCode code, std::uint32_t number) noexcept {
  std::array<std::byte, 4> value;
  write_u32(value, 0, number);
  return option(code, value);
}

MessageWriter& MessageWriter::address(OptionCode code, const IpAddress& address) noexcept {
  return option(code, std::as_bytes(address.bytes()));
}

Bytes MessageWriter::finish() noexcept {
  put(end_code);
  while (size_ < message_bytes_min) put(padding_code);
  return Bytes(space_).first(size_);
}

}  // namespace sundog::net::dhcp
