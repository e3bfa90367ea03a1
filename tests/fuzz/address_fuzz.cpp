// Addresses as people and peers write them. What is read is printed in a form that reads the same,
// within the room that it may take; nothing of the text is passed over.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/prefix.hpp"
#include "sundog/io/resolver.hpp"

using namespace sundog;

namespace {

template <class Value>
void check(std::string_view text, std::size_t text_bytes_max) {
  const auto value = Value::try_parse(text);
  try {
    const Value parsed = Value::parse(text);
    if (!value || *value != parsed) std::abort();
  } catch (const std::invalid_argument&) {
    if (value) std::abort();
  }
  if (!value) return;
  const std::string printed = value->to_string();
  if (printed.size() > text_bytes_max || Value::parse(printed) != *value) std::abort();
  // A digit more, or anything else behind it, is not passed over.
  if (Value::try_parse(printed + " ") || Value::try_parse(printed + std::string(1, '\0'))) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check<IpAddress>(text, IpAddress::text_bytes_max);
  check<Endpoint>(text, Endpoint::text_bytes_max);
  check<Prefix>(text, IpAddress::text_bytes_max + 4);
  if (is_name(text) && (text.empty() || text.find('\0') != std::string_view::npos)) std::abort();
  return 0;
}
