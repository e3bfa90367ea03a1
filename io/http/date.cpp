#include "sundog/io/http/date.hpp"

#include <algorithm>
#include <chrono>

#include "sundog/io/http/text.hpp"

namespace sundog::http {
namespace {

constexpr std::string_view day_names = "MonTueWedThuFriSatSun";
constexpr std::array<std::string_view, 7> long_day_names = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";

// A date as it is written, not yet judged.
struct Date {
  std::int64_t year = 0;
  std::int64_t month = 0;  // 1 to 12
  std::int64_t day = 0;
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
};

// Reads a date's parts off the front of a text; `ok` falls when one is missing.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return fail();
    rest_.remove_prefix(expected.size());
  }
  std::int64_t digits(std::size_t count) {
    const auto value = parse_decimal(rest_.substr(0, count));
    if (!value || rest_.size() < count) return fail(), 0;
    rest_.remove_prefix(count);
    return static_cast<std::int64_t>(*value);
  }
  // asctime's day: two characters, the first may be a space.
  std::int64_t padded_day() {
    if (!rest_.starts_with(' ')) return digits(2);
    rest_.remove_prefix(1);
    return digits(1);
  }
  // The three-letter name's place in `names`, from 1.
  std::int64_t name(std::string_view names) {
    for (std::size_t i = 0; i + 3 <= names.size(); i += 3) {
      if (!rest_.starts_with(names.substr(i, 3))) continue;
      rest_.remove_prefix(3);
      return static_cast<std::int64_t>(i / 3 + 1);
    }
    return fail(), 0;
  }
  void time(Date& date) {
    date.hour = digits(2);
    literal(":");
    date.minute = digits(2);
    literal(":");
    date.second = digits(2);
  }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  std::string_view rest_;
  bool ok_ = true;
};

std::optional<std::int64_t> to_seconds(const Date& date) {
  using namespace std::chrono;
  const year_month_day day(year(static_cast<int>(date.year)),
                           month(static_cast<unsigned>(date.month)),
                           std::chrono::day(static_cast<unsigned>(date.day)));
  // 60 is a leap second
  if (date.year < 1970 || !day.ok() || date.hour > 23 || date.minute > 59 || date.second > 60) {
    return std::nullopt;
  }
  const sys_seconds time =
      sys_days(day) + hours(date.hour) + minutes(date.minute) + seconds(date.second);
  return time.time_since_epoch().count();
}

bool parse_imf_fixdate(std::string_view text, Date& date) {  // Sun, 06 Nov 1994 08:49:37 GMT
  Reader reader(text);
  reader.name(day_names);
  reader.literal(", ");
  date.day = reader.digits(2);
  reader.literal(" ");
  date.month = reader.name(month_names);
  reader.literal(" ");
  date.year = reader.digits(4);
  reader.literal(" ");
  reader.time(date);
  reader.literal(" GMT");
  return reader.at_end();
}

bool parse_rfc850_date(std::string_view text, Date& date) {  // Sunday, 06-Nov-94 08:49:37 GMT
  const auto day_name =
      std::find(long_day_names.begin(), long_day_names.end(), text.substr(0, text.find(',')));
  if (day_name == long_day_names.end()) return false;
  Reader reader(text.substr(day_name->size()));
  reader.literal(", ");
  date.day = reader.digits(2);
  reader.literal("-");
  date.month = reader.name(month_names);
  reader.literal("-");
  date.year = reader.digits(2);
  date.year += date.year >= 70 ? 1900 : 2000;
  reader.literal(" ");
  reader.time(date);
  reader.literal(" GMT");
  return reader.at_end();
}

bool parse_asctime_date(std::string_view text, Date& date) {  // Sun Nov  6 08:49:37 1994
  Reader reader(text);
  reader.name(day_names);
  reader.literal(" ");
  date.month = reader.name(month_names);
  reader.literal(" ");
  date.day = reader.padded_day();
  reader.literal(" ");
  reader.time(date);
  reader.literal(" ");
  date.year = reader.digits(4);
  return reader.at_end();
}

void put_digits(char* to, std::int64_t value, int count) {
  for (int i = count - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::array<char, date_bytes> format_date(std::int64_t unix_seconds) {
  using namespace std::chrono;
  unix_seconds = std::clamp<std::int64_t>(unix_seconds, 0, date_seconds_max);
  const sys_seconds time{seconds(unix_seconds)};
  const sys_days days = floor<std::chrono::days>(time);
  const year_month_day date(days);
  const hh_mm_ss clock(time - days);

  std::array<char, date_bytes> text;
  std::string_view("Mon, 00 Jan 0000 00:00:00 GMT").copy(text.data(), text.size());
  day_names.copy(&text[0], 3, (weekday(days).iso_encoding() - 1) * 3);
  put_digits(&text[5], static_cast<unsigned>(date.day()), 2);
  month_names.copy(&text[8], 3, (static_cast<unsigned>(date.month()) - 1) * 3);
  put_digits(&text[12], static_cast<int>(date.year()), 4);
  put_digits(&text[17], clock.hours().count(), 2);
  put_digits(&text[20], clock.minutes().count(), 2);
  put_digits(&text[23], clock.seconds().count(), 2);
  return text;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  Date date;
  if (parse_imf_fixdate(text, date) || parse_rfc850_date(text, date) ||
      parse_asctime_date(text, date)) {
    return to_seconds(date);
  }
  return std::nullopt;
}

}  // namespace sundog::http
