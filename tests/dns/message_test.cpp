// Messages as dnspython 2.3 writes them, and messages that nobody should.
#include "sundog/io/dns/message.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "sundog/io/dns/message_writer.hpp"
#include "tests/catch.hpp"
#include "tests/dns/hex.hpp"

using namespace sundog;
using namespace sundog::dns;
using test::from_hex;
using test::to_hex;

namespace {

Name name(std::string_view text) { return Name::try_parse(text).value(); }

// A record of each type, at www.example.org, with all names compressed that dnspython compresses,
// those of SRV and NAPTR too.
constexpr std::string_view all_types =
    "123485000001001d0000000103777777076578616d706c65036f72670000ff0001c00c0001000100000e1000"
    "04c0000201c00c0002000100000e100006036e7331c010c00c0005000100000e10001103777777076578616d"
    "706c65036e657400c00c0006000100000e100023c03d0a686f73746d6173746572c01078a3f17500001c2000"
    "000e10001275000000012cc00c000c000100000e10000704686f7374c010c00c000d000100000e1000090356"
    "415804554e4958c00c000f000100000e100009000a046d61696cc010c00c0010000100000e10000c0568656c"
    "6c6f05776f726c64c00c0011000100000e100022036a6f65076578616d706c65036f72670003747874076578"
    "616d706c65036f726700c00c0012000100000e100013000103616673076578616d706c65036f726700c00c00"
    "1c000100000e10001020010db8000000000000000000000017c00c0021000100000e10000c0001000201bb03"
    "737276c010c00c0023000100000e10001b0064000a0153075349502b44325500045f736970045f756470c010"
    "c00c0024000100000e1000120001026b78076578616d706c65036f726700c00c0027000100000e100013056f"
    "74686572076578616d706c65036f726700c00c002b000100000e100018ec4505012bb183af5f22588179a53b"
    "0a98631fad1a292118c00c002c000100000e1000160101dd465c09cfa51fb45020cc83316fff21b9ec74acc0"
    "0c002e000100000e10002f00010503000151803e7c9dd73e5510d70a52076578616d706c65036f726700a090"
    "755ba58d1affa576f4375831b431c00c002f000100000e10003704686f7374076578616d706c65036f726700"
    "0006400100000003041b000000000000000000000000000000000000000000000000000020c00c0030000100"
    "000e10000d010003050103d22a6ca77f35b8c00c0032000100000e1000260101000c04aabbccdd1417f3df17"
    "b2b2adaef615257de4d2020b80ac6c7c0006400000000002c00c0033000100000e1000090100000c04aabbcc"
    "ddc00c0034000100000e100023030101d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb10"
    "6618e971c00c003b000100000e1000050000000000c00c0040000100000e100020000103737663076578616d"
    "706c65036f72670000010003026832000300020355c00c0041000100000e100014000004706f6f6c07657861"
    "6d706c65036f726700c00c0100000100000e10001a000a00016674703a2f2f6674702e6578616d706c652e6f"
    "72672fc00c0101000100000e1000150005697373756563612e6578616d706c652e6e6574c00cff0000010000"
    "0e1000040a00000100002904d0000080000014000300036e7331000f0009000f626c6f636b6564";

// The same types with their rdata alone.
struct Expected {
  Type type;
  std::string_view rdata;
};
constexpr Expected expected[] = {
    {Type::a, "c0000201"},
    {Type::ns, "036e7331076578616d706c65036f726700"},
    {Type::cname, "03777777076578616d706c65036e657400"},
    {Type::soa,
     "036e7331076578616d706c65036f7267000a686f73746d6173746572076578616d706c65036f72670078a3f175000"
     "01c2000000e10001275000000012c"},
    {Type::ptr, "04686f7374076578616d706c65036f726700"},
    {Type::hinfo, "0356415804554e4958"},
    {Type::mx, "000a046d61696c076578616d706c65036f726700"},
    {Type::txt, "0568656c6c6f05776f726c64"},
    {Type::rp, "036a6f65076578616d706c65036f72670003747874076578616d706c65036f726700"},
    {Type::afsdb, "000103616673076578616d706c65036f726700"},
    {Type::aaaa, "20010db8000000000000000000000017"},
    {Type::srv, "0001000201bb03737276076578616d706c65036f726700"},
    {Type::naptr, "0064000a0153075349502b44325500045f736970045f756470076578616d706c65036f726700"},
    {Type::kx, "0001026b78076578616d706c65036f726700"},
    {Type::dname, "056f74686572076578616d706c65036f726700"},
    {Type::ds, "ec4505012bb183af5f22588179a53b0a98631fad1a292118"},
    {Type::sshfp, "0101dd465c09cfa51fb45020cc83316fff21b9ec74ac"},
    {Type::rrsig,
     "00010503000151803e7c9dd73e5510d70a52076578616d706c65036f726700a090755ba58d1affa576f4375831b43"
     "1"},
    {Type::nsec,
     "04686f7374076578616d706c65036f7267000006400100000003041b0000000000000000000000000000000000000"
     "00000000000000020"},
    {Type::dnskey, "010003050103d22a6ca77f35b8"},
    {Type::nsec3, "0101000c04aabbccdd1417f3df17b2b2adaef615257de4d2020b80ac6c7c0006400000000002"},
    {Type::nsec3param, "0100000c04aabbccdd"},
    {Type::tlsa, "030101d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"},
    {Type::cds, "0000000000"},
    {Type::svcb, "000103737663076578616d706c65036f72670000010003026832000300020355"},
    {Type::https, "000004706f6f6c076578616d706c65036f726700"},
    {Type::uri, "000a00016674703a2f2f6674702e6578616d706c652e6f72672f"},
    {Type::caa, "0005697373756563612e6578616d706c652e6e6574"},
    {static_cast<Type>(65280), "0a000001"},
};

// A header with these counts, and the rest.
std::string with_counts(std::string_view counts, std::string_view rest) {
  return "000084000" + std::string(counts).substr(1) + std::string(rest);
}

bool is_message(std::string_view digits) { return Message::parse(from_hex(digits)).has_value(); }

}  // namespace

