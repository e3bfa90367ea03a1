#include "sundog/io/parameter_types.hpp"

#include <span>

#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog::detail {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

// The first ones in the order in which printing tries them; the others are only understood.
constexpr std::array duration_units = {
    Unit{"h", 3'600'000'000'000},  Unit{"min", 60'000'000'000}, Unit{"s", 1'000'000'000},
    Unit{"ms", 1'000'000},         Unit{"us", 1'000},           Unit{"ns", 1},
    Unit{"d", 86'400'000'000'000}, Unit{"m", 60'000'000'000},
};
constexpr std::size_t duration_units_printed = 6;
constexpr std::array byte_units = {
    Unit{"TiB", std::uint64_t{1} << 40},
    Unit{"GiB", 1 << 30},
    Unit{"MiB", 1 << 20},
    Unit{"KiB", 1 << 10},
    Unit{"B", 1},
    Unit{"kB", 1'000},
    Unit{"MB", 1'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"TB", 1'000'000'000'000},
};
constexpr std::size_t byte_units_printed = 5;

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Adds `digits` * size to total; false when that overflows.
bool add(std::uint64_t& total, std::uint64_t digits, std::uint64_t size) noexcept {
  std::uint64_t part = 0;
  return !__builtin_mul_overflow(digits, size, &part) &&
         !__builtin_add_overflow(total, part, &total);
}

// A fraction has at most this many digits.
constexpr std::size_t fraction_digits_max = 6;

// Adds ".5" of a unit, rounded down; false when it is malformed or overflows.
bool add_fraction(std::uint64_t& total, std::string_view digits, std::uint64_t size) noexcept {
  if (digits.empty() || digits.size() > fraction_digits_max) return false;
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
  for (const char digit : digits) {
    numerator = 10 * numerator + static_cast<std::uint64_t>(digit - '0');
    denominator *= 10;
  }
  std::uint64_t product = 0;
  return add(product, numerator, size) && add(total, product / denominator, 1);
}

std::string_view take_digits(std::string_view& text) noexcept {
  const auto* const end = std::ranges::find_if_not(text, is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

// Takes one "12.5KiB" off the beginning of text and adds it to total.
bool take_quantity(std::string_view& text, std::span<const Unit> units,
                   std::uint64_t& total) noexcept {
  const auto count = take_number(text);
  if (!count) return false;
  const bool has_fraction = text.starts_with('.');
  if (has_fraction) text.remove_prefix(1);
  const std::string_view fraction = has_fraction ? take_digits(text) : std::string_view();
  const auto* const next = std::ranges::find_if(text, is_digit);
  const std::string_view name = text.substr(0, static_cast<std::size_t>(next - text.begin()));
  text.remove_prefix(name.size());
  const auto unit = std::ranges::find(units, name, &Unit::name);
  if (unit == units.end() || !add(total, *count, unit->size)) return false;
  return !has_fraction || add_fraction(total, fraction, unit->size);
}

std::string print_quantity(std::uint64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value % unit.size == 0) return join_text({Decimal(value / unit.size), unit.name});
  }
  return std::string(Decimal(value));
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) noexcept {
  if (text == "0") return Duration::zero();
  std::uint64_t total_ns = 0;
  do {
    if (!take_quantity(text, duration_units, total_ns)) return std::nullopt;
  } while (!text.empty());
  if (total_ns > static_cast<std::uint64_t>(Duration::max().count())) return std::nullopt;
  return Duration(static_cast<Duration::rep>(total_ns));
}

std::string print_duration(Duration value) {
  if (value <= Duration::zero()) return "0";
  return print_quantity(static_cast<std::uint64_t>(value.count()),
                        std::span(duration_units).first(duration_units_printed));
}

std::optional<ByteCount> parse_byte_count(std::string_view text) noexcept {
  ByteCount value;
  if (std::ranges::all_of(text, is_digit)) {
    const auto number = take_number(text);
    return number ? std::optional(ByteCount{*number}) : std::nullopt;
  }
  if (!take_quantity(text, byte_units, value.bytes) || !text.empty()) return std::nullopt;
  return value;
}

std::string print_byte_count(ByteCount value) {
  if (value.bytes == 0) return "0";
  return print_quantity(value.bytes, std::span(byte_units).first(byte_units_printed));
}

std::string print_range(std::string_view least, std::string_view most) {
  return join_text({" from ", least, " to ", most});
}

}  // namespace sundog::detail
