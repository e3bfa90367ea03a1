// Conditional requests, by the sections of RFC 9110.
#include "sundog/io/http/conditions.hpp"

#include <string>

#include "sundog/io/http/entity_tag.hpp"
#include "sundog/io/http/head_scanner.hpp"
#include "tests/catch.hpp"

using namespace sundog::http;

namespace {

constexpr std::string_view now = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view before = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr std::string_view after = "Sun, 06 Nov 1994 08:49:38 GMT";
const Validators strong{"\"a\"", 784111777};
const Validators weak{"W/\"a\"", 784111777};
const Validators unknown{"", std::nullopt};

// Calls use(request); the request's text lives as long as that.
template <class Use>
auto with_request(std::string_view method, const std::string& fields, Use use) {
  const std::string bytes = std::string(method) + " / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  HeadScanner scanner;
  REQUIRE(scanner.scan(bytes) == HeadScanner::State::complete);
  RequestHead request;
  const auto refusal = parse_request_head(scanner.head(bytes), request);
  REQUIRE_FALSE(refusal);
  return use(request);
}

Condition evaluate(std::string_view method, const std::string& fields,
                   const Validators& validators) {
  return with_request(method, fields,
                      [&](const RequestHead& r) { return evaluate_conditions(r, validators); });
}

std::string field(const char* name, std::string_view value) {
  return std::string(name) + ": " + std::string(value) + "\r\n";
}

struct ConditionCase {
  const char* sentence;
  const char* method;
  std::string fields;
  Validators validators;
  Condition expected;
};

using enum Condition;
const ConditionCase cases[] = {
    {"no condition proceeds", "GET", "", strong, proceed},
    {"13.1.1: If-Match with the tag proceeds", "GET", field("If-Match", "\"a\""), strong, proceed},
    {"13.1.1: If-Match with another tag fails", "GET", field("If-Match", "\"b\""), strong, failed},
    {"13.1.1: If-Match with the tag in a list proceeds", "GET", field("If-Match", "\"b\", \"a\""),
     strong, proceed},
    {"13.1.1: If-Match with the tag in a second field proceeds", "GET",
     field("If-Match", "\"b\"") + field("If-Match", "\"a\""), strong, proceed},
    {"13.1.1: If-Match * proceeds", "DELETE", field("If-Match", "*"), strong, proceed},
    {"13.1.1: If-Match compares strongly", "GET", field("If-Match", "W/\"a\""), weak, failed},
    {"13.1.1: If-Match without a known tag fails", "GET", field("If-Match", "\"a\""), unknown,
     failed},
    {"13.1.2: If-None-Match with the tag is not modified", "GET", field("If-None-Match", "\"a\""),
     strong, not_modified},
    {"13.1.2: If-None-Match with the tag is not modified for HEAD", "HEAD",
     field("If-None-Match", "\"a\""), strong, not_modified},
    {"13.1.2: If-None-Match with the tag fails for other methods", "DELETE",
     field("If-None-Match", "\"a\""), strong, failed},
    {"13.1.2: If-None-Match with another tag proceeds", "GET", field("If-None-Match", "\"b\""),
     strong, proceed},
    {"13.1.2: If-None-Match compares weakly", "GET", field("If-None-Match", "W/\"a\""), strong,
     not_modified},
    {"13.1.2: If-None-Match * is not modified", "GET", field("If-None-Match", "*"), unknown,
     not_modified},
    {"13.1.2: If-None-Match with a comma in a tag proceeds", "GET",
     field("If-None-Match", "\"x,\"a\""), strong, proceed},
    {"13.1.2: a tag without quotes is no tag", "GET", field("If-None-Match", "a"), strong, proceed},
    {"13.1.3: If-Modified-Since now is not modified", "GET", field("If-Modified-Since", now),
     strong, not_modified},
    {"13.1.3: If-Modified-Since later is not modified", "GET", field("If-Modified-Since", after),
     strong, not_modified},
    {"13.1.3: If-Modified-Since earlier proceeds", "GET", field("If-Modified-Since", before),
     strong, proceed},
    {"13.1.3: If-Modified-Since is ignored for other methods", "DELETE",
     field("If-Modified-Since", now), strong, proceed},
    {"13.1.3: If-Modified-Since is ignored when malformed", "GET",
     field("If-Modified-Since", "today"), strong, proceed},
    {"13.1.3: If-Modified-Since is ignored when given twice", "GET",
     field("If-Modified-Since", now) + field("If-Modified-Since", now), strong, proceed},
    {"13.1.3: If-Modified-Since is ignored without a known date", "GET",
     field("If-Modified-Since", now), unknown, proceed},
    {"13.1.4: If-Unmodified-Since now proceeds", "GET", field("If-Unmodified-Since", now), strong,
     proceed},
    {"13.1.4: If-Unmodified-Since earlier fails", "GET", field("If-Unmodified-Since", before),
     strong, failed},
    {"13.1.4: If-Unmodified-Since is ignored when malformed", "GET",
     field("If-Unmodified-Since", "x"), strong, proceed},
    {"13.2.2: If-Match goes before If-Unmodified-Since", "GET",
     field("If-Match", "\"a\"") + field("If-Unmodified-Since", before), strong, proceed},
    {"13.2.2: If-None-Match goes before If-Modified-Since", "GET",
     field("If-None-Match", "\"b\"") + field("If-Modified-Since", now), strong, proceed},
    {"13.2.2: If-Match goes before If-None-Match", "GET",
     field("If-Match", "\"b\"") + field("If-None-Match", "\"a\""), strong, failed},
};

}  // namespace

TEST_CASE("conditions are evaluated as RFC 9110 section 13 says") {
  for (const ConditionCase& test : cases) {
    DYNAMIC_SECTION(test.sentence) {
      CHECK(evaluate(test.method, test.fields, test.validators) == test.expected);
    }
  }
}

TEST_CASE("13.1.5: a range is used only for the representation that If-Range names") {
  const auto may_use = [](const std::string& fields, const Validators& validators) {
    return with_request("GET", fields,
                        [&](const RequestHead& r) { return may_use_range(r, validators); });
  };
  CHECK(may_use("", strong));
  CHECK(may_use(field("If-Range", "\"a\""), strong));
  CHECK_FALSE(may_use(field("If-Range", "\"b\""), strong));
  CHECK_FALSE(may_use(field("If-Range", "W/\"a\""), weak));
  CHECK(may_use(field("If-Range", now), strong));
  CHECK_FALSE(may_use(field("If-Range", after), strong));
  CHECK_FALSE(may_use(field("If-Range", "nonsense"), strong));
  CHECK_FALSE(may_use(field("If-Range", now), unknown));
}

TEST_CASE("8.8.3: entity tags have quotes and no spaces") {
  CHECK(is_entity_tag("\"\""));
  CHECK(is_entity_tag("W/\"a\""));
  CHECK_FALSE(is_entity_tag("w/\"a\""));
  CHECK_FALSE(is_entity_tag("\"a b\""));
  CHECK_FALSE(is_entity_tag("\""));
  CHECK_FALSE(is_entity_tag(""));
  CHECK_FALSE(is_entity_tag("W/"));
}