TEST_CASE("a message with a record of each type is read, its names decompressed") {
  const auto bytes = from_hex(all_types);
  const auto message = Message::parse(bytes);
  REQUIRE(message);
  CHECK(message->header().id == 0x1234);
  CHECK(message->header().is_response);
  CHECK(message->header().authoritative);
  CHECK(message->header().recursion_desired);
  CHECK_FALSE(message->header().truncated);
  CHECK(message->question() == Question{name("www.example.org"), Type::any, Class::internet});
  std::size_t index = 0;
  for (const Record& record : message->answers()) {
    REQUIRE(index < std::size(expected));
    INFO(to_string(expected[index].type));
    CHECK(record.owner == name("www.example.org"));
    CHECK(record.type == expected[index].type);
    CHECK(record.record_class == Class::internet);
    CHECK(record.ttl_s == 3600);
    std::array<std::byte, 512> space;
    const auto size = expand(record.type, record.record_class, record.rdata, space);
    REQUIRE(size);
    CHECK(to_hex(std::span(space).first(*size)) == expected[index].rdata);
    ++index;
  }
  CHECK(index == std::size(expected));
}

TEST_CASE("what EDNS adds to a message is read: size, DO, options, an extended error") {
  const auto bytes = from_hex(all_types);
  const auto message = Message::parse(bytes);
  REQUIRE(message);
  REQUIRE(message->edns());
  const Edns& edns = *message->edns();
  CHECK(edns.udp_bytes_max == 1232);
  CHECK(edns.version == 0);
  CHECK(edns.dnssec_ok);
  CHECK(message->rcode() == Rcode::no_error);
  const auto id = edns.option(OptionCode::name_server_id);
  REQUIRE(id);
  CHECK(to_hex(*id) == to_hex(as_bytes("ns1")));
  const auto option = edns.option(OptionCode::extended_error);
  REQUIRE(option);
  const auto error = ExtendedError::parse(*option);
  REQUIRE(error);
  CHECK(error->code == 15);
  CHECK(error->meaning() == "blocked");
  CHECK(error->text == "blocked");
  CHECK_FALSE(edns.option(OptionCode::cookie));
}

