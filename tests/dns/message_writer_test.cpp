#include "sundog/io/dns/message_writer.hpp"

#include <array>
#include <string>
#include <vector>

#include "tests/allocations.hpp"
#include "tests/catch.hpp"
#include "tests/dns/hex.hpp"

using namespace sundog;
using namespace sundog::dns;
using test::from_hex;
using test::to_hex;

namespace {

Name name(std::string_view text) { return Name::try_parse(text).value(); }

const Question question{name("www.example.org"), Type::a, Class::internet};

bool add_address(MessageWriter& message, const char* owner, std::uint8_t last) {
  const std::array<std::byte, 4> rdata = {std::byte{192}, std::byte{0}, std::byte{2},
                                          std::byte{last}};
  return message.record(Section::answer, name(owner), Type::a, Class::internet, 300, rdata);
}

}  // namespace

TEST_CASE("a query is written byte for byte as dig writes it") {
  // dig +noedns +nocookie +noadflag www.example.org, with the id 0x1234
  std::array<std::byte, 512> space;
  Header header;
  header.id = 0x1234;
  header.recursion_desired = true;
  MessageWriter message(space, header);
  REQUIRE(message.question(question));
  CHECK(to_hex(message.finish()) ==
        "123401000001000000000000"
        "03777777076578616d706c65036f7267"
        "00"
        "00010001");
}

TEST_CASE("a query with EDNS is written byte for byte as dig writes it") {
  // dig +bufsize=1232 +dnssec +nsid +nocookie +noadflag
  std::array<std::byte, 512> space;
  Header header;
  header.id = 0x1234;
  header.recursion_desired = true;
  std::array<std::byte, 16> option_space;
  RdataBuilder options(option_space);
  write_option(options, OptionCode::name_server_id, {});
  Edns edns;
  edns.dnssec_ok = true;
  edns.options = options.result();
  MessageWriter message(space, header);
  REQUIRE(message.question(question));
  REQUIRE(message.edns(edns));
  CHECK(to_hex(message.finish()) ==
        "123401000001000000000001"
        "03777777076578616d706c65036f7267"
        "00"
        "00010001"
        "00"
        "0029"
        "04d0"
        "00008000"
        "0004"
        "00030000");
}

TEST_CASE("names are compressed to what stands before, in any case and by their tails") {
  std::array<std::byte, 512> space;
  MessageWriter message(space, Header());
  REQUIRE(message.question(question));
  REQUIRE(add_address(message, "WWW.EXAMPLE.ORG", 1));
  REQUIRE(add_address(message, "mail.Example.org", 2));
  REQUIRE(add_address(message, "mail.example.org", 3));
  REQUIRE(add_address(message, ".", 4));
  CHECK(to_hex(message.finish()) ==
        "000000000001000400000000"
        "03777777076578616d706c65036f7267"
        "00"
        "00010001"
        "c00c"
        "00010001"
        "0000012c"
        "0004"
        "c0000201"
        "046d61696cc010"
        "00010001"
        "0000012c"
        "0004"
        "c0000202"
        "c031"
        "00010001"
        "0000012c"
        "0004"
        "c0000203"
        "00"
        "00010001"
        "0000012c"
        "0004"
        "c0000204");
}

TEST_CASE("names in rdata are compressed in the types of RFC 1035, and in no other") {
  std::array<std::byte, 64> rdata_space;
  const auto size_of = [&](Type type, Bytes rdata) {
    std::array<std::byte, 512> space;
    MessageWriter message(space, Header());
    REQUIRE(message.question(question));
    const std::size_t before = message.size();
    REQUIRE(message.record(Section::answer, question.name, type, Class::internet, 0, rdata));
    const Bytes written = message.finish();
    const auto read = Message::parse(written);
    REQUIRE(read);
    std::array<std::byte, 64> expanded;
    const Record record = *read->answers().begin();
    const auto size = expand(type, Class::internet, record.rdata, expanded);
    REQUIRE(size);
    CHECK(to_hex(std::span(expanded).first(*size)) == to_hex(rdata));
    return written.size() - before - 12;
  };
  const Bytes plain = RdataBuilder(rdata_space).name(question.name).result();
  CHECK(size_of(Type::cname, plain) == 2);
  CHECK(size_of(Type::ns, plain) == 2);
  CHECK(size_of(Type::dname, plain) == plain.size());
  const Bytes numbered = RdataBuilder(rdata_space).number16(10).name(question.name).result();
  CHECK(size_of(Type::mx, numbered) == 4);
  CHECK(size_of(Type::kx, numbered) == numbered.size());
  CHECK(size_of(Type::afsdb, numbered) == numbered.size());
  CHECK(size_of(static_cast<Type>(65280), numbered) == numbered.size());
}

