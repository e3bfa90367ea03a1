// The format of DHCP messages, against the bytes of RFC 2131's layout.
#include "sundog/io/net/dhcp/message.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/dns/hex.hpp"

using namespace sundog;
using namespace sundog::net;
using namespace sundog::net::dhcp;
using test::from_hex;
using test::to_hex;

namespace {

const MacAddress hardware({2, 0, 0, 0, 0, 0x17});

// The fixed part of an acknowledgement as a server sends it, with `sname` and `file` as given.
std::vector<std::byte> with_options(std::string_view options, std::string_view name = "",
                                    std::string_view file = "") {
  std::string digits =
      "02010600"
      "12345678"
      "00050000"
      "00000000"
      "c0000217"
      "c0000201"
      "00000000"
      "020000000017"
      "00000000000000000000";
  const auto field = [](std::string_view text, std::size_t bytes) {
    return std::string(text) + std::string(2 * bytes - text.size(), '0');
  };
  digits += field(name, 64) + field(file, 128) + "63825363" + std::string(options);
  return from_hex(digits);
}

}  // namespace

TEST_CASE("a DHCP message is read field by field") {
  const auto bytes = with_options(
      "350105"
      "3304"
      "00000e10"
      "0104ffffff00"
      "ff");
  const auto message = Message::parse(bytes);
  REQUIRE(message);
  CHECK(message->direction == Direction::reply);
  CHECK(message->transaction == 0x12345678);
  CHECK(message->elapsed_s == 5);
  CHECK_FALSE(message->to_all);
  CHECK(message->client == IpAddress::any_v4());
  CHECK(message->your == IpAddress::parse("192.0.2.23"));
  CHECK(message->next_server == IpAddress::parse("192.0.2.1"));
  CHECK(message->hardware == hardware);
  CHECK(message->type() == MessageType::acknowledge);
  CHECK(message->number32(OptionCode::lease_time) == 3600);
  CHECK(message->address(OptionCode::subnet_mask) == IpAddress::parse("255.255.255.0"));
  CHECK_FALSE(message->address(OptionCode::routers));
  CHECK_FALSE(message->number8(OptionCode::lease_time));
}

TEST_CASE("a DHCP message is written byte for byte, at least 300 of them") {
  Message request;
  request.transaction = 0xaabbccdd;
  request.elapsed_s = 0x0102;
  request.to_all = true;
  request.client = IpAddress::parse("10.0.0.1");
  request.your = IpAddress::parse("10.0.0.2");
  request.next_server = IpAddress::parse("10.0.0.3");
  request.relay = IpAddress::parse("10.0.0.4");
  request.hardware = hardware;
  std::array<std::byte, message_bytes_max> space;
  MessageWriter writer(space, request, MessageType::request);
  writer.address(OptionCode::requested_address, IpAddress::parse("10.0.0.9"));
  writer.number16(OptionCode::message_size_max, 576);
  const Bytes bytes = writer.finish();
  CHECK(bytes.size() == message_bytes_min);
  const std::string digits = to_hex(bytes);
  CHECK(digits.substr(0, 88) ==
        "01010600"
        "aabbccdd"
        "01028000"
        "0a000001"
        "0a000002"
        "0a000003"
        "0a000004"
        "020000000017"
        "00000000000000000000");
  CHECK(digits.substr(88, 2 * 192) == std::string(2 * 192, '0'));
  CHECK(digits.substr(2 * 236, 46) ==
        "63825363"
        "350103"
        "32040a000009"
        "39020240"
        "ff"
        "0000000000");
  const auto read = Message::parse(bytes);
  REQUIRE(read);
  CHECK(read->direction == Direction::request);
  CHECK(read->transaction == request.transaction);
  CHECK(read->elapsed_s == request.elapsed_s);
  CHECK(read->to_all);
  CHECK(read->client == request.client);
  CHECK(read->your == request.your);
  CHECK(read->next_server == request.next_server);
  CHECK(read->relay == request.relay);
  CHECK(read->hardware == hardware);
  CHECK(read->type() == MessageType::request);
}