TEST_CASE("a message that is cut off anywhere is refused") {
  const auto bytes = from_hex(all_types);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // In memory of its own, so that a byte too far is found.
    const std::vector<std::byte> cut(bytes.begin(),
                                     bytes.begin() + static_cast<std::ptrdiff_t>(size));
    INFO(size);
    CHECK_FALSE(Message::parse(cut));
  }
}

TEST_CASE("each bit of a message may be wrong, and whatever is still read is in its bounds") {
  const auto bytes = from_hex(all_types);
  std::size_t read = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::vector<std::byte> wrong = bytes;
    wrong[bit / 8] ^= std::byte{1} << (bit % 8);
    const auto message = Message::parse(wrong);
    if (!message) continue;
    ++read;
    for (const Record& record : message->answers()) {
      std::array<std::byte, 2048> space;
      CHECK(expand(record.type, record.record_class, record.rdata, space));
    }
  }
  CHECK(read > 0);
}

TEST_CASE("a message with bytes behind its last record is refused") {
  CHECK(is_message(with_counts("0001000000000000",
                               "0161000001"
                               "0001")));
  CHECK_FALSE(is_message(with_counts("0001000000000000",
                                     "0161000001"
                                     "0001"
                                     "00")));
}

TEST_CASE(
    "compression that points to itself, forwards, into the header or in a circle is refused") {
  const auto question = [](std::string_view name_digits) {
    return with_counts("0001000000000000", std::string(name_digits) + "00010001");
  };
  CHECK(is_message(question("016100")));
  CHECK_FALSE(is_message(question("c00c")));
  CHECK_FALSE(is_message(question("c00e")));
  CHECK_FALSE(is_message(question("0161c00e")));
  CHECK_FALSE(is_message(question("0161c00c")));
  CHECK_FALSE(is_message(question("c000")));
  CHECK_FALSE(is_message(question("0161c004")));
  CHECK_FALSE(
      is_message(question("01614161"
                          "00")));  // RFC 6891 section 4.2: no such label
  CHECK_FALSE(
      is_message(question("01618161"
                          "00")));
  // Two questions: the second's pointer leads back to the first, whose second half it may be.
  const auto two = [](std::string_view second) {
    return with_counts("0002000000000000",
                       "0161016200"
                       "00010001" +
                           std::string(second) + "00010001");
  };
  CHECK(is_message(two("c00c")));
  CHECK(is_message(two("c00e")));
  CHECK(is_message(two("0163c00e")));
  CHECK_FALSE(is_message(two("c015")));
  CHECK_FALSE(is_message(two("c017")));
}

TEST_CASE("a chain of pointers to pointers is refused, however it ends") {
  // Three questions, where each name is nothing but a pointer to the one before it.
  CHECK_FALSE(is_message(with_counts("0003000000000000",
                                     "016100"
                                     "00010001"
                                     "c00c"
                                     "00010001"
                                     "c013"
                                     "00010001")));
}

TEST_CASE("names that are too long only after decompression are refused") {
  const std::string label = "3f" + std::string(126, '6');
  const std::string first = label + label + label + "00";  // 193 bytes
  const auto second = [&](std::string_view rest) {
    return with_counts("0002000000000000",
                       first + "00010001" + std::string(rest) + "c00c" + "00010001");
  };
  CHECK(is_message(second("3d" + std::string(122, '6'))));
  CHECK_FALSE(is_message(second(label)));
}

