#include "sundog/io/net/resolver/answer_cache.hpp"

#include <chrono>
#include <string>

#include "tests/catch.hpp"

using namespace sundog;
using namespace sundog::net;
using namespace std::chrono_literals;

namespace {

dns::Name name(std::string_view text) { return dns::Name::try_parse(text).value(); }

Answer answer(std::uint32_t ttl_s, std::size_t count = 1) {
  Answer one;
  one.kind = Answer::Kind::addresses;
  one.ttl_s = ttl_s;
  one.addresses.assign(count, IpAddress::loopback_v4());
  return one;
}

const TimePoint start = TimePoint(100s);

}  // namespace

TEST_CASE("an answer is remembered for as long as its time to live, and no longer") {
  AnswerCache cache;
  cache.put(name("a.test"), dns::Type::a, answer(10), start);
  CHECK(cache.find(name("a.test"), dns::Type::a, start) != nullptr);
  CHECK(cache.find(name("a.test"), dns::Type::a, start + 9999ms) != nullptr);
  CHECK(cache.find(name("a.test"), dns::Type::a, start + 10s) == nullptr);
  CHECK(cache.size() == 0);
  CHECK(cache.bytes() == 0);
}

TEST_CASE("answers are remembered by name, in any case, and by type") {
  AnswerCache cache;
  cache.put(name("A.test"), dns::Type::a, answer(10), start);
  CHECK(cache.find(name("a.TEST"), dns::Type::a, start) != nullptr);
  CHECK(cache.find(name("a.test"), dns::Type::aaaa, start) == nullptr);
  CHECK(cache.find(name("b.test"), dns::Type::a, start) == nullptr);
  CHECK(cache.find(name("test"), dns::Type::a, start) == nullptr);
}

TEST_CASE("what may not be kept, or is no answer, is not remembered") {
  AnswerCache cache;
  cache.put(name("a.test"), dns::Type::a, answer(0), start);
  for (const auto kind :
       {Answer::Kind::not_answered, Answer::Kind::malformed, Answer::Kind::alias}) {
    Answer none = answer(10);
    none.kind = kind;
    cache.put(name("a.test"), dns::Type::a, none, start);
  }
  CHECK(cache.size() == 0);
}

TEST_CASE("a newer answer takes the place of an older one") {
  AnswerCache cache;
  cache.put(name("a.test"), dns::Type::a, answer(10, 3), start);
  const std::size_t bytes = cache.bytes();
  cache.put(name("a.test"), dns::Type::a, answer(100, 1), start);
  CHECK(cache.size() == 1);
  CHECK(cache.bytes() < bytes);
  CHECK(cache.find(name("a.test"), dns::Type::a, start + 50s) != nullptr);
}

TEST_CASE("the number of answers is bounded, and those not asked for make room") {
  AnswerCache cache(3);
  for (int i = 0; i < 3; ++i) {
    cache.put(name("n" + std::to_string(i)), dns::Type::a, answer(100), start);
  }
  CHECK(cache.find(name("n0"), dns::Type::a, start) != nullptr);
  cache.put(name("n3"), dns::Type::a, answer(100), start);
  CHECK(cache.size() == 3);
  CHECK(cache.find(name("n0"), dns::Type::a, start) != nullptr);
  CHECK(cache.find(name("n1"), dns::Type::a, start) == nullptr);
  CHECK(cache.find(name("n2"), dns::Type::a, start) != nullptr);
  CHECK(cache.find(name("n3"), dns::Type::a, start) != nullptr);
}

TEST_CASE("the bytes of all answers are bounded, and one that is larger is not kept") {
  AnswerCache cache(1000, 8000);
  for (int i = 0; i < 1000; ++i) {
    cache.put(name("n" + std::to_string(i)), dns::Type::a, answer(100, 5), start);
    CHECK(cache.bytes() <= 8000);
  }
  CHECK(cache.size() > 5);
  cache.put(name("large"), dns::Type::a, answer(100, 1000), start);
  CHECK(cache.find(name("large"), dns::Type::a, start) == nullptr);
  CHECK(cache.bytes() == 0);  // it had driven out all others before it went itself
  cache.put(name("again"), dns::Type::a, answer(100), start);
  CHECK(cache.size() == 1);
  cache.clear();
  CHECK(cache.bytes() == 0);
}
