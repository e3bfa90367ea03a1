#include "sundog/io/http/access_log_line.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "sundog/io/http/date.hpp"
#include "sundog/io/http/text.hpp"
#include "sundog/runtime/text/digits.hpp"

namespace sundog::http {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

// How many bytes at the front of the text are one character in UTF-8 (RFC 3629); 0: none is.
std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80                     ? 1
                             : first >= 0xc2 && first <= 0xdf ? 2
                             : first >= 0xe0 && first <= 0xef ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (length < 3) return length;
  // Not the shortest form, a surrogate, or beyond Unicode.
  const unsigned second = byte(1);
  const bool wrong = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                     (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return wrong ? 0 : length;
}

class Line {
 public:
  explicit Line(std::span<char> space) noexcept : space_(space) {}

  // 0: it did not fit.
  std::size_t size() const noexcept { return fits_ ? size_ : 0; }

  Line& operator<<(std::string_view text) noexcept {
    if (text.size() > space_.size() - size_) {
      fits_ = false;
      return *this;
    }
    text.copy(space_.data() + size_, text.size());
    size_ += text.size();
    return *this;
  }
  Line& operator<<(char c) noexcept { return *this << std::string_view(&c, 1); }
  Line& operator<<(std::uint64_t number) noexcept { return *this << Decimal(number); }
  Line& operator<<(const IpAddress& address) noexcept {
    std::array<char, IpAddress::text_bytes_max> text;
    const char* const end = address.unmapped().print(text.data());
    return *this << std::string_view(text.data(), static_cast<std::size_t>(end - text.data()));
  }

  void two_digits(std::uint64_t number) noexcept {
    *this << static_cast<char>('0' + number / 10 % 10) << static_cast<char>('0' + number % 10);
  }

  // As nginx and Apache do.
  void escaped(std::string_view text) noexcept {
    for (const char c : text.substr(0, logged_text_bytes_max)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
        *this << c;
      } else {
        *this << "\\x" << hex_digits[byte >> 4] << hex_digits[byte & 15];
      }
    }
  }

  // A JSON string's content (RFC 8259 section 7), in UTF-8 whatever came.
  void json_escaped(std::string_view text) noexcept {
    const std::size_t end = std::min(text.size(), logged_text_bytes_max);
    for (std::size_t at = 0; at < end;) {
      const auto byte = static_cast<unsigned char>(text[at]);
      const std::size_t length = utf8_length(text.substr(at));
      if (length == 0) {
        *this << "\\ufffd";
      } else if (byte == '"' || byte == '\\') {
        *this << '\\' << text[at];
      } else if (byte < 0x20 || byte == 0x7f) {
        *this << "\\u00" << hex_digits[byte >> 4] << hex_digits[byte & 15];
      } else {
        *this << text.substr(at, length);
      }
      at += std::max<std::size_t>(length, 1);
    }
  }

 private:
  std::span<char> space_;
  std::size_t size_ = 0;
  bool fits_ = true;
};

// 29/Nov/2026:15:51:41 +0000, out of "Sun, 29 Nov 2026 15:51:41 GMT"
void write_combined_date(Line& line, std::int64_t unix_seconds) noexcept {
  const auto date = format_date(unix_seconds);
  const std::string_view text(date.data(), date.size());
  line << text.substr(5, 2) << '/' << text.substr(8, 3) << '/' << text.substr(12, 4) << ':'
       << text.substr(17, 8) << " +0000";
}

// 2026-11-29T15:51:41Z (RFC 3339)
void write_json_date(Line& line, std::int64_t unix_seconds) noexcept {
  const std::chrono::sys_seconds time{
      std::chrono::seconds(std::clamp<std::int64_t>(unix_seconds, 0, date_seconds_max))};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto second = static_cast<std::uint64_t>((time - day).count());
  const auto year = static_cast<std::uint64_t>(static_cast<int>(date.year()));
  line.two_digits(year / 100);
  line.two_digits(year);
  line << '-';
  line.two_digits(static_cast<unsigned>(date.month()));
  line << '-';
  line.two_digits(static_cast<unsigned>(date.day()));
  line << 'T';
  line.two_digits(second / 3600);
  line << ':';
  line.two_digits(second / 60 % 60);
  line << ':';
  line.two_digits(second % 60);
  line << 'Z';
}

std::string_view field_of(const AnsweredRequest& request, std::string_view name) noexcept {
  if (request.head == nullptr) return {};
  return request.head->fields.find(name).value_or(std::string_view());
}

void write_combined(Line& line, const AnsweredRequest& request,
                    std::optional<std::int64_t> unix_seconds) noexcept {
  if (request.peer != nullptr) {
    line << *request.peer;
  } else {
    line << '-';
  }
  line << " - - [";
  if (unix_seconds) {
    write_combined_date(line, *unix_seconds);
  } else {
    line << '-';
  }
  line << "] \"";
  if (request.head != nullptr && !request.head->method_text.empty()) {
    line.escaped(request.head->method_text);
    line << ' ';
    line.escaped(request.head->target);
    line << " HTTP/1." << static_cast<char>('0' + request.head->version_minor % 10);
  } else {
    line << '-';
  }
  line << "\" " << std::uint64_t{code_of(request.status)} << ' ' << request.content_bytes << " \"";
  const std::string_view referrer = field_of(request, "Referer");
  line.escaped(referrer.empty() ? "-" : referrer);
  line << "\" \"";
  const std::string_view agent = field_of(request, "User-Agent");
  line.escaped(agent.empty() ? "-" : agent);
  line << "\"\n";
}

void write_json_text(Line& line, std::string_view name, std::string_view value) noexcept {
  if (value.empty()) return;
  line << ",\"" << name << "\":\"";
  line.json_escaped(value);
  line << '"';
}

void write_json(Line& line, const AnsweredRequest& request,
                std::optional<std::int64_t> unix_seconds) noexcept {
  line << '{';
  if (unix_seconds) {
    line << "\"time\":\"";
    write_json_date(line, *unix_seconds);
    line << "\",";
  }
  if (request.peer != nullptr) line << "\"peer\":\"" << *request.peer << "\",";
  const auto took_us = std::max<std::int64_t>(request.took.count() / 1000, 0);
  line << "\"status\":" << std::uint64_t{code_of(request.status)}
       << ",\"bytes\":" << request.content_bytes
       << ",\"duration_us\":" << static_cast<std::uint64_t>(took_us);
  if (request.head != nullptr) {
    write_json_text(line, "method", request.head->method_text);
    write_json_text(line, "target", request.head->target);
    write_json_text(line, "referrer", field_of(request, "Referer"));
    write_json_text(line, "agent", field_of(request, "User-Agent"));
  }
  line << "}\n";
}

}  // namespace

std::size_t write_access_log_line(std::span<char> space, AccessLogFormat format,
                                  const AnsweredRequest& request,
                                  std::optional<std::int64_t> unix_seconds) noexcept {
  Line line(space);
  if (format == AccessLogFormat::combined) {
    write_combined(line, request, unix_seconds);
  } else {
    write_json(line, request, unix_seconds);
  }
  return line.size();
}

}  // namespace sundog::http