TEST_CASE("a start of authority is written and read") {
  Soa soa;
  soa.primary = name("ns.example.org");
  soa.mailbox = name("a\\.b.example.org");
  soa.serial = 0xfffffffe;
  soa.refresh_s = 1;
  soa.retry_s = 2;
  soa.expire_s = 3;
  soa.minimum_s = 4;
  std::array<std::byte, 128> space;
  RdataBuilder rdata(space);
  soa.write(rdata);
  REQUIRE_FALSE(rdata.failed());
  const auto read = Soa::parse(Rdata::alone(rdata.result()));
  REQUIRE(read);
  CHECK(read->primary == soa.primary);
  CHECK(read->mailbox == soa.mailbox);
  CHECK(read->serial == 0xfffffffe);
  CHECK(read->refresh_s == 1);
  CHECK(read->retry_s == 2);
  CHECK(read->expire_s == 3);
  CHECK(read->minimum_s == 4);
  CHECK_FALSE(Soa::parse(Rdata::alone(rdata.result().first(rdata.result().size() - 1))));
}

TEST_CASE("what does not fit is left out whole, for every size of message") {
  std::array<std::byte, 512> space;
  for (std::size_t size = header_bytes; size < 200; ++size) {
    const std::vector<std::byte> before(512, std::byte{0xee});
    std::ranges::copy(before, space.begin());
    MessageWriter message(std::span(space).first(size), Header());
    std::size_t records = 0;
    const bool has_question = message.question(question);
    for (std::uint8_t i = 0; i < 9; ++i) {
      const std::string owner = "host" + std::to_string(i) + ".example.org";
      if (add_address(message, owner.c_str(), i)) ++records;
    }
    message.truncated();
    const Bytes bytes = message.finish();
    INFO(size);
    CHECK(bytes.size() <= size);
    CHECK(space[size] == std::byte{0xee});
    const auto read = Message::parse(bytes);
    REQUIRE(read);
    CHECK(read->header().truncated);
    CHECK(read->question().has_value() == has_question);
    CHECK(read->answers().size() == records);
  }
}

TEST_CASE("a message that was rewound holds no pointer to what is gone") {
  std::array<std::byte, 512> space;
  MessageWriter message(space, Header());
  REQUIRE(message.question(question));
  const auto mark = message.mark();
  REQUIRE(add_address(message, "gone.test", 1));
  message.rewind(mark);
  REQUIRE(add_address(message, "here.gone.test", 2));
  const auto read = Message::parse(message.finish());
  REQUIRE(read);
  CHECK(read->answers().size() == 1);
  CHECK((*read->answers().begin()).owner == name("here.gone.test"));
}

TEST_CASE("bytes that are reserved are there for the OPT record in the end") {
  std::array<std::byte, 80> space;
  MessageWriter message(space, Header());
  REQUIRE(message.question(question));
  message.reserve(opt_record_bytes);
  while (add_address(message, "www.example.org", 1)) {
  }
  message.reserve(0);
  CHECK(message.edns(Edns()));
  const auto read = Message::parse(message.finish());
  REQUIRE(read);
  CHECK(read->edns());
}

TEST_CASE("a message of 64 KiB with thousands of names reads as it was written") {
  std::vector<std::byte> space(message_bytes_max + 100);
  MessageWriter message(space, Header());
  REQUIRE(message.question(question));
  std::vector<std::string> owners;
  for (unsigned i = 0;; ++i) {
    const std::string owner =
        "n" + std::to_string(i * 2654435761u) + ".zone" + std::to_string(i % 97) + ".example.org.";
    if (!add_address(message, owner.c_str(), 7)) break;
    owners.push_back(owner);
  }
  const Bytes bytes = message.finish();
  CHECK(bytes.size() <= message_bytes_max);
  const auto read = Message::parse(bytes);
  REQUIRE(read);
  CHECK(read->answers().size() == owners.size());
  std::size_t wrong = 0;
  std::size_t index = 0;
  for (const Record& record : read->answers()) {
    if (record.owner != name(owners[index++])) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("writing and reading a message allocates nothing") {
  std::array<std::byte, 512> space;
  const Name owner = name("mail.example.org");
  const std::array<std::byte, 4> rdata{};
  const auto before = test::allocation_count();
  MessageWriter message(space, Header());
  bool all = message.question(question);
  all = message.record(Section::answer, owner, Type::a, Class::internet, 1, rdata) && all;
  all = message.edns(Edns()) && all;
  const auto read = Message::parse(message.finish());
  std::size_t count = 0;
  for (const Record& record : read->answers()) count += record.owner == owner ? 1 : 0;
  const auto after = test::allocation_count();
  CHECK(all);
  CHECK(count == 1);
  CHECK(after == before);
}
