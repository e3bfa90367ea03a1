// Range requests, by RFC 9110 section 14.
#include "sundog/io/http/range.hpp"

#include <string>

#include "sundog/io/http/limits.hpp"
#include "tests/catch.hpp"

using namespace sundog::http;

namespace {

// "whole", "unsatisfiable", or first+length.
std::string selected(std::string_view value, std::uint64_t size) {
  ByteRange range;
  switch (select_range(value, size, range)) {
    case RangeAnswer::whole:
      return "whole";
    case RangeAnswer::unsatisfiable:
      return "unsatisfiable";
    case RangeAnswer::part:
      return std::to_string(range.first) + '+' + std::to_string(range.length);
  }
  return {};
}

}  // namespace

TEST_CASE("a single range selects its bytes") {
  CHECK(selected("bytes=0-499", 10000) == "0+500");
  CHECK(selected("bytes=500-999", 10000) == "500+500");
  CHECK(selected("bytes=-500", 10000) == "9500+500");
  CHECK(selected("bytes=9500-", 10000) == "9500+500");
  CHECK(selected("bytes=0-0", 10000) == "0+1");
  CHECK(selected("bytes=-1", 10000) == "9999+1");
  CHECK(selected("Bytes=0-0", 10000) == "0+1");
}

TEST_CASE("a range that ends beyond the representation ends with it") {
  CHECK(selected("bytes=9000-20000", 10000) == "9000+1000");
  CHECK(selected("bytes=-20000", 10000) == "0+10000");
  CHECK(selected("bytes=0-99999999999999999999999", 10000) == "0+10000");
}

TEST_CASE("a range beyond the representation cannot be satisfied") {
  CHECK(selected("bytes=10000-", 10000) == "unsatisfiable");
  CHECK(selected("bytes=10000-10001, 20000-", 10000) == "unsatisfiable");
  CHECK(selected("bytes=99999999999999999999999-", 10000) == "unsatisfiable");
  CHECK(selected("bytes=-0", 10000) == "unsatisfiable");
  CHECK(selected("bytes=0-", 0) == "unsatisfiable");
  CHECK(selected("bytes=-5", 0) == "unsatisfiable");
}

TEST_CASE("a malformed Range field is ignored") {
  for (const char* value :
       {"", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=1",
        "bytes=1-2-3", "bytes= 1 - 2", "bytes=--1", "bytes=+1-2", "lines=0-5", "bytes=0-0, x"}) {
    CAPTURE(value);
    CHECK(selected(value, 10000) == "whole");
  }
}

TEST_CASE("several ranges are joined if they touch, and ignored if they leave gaps") {
  CHECK(selected("bytes=0-4, 5-9", 100) == "0+10");
  CHECK(selected("bytes=5-9, 0-6", 100) == "0+10");
  CHECK(selected("bytes=0-9, 2-3", 100) == "0+10");
  CHECK(selected("bytes=0-4, 6-9", 100) == "whole");
  CHECK(selected("bytes=0-4, 200-", 100) == "0+5");
}

TEST_CASE("more ranges than allowed are ignored") {
  std::string value = "bytes=0-0";
  for (std::size_t i = 1; i < range_count_max; ++i) value += ",0-0";
  CHECK(selected(value, 100) == "0+1");
  CHECK(selected(value + ",0-0", 100) == "whole");
}