TEST_CASE("options go on in the fields of the file and of the server's name") {
  const auto both = with_options(
      "340103"
      "350105"
      "ff",
      "0304c0000201ff",
      "3304"
      "0000003cff");
  const auto message = Message::parse(both);
  REQUIRE(message);
  CHECK(message->address(OptionCode::routers) == IpAddress::parse("192.0.2.1"));
  CHECK(message->number32(OptionCode::lease_time) == 60);
  // Where option 52 does not say so, they are what their names say.
  const auto none = with_options(
      "350105"
      "ff",
      "0304c0000201ff",
      "3304"
      "0000003cff");
  CHECK_FALSE(Message::parse(none)->address(OptionCode::routers));
  const auto file_only = with_options(
      "340101"
      "350105"
      "ff",
      "0304c0000201ff",
      "3304"
      "0000003cff");
  CHECK(Message::parse(file_only)->number32(OptionCode::lease_time) == 60);
  CHECK_FALSE(Message::parse(file_only)->address(OptionCode::routers));
}

TEST_CASE("an option that comes in parts is put together, in the order of RFC 3396") {
  const auto bytes = with_options(
      "340103"
      "0602c000"
      "350105"
      "0601"
      "02"
      "ff",
      "0603"
      "c00002"
      "ff",
      "0602"
      "01ff"
      "ff");
  const auto message = Message::parse(bytes);
  REQUIRE(message);
  std::array<std::byte, 16> value;
  const auto size = message->option(OptionCode::name_servers, value);
  REQUIRE(size == 8u);
  // Options, then file, then sname.
  CHECK(to_hex(std::span(value).first(*size)) ==
        "c000"
        "02"
        "01ff"
        "c00002");
  std::array<std::byte, 3> small;
  CHECK(message->option(OptionCode::name_servers, small) == 8u);
  CHECK(to_hex(small) == "c00002");
}

TEST_CASE("an option of more than 255 bytes is written in parts, and read as one") {
  std::vector<std::byte> value(280);
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<std::byte>(i);
  std::array<std::byte, message_bytes_max> space;
  MessageWriter writer(space, Message(), MessageType::discover);
  writer.option(OptionCode::text, value);
  const auto message = Message::parse(writer.finish());
  REQUIRE(message);
  std::vector<std::byte> read(300);
  REQUIRE(message->option(OptionCode::text, read) == value.size());
  read.resize(value.size());
  CHECK(read == value);
}

TEST_CASE("what is no DHCP message is refused, however it is cut") {
  const auto whole = with_options(
      "350105"
      "3304"
      "00000e10"
      "ff");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> cut(whole.begin(),
                                     whole.begin() + static_cast<std::ptrdiff_t>(size));
    INFO(size);
    // Between two options it is whole, but for the end.
    const bool is_between = size == 240 || size == 243 || size == 249;
    CHECK(Message::parse(cut).has_value() == is_between);
  }
  CHECK_FALSE(Message::parse(with_options("35ff05")));
  CHECK_FALSE(
      Message::parse(with_options("340103"
                                  "ff",
                                  "03ff")));
  auto other_cookie = whole;
  other_cookie[236] = std::byte{0};
  CHECK_FALSE(Message::parse(other_cookie));
  auto other_hardware = whole;
  other_hardware[1] = std::byte{6};
  CHECK_FALSE(Message::parse(other_hardware));
  auto other_direction = whole;
  other_direction[0] = std::byte{3};
  CHECK_FALSE(Message::parse(other_direction));
  // Padding may stand anywhere, and bytes behind the end mean nothing.
  CHECK(Message::parse(with_options("0000350105"
                                    "00"
                                    "ff"
                                    "03ff"))
            ->type() == MessageType::acknowledge);
  CHECK_FALSE(Message::parse(with_options("350109"
                                          "ff"))
                  ->type());
  CHECK_FALSE(Message::parse(with_options("ff"))->type());
}
