// DHCP messages (RFC 2131 section 2, options of RFC 2132): the format, in both directions.
//
// Options may go on in the fields `file` and `sname` (option 52), and one that is longer than 255
// bytes, or that its sender has cut for another reason, comes in several parts that are to be put
// together (RFC 3396): reading an option here gives all of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/mac_address.hpp"

namespace sundog::net::dhcp {

inline constexpr std::uint16_t server_port = 67;
inline constexpr std::uint16_t client_port = 68;

// What every client must take (RFC 2131 section 2), less the headers of IP and UDP; and what some
// servers and relays expect at least, as it was BOOTP's fixed size (RFC 1542 section 2.1).
inline constexpr std::size_t message_bytes_max = 576 - 28;
inline constexpr std::size_t message_bytes_min = 300;

enum class Direction : std::uint8_t { request = 1, reply = 2 };

enum class MessageType : std::uint8_t {
  discover = 1,
  offer = 2,
  request = 3,
  decline = 4,
  acknowledge = 5,
  refuse = 6,  // DHCPNAK
  release = 7,
  inform = 8,
};

// Any other number is a valid value too.
enum class OptionCode : std::uint8_t {
  padding = 0,
  subnet_mask = 1,
  routers = 3,
  name_servers = 6,
  host_name = 12,
  mtu = 26,
  requested_address = 50,
  lease_time = 51,
  overload = 52,
  message_type = 53,
  server = 54,
  parameter_list = 55,
  text = 56,
  message_size_max = 57,
  renewal_time = 58,
  rebinding_time = 59,
  client = 61,
  end = 255,
};

struct Message {
  Direction direction = Direction::request;
  // The number of the exchange; a reply has its request's.
  std::uint32_t transaction = 0;
  std::uint16_t elapsed_s = 0;
  // The reply is to be sent to all, as the client cannot receive it otherwise yet.
  bool to_all = false;
  IpAddress client = IpAddress::any_v4();  // ciaddr: which the client uses
  IpAddress your = IpAddress::any_v4();    // yiaddr: which the client may use
  IpAddress next_server = IpAddress::any_v4();
  IpAddress relay = IpAddress::any_v4();
  MacAddress hardware;

  // Nothing for what is no DHCP message for Ethernet, or whose options do not end where they
  // should. The bytes must outlive the message.
  static std::optional<Message> parse(Bytes bytes) noexcept;

  // Copies the option's value, all parts of it, and gives its whole size, of which only what fits
  // is there; nothing if the message does not have it.
  std::optional<std::size_t> option(OptionCode code, MutableBytes value) const noexcept;
  // Values of the kinds that most options have; nothing also where the size is another.
  std::optional<std::uint8_t> number8(OptionCode code) const noexcept;
  std::optional<std::uint16_t> number16(OptionCode code) const noexcept;
  std::optional<std::uint32_t> number32(OptionCode code) const noexcept;
  std::optional<IpAddress> address(OptionCode code) const noexcept;
  std::optional<MessageType> type() const noexcept;

 private:
  // Where options stand, in the order in which they are read.
  std::array<Bytes, 3> option_fields_{};
};

// Writes a message into a piece of memory of message_bytes_max; nothing waits to be sent that is
// larger.
class MessageWriter {
 public:
  // `space` has message_bytes_min at least. The message type is the first option.
  MessageWriter(MutableBytes space, const Message& message, MessageType type) noexcept;

  // Values beyond 255 bytes are cut into parts. What does not fit is a broken assertion.
  MessageWriter& option(OptionCode code, Bytes value) noexcept;
  MessageWriter& number16(OptionCode code, std::uint16_t number) noexcept;
  MessageWriter& number32(OptionCode code, std::uint32_t number) noexcept;
  MessageWriter& address(OptionCode code, const IpAddress& address) noexcept;

  // With the end option, filled up to message_bytes_min.
  Bytes finish() noexcept;

 private:
  void put(unsigned byte) noexcept;

  MutableBytes space_;
  std::size_t size_;
};

}  // namespace sundog::net::dhcp
