#include "sundog/io/http/head_writer.hpp"

#include <array>
#include <charconv>
#include <system_error>

#include "sundog/io/http/text.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http {
namespace {

[[noreturn]] void refuse(const char* what) {
  throw std::system_error(std::make_error_code(std::errc::invalid_argument), what);
}

}  // namespace

void HeadWriter::need(std::size_t bytes) const {
  if (space_.size() - size_ < bytes) {
    throw std::system_error(std::make_error_code(std::errc::no_buffer_space),
                            SUNDOG_PROBED("an HTTP head is too large to send"));
  }
}

void HeadWriter::put(std::string_view text) {
  text.copy(space_.data() + size_, text.size());
  size_ += text.size();
}

void HeadWriter::status_line(Status status) {
  const std::string_view phrase = reason_phrase(status);
  need(15 + phrase.size());
  const unsigned code = code_of(status);
  const std::array<char, 4> digits = {static_cast<char>('0' + code / 100 % 10),
                                      static_cast<char>('0' + code / 10 % 10),
                                      static_cast<char>('0' + code % 10), ' '};
  put("HTTP/1.1 ");
  put({digits.data(), digits.size()});
  put(phrase);
  put("\r\n");
}

void HeadWriter::request_line(std::string_view method, std::string_view target) {
  if (!is_token(method)) refuse(SUNDOG_PROBED("an HTTP method that is not a token"));
  if (target.empty() || !all_are(target, character::target))
    refuse(SUNDOG_PROBED("an HTTP request target with forbidden characters"));
  need(method.size() + target.size() + 12);
  put(method);
  put(" ");
  put(target);
  put(" HTTP/1.1\r\n");
}

void HeadWriter::field(std::string_view name, std::string_view value) {
  if (!is_token(name)) refuse(SUNDOG_PROBED("an HTTP field name that is not a token"));
  if (!all_are(value, character::field_value))
    refuse(SUNDOG_PROBED("an HTTP field value with control characters"));
  need(name.size() + value.size() + 4);
  put(name);
  put(": ");
  put(value);
  put("\r\n");
}

void HeadWriter::field(std::string_view name, std::uint64_t value) {
  std::array<char, 20> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  field(name, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

void HeadWriter::finish() {
  need(2);
  put("\r\n");
}

}  // namespace sundog::http
