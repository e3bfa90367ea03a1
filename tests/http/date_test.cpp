#include "sundog/io/http/date.hpp"

#include <ctime>
#include <string>

#include "tests/catch.hpp"

using namespace sundog::http;

namespace {
std::string formatted(std::int64_t seconds) {
  const auto text = format_date(seconds);
  return {text.data(), text.size()};
}
}  // namespace

TEST_CASE("a date is written in the preferred form") {
  CHECK(formatted(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(formatted(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(formatted(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(formatted(date_seconds_max) == "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST_CASE("a date out of range is moved to the nearest end") {
  CHECK(formatted(-1) == formatted(0));
  CHECK(formatted(INT64_MAX) == formatted(date_seconds_max));
  CHECK(formatted(INT64_MIN) == formatted(0));
}

TEST_CASE("the three forms of a date say the same second") {
  CHECK(parse_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
  CHECK(parse_date("Sunday, 06-Nov-94 08:49:37 GMT") == 784111777);
  CHECK(parse_date("Sun Nov  6 08:49:37 1994") == 784111777);
  CHECK(parse_date("Sun Nov 16 08:49:37 1994") == 784111777 + 864000);
}

TEST_CASE("dates agree with the C library from 1970 to 2105") {
  for (std::int64_t seconds = 0; seconds < 4'260'000'000; seconds += 40'000 + seconds % 4099) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    char expected[40];
    std::strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (formatted(seconds) != expected) FAIL_CHECK(formatted(seconds) << " is not " << expected);
    if (parse_date(expected) != seconds) FAIL_CHECK(expected << " is not read back");
  }
}

TEST_CASE("what is not a date is nothing") {
  for (const char* text : {"",
                           "now",
                           "0",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "sun, 06 nov 1994 08:49:37 gmt",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:37 GMT",
                           "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Sun, 31 Nov 1994 08:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Tue, 29 Feb 2100 00:00:00 GMT",
                           "Sun, 06 Nov 1969 08:49:37 GMT",
                           "Sun, 06 Nov -994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 GMT ",
                           "Sunday, 06-Nov-1994 08:49:37 GMT",
                           "Funday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov 6 08:49:37 1994",
                           "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_date(text));
  }
}

TEST_CASE("a date cut at any byte is nothing") {
  for (const std::string_view text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"}) {
    for (std::size_t cut = 0; cut < text.size(); ++cut)
      CHECK_FALSE(parse_date(text.substr(0, cut)));
  }
}
