// Parameters with a fraction, in a file of their own: the library's conversions are large, and only
// programs that have such a parameter are linked with them.
#include <array>
#include <charconv>
#include <string>
#include <system_error>

#include "sundog/io/parameter_types.hpp"

namespace sundog::detail {

std::optional<double> parse_double(std::string_view text) noexcept {
  // from_chars also takes "inf" and "nan", which no parameter means.
  if (text.empty() || text.find_first_not_of("+-.0123456789eE") != std::string_view::npos) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string print_double(double value) {
  std::array<char, 32> text;  // the shortest form that reads back the same takes at most 24
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), error == std::errc() ? end : text.data());
}

}  // namespace sundog::detail
