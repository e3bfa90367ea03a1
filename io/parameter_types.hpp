// ParameterType<T>: how the text of a boot parameter becomes a T, and back.
//
// There are bool, whole numbers with a range, double, std::string, Duration ("250ms", "1h30min"),
// ByteCount ("4KiB"), IpAddress, Endpoint, Prefix, enums with a list of choices, std::optional of
// these (nothing unless given) and std::vector (separated by commas).
//
// For a type of your own, specialise it:
//   parse(text)    the value, or an empty optional when the text is malformed; must not throw for
//                  what people type
//   print(value)   a text that parse() takes back
//   expects()      completes "expected ...": "a whole number from 1 to 65535"
//   alone()        optional: the value that the bare `--name` stands for
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/prefix.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog {

// An amount of memory or of data.
struct ByteCount {
  std::uint64_t bytes = 0;
  friend auto operator<=>(ByteCount, ByteCount) = default;
};
constexpr ByteCount kibibytes(std::uint64_t count) { return {count << 10}; }
constexpr ByteCount mebibytes(std::uint64_t count) { return {count << 20}; }

namespace detail {

std::optional<double> parse_double(std::string_view text) noexcept;
std::string print_double(double value);
std::optional<Duration> parse_duration(std::string_view text) noexcept;
std::string print_duration(Duration value);
std::optional<ByteCount> parse_byte_count(std::string_view text) noexcept;
std::string print_byte_count(ByteCount value);

// " from LEAST to MOST"
std::string print_range(std::string_view least, std::string_view most);

}  // namespace detail

// What the opening asks for, specialised for each type that a parameter may have.
template <class T>
class ParameterType;

template <>
class ParameterType<bool> {
 public:
  static std::optional<bool> parse(std::string_view text) noexcept {
    if (text == "true" || text == "yes" || text == "on") return true;
    if (text == "false" || text == "no" || text == "off") return false;
    return std::nullopt;
  }
  static std::string print(bool value) { return value ? "true" : "false"; }
  static std::string expects() { return "true or false"; }
  static bool alone() noexcept { return true; }
};

// Parameter<int> workers{*this, "workers", "how many at once", 4, {1, 64}};
template <std::integral T>
class ParameterType<T> {
 public:
  constexpr ParameterType(T least = std::numeric_limits<T>::min(),
                          T most = std::numeric_limits<T>::max()) noexcept
      : least_(least), most_(most) {}

  std::optional<T> parse(std::string_view text) const noexcept {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (value < least_ || value > most_) return std::nullopt;
    return value;
  }
  static std::string print(T value) { return std::to_string(value); }
  std::string expects() const {
    // The limits of the small types say something (a port); those of the large ones do not.
    const bool unlimited = sizeof(T) >= sizeof(int) && most_ == std::numeric_limits<T>::max();
    if (!unlimited) return "a whole number" + detail::print_range(print(least_), print(most_));
    if (least_ == std::numeric_limits<T>::min() && least_ != 0) return "a whole number";
    return "a whole number of at least " + print(least_);
  }

 private:
  T least_;
  T most_;
};

template <>
class ParameterType<double> {
 public:
  constexpr ParameterType(double least = std::numeric_limits<double>::lowest(),
                          double most = std::numeric_limits<double>::max()) noexcept
      : least_(least), most_(most) {}

  std::optional<double> parse(std::string_view text) const noexcept {
    const auto value = detail::parse_double(text);
    return value && *value >= least_ && *value <= most_ ? value : std::nullopt;
  }
  static std::string print(double value) { return detail::print_double(value); }
  std::string expects() const {
    const bool limited = least_ != std::numeric_limits<double>::lowest() ||
                         most_ != std::numeric_limits<double>::max();
    return "a number" + (limited ? detail::print_range(print(least_), print(most_)) : "");
  }

 private:
  double least_;
  double most_;
};

template <>
class ParameterType<std::string> {
 public:
  static std::optional<std::string> parse(std::string_view text) { return std::string(text); }
  static std::string print(const std::string& value) { return value; }
  static std::string expects() { return "a text"; }
};

// Never negative. A number needs its unit (ns, us, ms, s, min, h, d), but for 0.
template <>
class ParameterType<Duration> {
 public:
  constexpr ParameterType(Duration least = Duration::zero(),
                          Duration most = Duration::max()) noexcept
      : least_(least), most_(most) {}

  std::optional<Duration> parse(std::string_view text) const noexcept {
    const auto value = detail::parse_duration(text);
    return value && *value >= least_ && *value <= most_ ? value : std::nullopt;
  }
  static std::string print(Duration value) { return detail::print_duration(value); }
  std::string expects() const {
    std::string range;
    if (most_ != Duration::max()) {
      range = detail::print_range(print(least_), print(most_));
    } else if (least_ != Duration::zero()) {
      range = join_text({" of at least ", print(least_)});
    }
    return join_text({"a duration such as 250ms, 5s or 1h30min", range.empty() ? "" : ",", range});
  }

 private:
  Duration least_;
  Duration most_;
};

// A plain number counts bytes; units are B, KiB, MiB, GiB, TiB (1024) and kB, MB, GB, TB (1000).
template <>
class ParameterType<ByteCount> {
 public:
  constexpr ParameterType(ByteCount least = {0},
                          ByteCount most = {std::numeric_limits<std::uint64_t>::max()}) noexcept
      : least_(least), most_(most) {}

  std::optional<ByteCount> parse(std::string_view text) const noexcept {
    const auto value = detail::parse_byte_count(text);
    return value && *value >= least_ && *value <= most_ ? value : std::nullopt;
  }
  static std::string print(ByteCount value) { return detail::print_byte_count(value); }
  std::string expects() const {
    const bool limited = most_.bytes != std::numeric_limits<std::uint64_t>::max();
    return "a size such as 512, 4KiB or 10MB" +
           (limited ? "," + detail::print_range(print(least_), print(most_)) : "");
  }

 private:
  ByteCount least_;
  ByteCount most_;
};

// Parameter<Coin> side{*this, "side", "...", Coin::heads, {{"heads", Coin::heads}, {"tails",
// Coin::tails}}};
template <class E>
  requires std::is_enum_v<E>
class ParameterType<E> {
 public:
  struct Choice {
    std::string_view name;  // a literal
    E value;
  };
  ParameterType(std::initializer_list<Choice> choices) : choices_(choices) {}

  std::optional<E> parse(std::string_view text) const noexcept {
    const auto choice = std::ranges::find(choices_, text, &Choice::name);
    return choice == choices_.end() ? std::nullopt : std::optional<E>(choice->value);
  }
  std::string print(E value) const {
    const auto choice = std::ranges::find(choices_, value, &Choice::value);
    return choice == choices_.end() ? std::string() : std::string(choice->name);
  }
  std::string expects() const {
    std::string list;
    for (std::size_t index = 0; index < choices_.size(); ++index) {
      if (index > 0) list += index + 1 == choices_.size() ? " or " : ", ";
      list += choices_[index].name;
    }
    return list;
  }

 private:
  std::vector<Choice> choices_;
};

template <>
class ParameterType<IpAddress> {
 public:
  static std::optional<IpAddress> parse(std::string_view text) noexcept {
    return IpAddress::try_parse(text);
  }
  static std::string print(const IpAddress& value) { return value.to_string(); }
  static std::string expects() { return "an IP address such as 192.0.2.1 or 2001:db8::1"; }
};

template <>
class ParameterType<Endpoint> {
 public:
  static std::optional<Endpoint> parse(std::string_view text) noexcept {
    return Endpoint::try_parse(text);
  }
  static std::string print(const Endpoint& value) { return value.to_string(); }
  static std::string expects() {
    return "an address and port such as 127.0.0.1:80 or [::1]:80";
  }
};

template <>
class ParameterType<Prefix> {
 public:
  static std::optional<Prefix> parse(std::string_view text) noexcept {
    return Prefix::try_parse(text);
  }
  static std::string print(const Prefix& value) { return value.to_string(); }
  static std::string expects() { return "an address and its network such as 192.0.2.7/24"; }
};

// The empty text is nothing.
template <class T>
class ParameterType<std::optional<T>> {
 public:
  ParameterType(ParameterType<T> type = {}) : type_(std::move(type)) {}

  std::optional<std::optional<T>> parse(std::string_view text) const {
    if (text.empty()) return std::optional<T>();
    auto value = type_.parse(text);
    if (!value) return std::nullopt;
    return std::optional<std::optional<T>>(std::in_place, std::move(value));
  }
  std::string print(const std::optional<T>& value) const {
    return value ? type_.print(*value) : std::string();
  }
  std::string expects() const { return type_.expects(); }

 private:
  ParameterType<T> type_;
};

// Elements cannot contain a comma. The empty text is the empty list.
template <class T>
class ParameterType<std::vector<T>> {
 public:
  ParameterType(ParameterType<T> type = {}) : type_(std::move(type)) {}

  std::optional<std::vector<T>> parse(std::string_view text) const {
    std::vector<T> values;
    while (!text.empty()) {
      const std::size_t comma = text.find(',');
      auto value = type_.parse(text.substr(0, comma));
      if (!value) return std::nullopt;
      values.push_back(std::move(*value));
      if (comma == std::string_view::npos) break;
      text.remove_prefix(comma + 1);
      if (text.empty()) return std::nullopt;  // "a," promises one more
    }
    return values;
  }
  std::string print(const std::vector<T>& values) const {
    std::string text;
    for (const T& value : values) {
      if (&value != values.data()) text += ',';
      text += type_.print(value);
    }
    return text;
  }
  std::string expects() const { return "a list, separated by commas, of: " + type_.expects(); }

 private:
  ParameterType<T> type_;
};

}  // namespace sundog
