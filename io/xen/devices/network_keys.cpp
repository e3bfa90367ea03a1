#include "sundog/io/xen/devices/network_keys.hpp"

#include <algorithm>

#include "sundog/io/network.hpp"
#include "sundog/io/xen/memory.hpp"
#include "sundog/runtime/text/digits.hpp"

namespace sundog::xen {
namespace {

constexpr std::size_t mtu_usual = 1500;
constexpr std::size_t mtu_min = 68;
// A ring's slot says a whole frame's size in 16 bits.
constexpr std::size_t frame_bytes_max = 0xffff;

// A number and nothing else.
std::optional<std::uint64_t> number_of(std::string_view value) noexcept {
  const auto number = take_number(value);
  return value.empty() ? number : std::nullopt;
}

}  // namespace

bool is_yes(std::string_view value) noexcept { return number_of(value).value_or(0) != 0; }

std::optional<MacAddress> parse_vif_mac(std::string_view value) noexcept {
  const auto mac = MacAddress::parse(value);
  if (!mac || mac->is_multicast() || *mac == MacAddress()) return std::nullopt;
  return mac;
}

std::size_t parse_vif_mtu(std::string_view value, bool gathers) noexcept {
  const auto number = number_of(value);
  const std::size_t most = (gathers ? frame_bytes_max : page_bytes) - frame_header_bytes;
  if (!number || *number < mtu_min) return mtu_usual;
  return static_cast<std::size_t>(std::min<std::uint64_t>(*number, most));
}

bool parse_carrier(std::string_view value) noexcept { return value.empty() || is_yes(value); }

}  // namespace sundog::xen