TEST_CASE("rdata that is not what its type demands makes a message none") {
  const auto record = [](std::string_view type, std::string_view rdata) {
    std::string length = to_hex(std::array{static_cast<std::byte>(rdata.size() / 2)});
    return with_counts("0000000100000000", "00" + std::string(type) +
                                               "0001"
                                               "00000000"
                                               "00" +
                                               length + std::string(rdata));
  };
  CHECK(is_message(record("0001", "01020304")));
  CHECK_FALSE(is_message(record("0001", "010203")));
  CHECK_FALSE(is_message(record("0001", "0102030405")));
  CHECK_FALSE(is_message(record("001c", "01020304")));
  CHECK_FALSE(is_message(record("0002", "0161")));
  CHECK_FALSE(is_message(record("0002", "01610000")));
  CHECK_FALSE(is_message(record("0010", "")));
  CHECK_FALSE(is_message(record("0010", "036100")));
  CHECK(is_message(record("0010",
                          "0161"
                          "00")));
  CHECK_FALSE(is_message(record("0101", "0000")));  // CAA without a tag
  CHECK_FALSE(is_message(record("002f",
                                "00"
                                "000100")));  // a bitmap that ends in 0
  CHECK_FALSE(is_message(record("002f",
                                "00"
                                "010140"
                                "000140")));
  CHECK(is_message(record("002f",
                          "00"
                          "000140"
                          "010140")));
  CHECK_FALSE(is_message(record("0040",
                                "0001"
                                "00"
                                "00030002"
                                "0355"
                                "00010003"
                                "026832")));
  CHECK_FALSE(is_message(record("0040",
                                "0001"
                                "00"
                                "00010003"
                                "0268")));
  CHECK(is_message(record("ff00", "")));
  // A pointer where none may be: the target of DNAME, at which the owner's root could stand.
  CHECK_FALSE(is_message(record("0027", "c00c")));
  CHECK(is_message(record("0005", "c00c")));
}

TEST_CASE("a message has one OPT record at most, named by the root, among the additional ones") {
  const std::string opt =
      "00"
      "0029"
      "04d0"
      "00000000"
      "0000";
  CHECK(is_message(with_counts("0000000000000001", opt)));
  CHECK_FALSE(is_message(with_counts("0000000000000002", opt + opt)));
  CHECK_FALSE(is_message(with_counts("0000000100000000", opt)));
  CHECK_FALSE(is_message(with_counts("0000000000000001", "0161" + opt)));
  CHECK_FALSE(is_message(with_counts("0000000000000001",
                                     "00"
                                     "0029"
                                     "04d0"
                                     "00000000"
                                     "0003"
                                     "000300")));
}

TEST_CASE("a response code of EDNS has its upper bits in the OPT record") {
  const auto bytes = from_hex(with_counts("0000000000000001",
                                          "00"
                                          "0029"
                                          "0000"
                                          "01050000"
                                          "0000"));
  const auto message = Message::parse(bytes);
  REQUIRE(message);
  CHECK(message->rcode() == Rcode::bad_version);
  CHECK(to_string(message->rcode()) == "BADVERS");
  CHECK(message->edns()->version == 5);
  CHECK(message->edns()->udp_bytes_max == 512);  // less is no offer
}

TEST_CASE("a time to live with its highest bit set is 0") {
  const auto bytes = from_hex(with_counts("0000000100000000",
                                          "00"
                                          "ff00"
                                          "0001"
                                          "80000001"
                                          "0000"));
  const auto message = Message::parse(bytes);
  REQUIRE(message);
  CHECK((*message->answers().begin()).ttl_s == 0);
}

TEST_CASE("every bit of a header is written and read") {
  for (unsigned bit = 0; bit < 96; ++bit) {
    std::array<std::byte, header_bytes> bytes{};
    bytes[bit / 8] = std::byte{1} << (bit % 8);
    const auto header = Header::parse(bytes);
    REQUIRE(header);
    CHECK(*header != Header());
    std::array<std::byte, header_bytes> written{};
    header->write(written);
    CHECK(to_hex(written) == to_hex(bytes));
  }
  CHECK_FALSE(Header::parse(std::array<std::byte, 11>()));
}

TEST_CASE("types have names, and numbers where they have none") {
  CHECK(to_string(Type::aaaa) == "AAAA");
  CHECK(to_string(static_cast<Type>(65280)) == "TYPE65280");
  for (unsigned number = 0; number <= 0xffff; ++number) {
    const Type type = static_cast<Type>(number);
    if (try_parse_type(to_string(type)) != type) FAIL(to_string(type));
  }
  CHECK(try_parse_type("nsec3param") == Type::nsec3param);
  CHECK(try_parse_type("type1") == Type::a);
  for (const char* text : {"", "B", "TYPE", "TYPE65536", "TYPE1x", "TYPE-1", "AA"}) {
    INFO(text);
    CHECK_FALSE(try_parse_type(text));
  }
}
