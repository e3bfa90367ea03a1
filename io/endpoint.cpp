#include "sundog/io/endpoint.hpp"

#include <algorithm>
#include <array>

#include "sundog/runtime/text/digits.hpp"

namespace sundog {

char* Endpoint::print(char* to) const noexcept {
  if (address_.is_v6()) *to++ = '[';
  to = address_.print(to);
  if (address_.is_v6()) *to++ = ']';
  *to++ = ':';
  return std::ranges::copy(std::string_view(Decimal(port_)), to).out;
}

std::string Endpoint::to_string() const {
  std::array<char, text_bytes_max> text;
  return std::string(text.data(), print(text.data()));
}

}  // namespace sundog
