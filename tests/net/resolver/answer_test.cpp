#include "sundog/io/net/resolver/answer.hpp"

#include <array>
#include <string>
#include <vector>

#include "sundog/io/net/resolver/limits.hpp"
#include "sundog/io/net/resolver/query.hpp"
#include "tests/catch.hpp"
#include "tests/net/resolver/fake_name_server.hpp"

using namespace sundog;
using namespace sundog::net;
using test::Reply;

namespace {

const dns::Question question{test::dns_name("www.example.org"), dns::Type::a, dns::Class::internet};

Reply reply_to_question() {
  const Query query(7, question, true, Spelling::free);
  return Reply(*dns::Message::parse(query.bytes()));
}

Answer read(Reply& reply) {
  const auto bytes = reply.bytes();
  return read_answer(*dns::Message::parse(bytes), question);
}

}  // namespace

TEST_CASE(
    "an answer's addresses are those of the name, each once, with the smallest time to live") {
  Reply reply = reply_to_question();
  reply.address("www.example.org", "192.0.2.1", 300);
  reply.address("WWW.example.org", "192.0.2.2", 200);
  reply.address("www.example.org", "192.0.2.1", 100);
  reply.address("other.example.org", "192.0.2.66", 1);
  reply.address("www.example.org", "2001:db8::66", 1, true);
  const Answer answer = read(reply);
  CHECK(answer.kind == Answer::Kind::addresses);
  CHECK(answer.addresses ==
        std::vector{IpAddress::parse("192.0.2.1"), IpAddress::parse("192.0.2.2")});
  CHECK(answer.ttl_s == 200);
}

TEST_CASE("aliases are followed within an answer, in whatever order they stand there") {
  Reply reply = reply_to_question();
  reply.address("c.test", "192.0.2.1", 300);
  reply.alias("b.test", "c.test", 30);
  reply.alias("www.example.org", "b.test", 60);
  const Answer answer = read(reply);
  CHECK(answer.kind == Answer::Kind::addresses);
  CHECK(answer.addresses.size() == 1);
  CHECK(answer.ttl_s == 30);
  CHECK(answer.alias_count == 2);
}

TEST_CASE("an alias without anything about its name is to be asked for") {
  Reply reply = reply_to_question();
  reply.alias("www.example.org", "b.test", 60);
  const Answer answer = read(reply);
  CHECK(answer.kind == Answer::Kind::alias);
  CHECK(answer.alias == test::dns_name("b.test"));
  CHECK(answer.ttl_s == 60);
}

TEST_CASE("aliases in a circle end") {
  Reply reply = reply_to_question();
  reply.alias("www.example.org", "b.test");
  reply.alias("b.test", "www.example.org");
  CHECK(read(reply).kind == Answer::Kind::malformed);
}

TEST_CASE("there is no such name, for as long as the zone's start of authority says") {
  Reply reply = reply_to_question();
  reply.authority("example.org", 3600, 60).rcode(dns::Rcode::name_error);
  Answer answer = read(reply);
  CHECK(answer.kind == Answer::Kind::no_such_name);
  CHECK(answer.ttl_s == 60);
  Reply shorter = reply_to_question();
  shorter.authority("example.org", 30, 60).rcode(dns::Rcode::name_error);
  CHECK(read(shorter).ttl_s == 30);
  Reply longer = reply_to_question();
  longer.authority("example.org", 1000000, 1000000).rcode(dns::Rcode::name_error);
  CHECK(read(longer).ttl_s == negative_ttl_s_max);
  Reply without = reply_to_question();
  without.rcode(dns::Rcode::name_error);
  CHECK(read(without).kind == Answer::Kind::no_such_name);
  CHECK(read(without).ttl_s == 0);
  Reply foreign = reply_to_question();
  foreign.authority("example.com", 3600, 60).rcode(dns::Rcode::name_error);
  CHECK(read(foreign).ttl_s == 0);
}

TEST_CASE("a name may exist and have no address of a family") {
  Reply reply = reply_to_question();
  reply.authority("example.org", 3600, 60);
  CHECK(read(reply).kind == Answer::Kind::no_address);
  Reply behind_alias = reply_to_question();
  behind_alias.alias("www.example.org", "b.test", 20).authority("test", 3600, 60);
  CHECK(read(behind_alias).kind == Answer::Kind::no_address);
  CHECK(read(behind_alias).ttl_s == 20);
  Reply nothing = reply_to_question();
  CHECK(read(nothing).kind == Answer::Kind::no_address);
  CHECK(read(nothing).ttl_s == 0);
}

TEST_CASE("the response code after aliases is that of the last name") {
  Reply reply = reply_to_question();
  reply.alias("www.example.org", "b.test").authority("test", 3600, 60);
  reply.rcode(dns::Rcode::name_error);
  CHECK(read(reply).kind == Answer::Kind::no_such_name);
}

TEST_CASE("a referral by a server that does not recurse is no answer") {
  Reply reply = reply_to_question();
  reply.header().recursion_available = false;
  reply.record(dns::Section::authority, "example.org", dns::Type::ns, 60,
               test::dns_name("ns.example.org").bytes());
  CHECK(read(reply).kind == Answer::Kind::not_answered);
}

TEST_CASE("errors of a server are no answers, and some may be due to EDNS") {
  for (const auto& [code, kind] :
       {std::pair(dns::Rcode::server_failure, Answer::Kind::not_answered),
        std::pair(dns::Rcode::refused, Answer::Kind::not_answered),
        std::pair(dns::Rcode::format_error, Answer::Kind::edns_not_taken),
        std::pair(dns::Rcode::not_implemented, Answer::Kind::edns_not_taken)}) {
    Reply reply = reply_to_question();
    reply.address("www.example.org", "192.0.2.1").rcode(code);
    CHECK(read(reply).kind == kind);
  }
}

TEST_CASE("an answer with very many addresses gives the first of them") {
  const Query query(7, question, true, Spelling::free);
  Reply reply(*dns::Message::parse(query.bytes()), 60000);
  for (int i = 0; i < 1000; ++i) {
    reply.address("www.example.org",
                  "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256));
  }
  CHECK(read(reply).addresses.size() == addresses_max);
}

TEST_CASE("a query is answered by its own response only") {
  const Query query(0x1234, question, true, Spelling::exact);
  const auto message = dns::Message::parse(query.bytes());
  const auto response = [&](auto change) {
    Reply reply(*message);
    change(reply);
    return query.is_answered_by(reply.bytes());
  };
  CHECK(response([](Reply&) {}));
  CHECK_FALSE(response([](Reply& reply) { reply.header().id = 0x1235; }));
  CHECK_FALSE(response([](Reply& reply) { reply.header().is_response = false; }));
  CHECK_FALSE(response([](Reply& reply) { reply.header().opcode = dns::Opcode::notify; }));
  const auto to_other = [&](const dns::Question& asked) {
    const Query other(0x1234, asked, true, Spelling::free);
    return query.is_answered_by(Reply(*dns::Message::parse(other.bytes())).bytes());
  };
  CHECK(to_other(question));
  CHECK_FALSE(to_other({test::dns_name("www.example.com"), dns::Type::a, dns::Class::internet}));
  CHECK_FALSE(to_other({test::dns_name("www.example.org"), dns::Type::aaaa, dns::Class::internet}));
  CHECK_FALSE(to_other({test::dns_name("www.example.org"), dns::Type::a, dns::Class::chaos}));
  // The same name in another spelling, which counts here.
  CHECK_FALSE(to_other({test::dns_name("wWw.example.org"), dns::Type::a, dns::Class::internet}));
  // Of an error, the header may be all there is.
  std::array<std::byte, dns::header_bytes> bare{};
  dns::Header header;
  header.id = 0x1234;
  header.is_response = true;
  header.write(bare);
  CHECK_FALSE(query.is_answered_by(bare));
  header.rcode = dns::Rcode::format_error;
  header.write(bare);
  CHECK(query.is_answered_by(bare));
  CHECK_FALSE(query.is_answered_by(Bytes(bare).first(11)));
}
