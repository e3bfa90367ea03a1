#include "sundog/io/metrics.hpp"

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog {
namespace {

// "1.5", exactly: a duration is a whole number of nanoseconds.
std::string seconds_text(Duration duration) {
  constexpr std::uint64_t per_second = 1'000'000'000;
  const auto ns = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
  const std::uint64_t rest = ns % per_second;
  std::string text(Decimal(ns / per_second));
  if (rest == 0) return text;
  std::string digits(Decimal(rest + per_second));  // nine digits behind a one
  digits.erase(digits.find_last_not_of('0') + 1);
  digits[0] = '.';
  return text += digits;
}

bool is_metric_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    if (!letter && (c < '0' || c > '9')) return false;
  }
  return true;
}

}  // namespace

void DurationHistogram::add(Duration took) noexcept {
  std::size_t i = 0;
  while (i < bounds.size() && took > bounds[i]) ++i;
  ++counts_[i];
  sum_ += took;
}

std::uint64_t DurationHistogram::count_up_to(std::size_t i) const noexcept {
  std::uint64_t count = 0;
  for (std::size_t k = 0; k <= i; ++k) count += counts_[k];
  return count;
}

std::uint64_t DurationHistogram::count() const noexcept { return count_up_to(bounds.size()); }

void MetricsText::begin(std::string_view name, std::string_view help, std::string_view type) {
  SUNDOG_ASSERT(is_metric_name(name), "a metric's name is made of letters, digits, '_' and ':'");
  append_text(text_, {"# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n"});
}

void MetricsText::value(std::string_view name, std::string_view labels, std::uint64_t value) {
  const bool has_labels = !labels.empty();
  append_text(text_,
              {name, has_labels ? "{" : "", labels, has_labels ? "} " : " ", Decimal(value), "\n"});
}

void MetricsText::counter(std::string_view name, std::string_view help, std::uint64_t count) {
  begin(name, help, "counter");
  value(name, {}, count);
}

void MetricsText::gauge(std::string_view name, std::string_view help, std::uint64_t level) {
  begin(name, help, "gauge");
  value(name, {}, level);
}

void MetricsText::counter(std::string_view name, std::string_view help, Duration sum) {
  begin(name, help, "counter");
  append_text(text_, {name, " ", seconds_text(sum), "\n"});
}

void MetricsText::histogram(std::string_view name, std::string_view help,
                            const DurationHistogram& values) {
  begin(name, help, "histogram");
  for (std::size_t i = 0; i < DurationHistogram::bounds.size(); ++i) {
    append_text(text_, {name, "_bucket{le=\"", seconds_text(DurationHistogram::bounds[i]), "\"} ",
                        Decimal(values.count_up_to(i)), "\n"});
  }
  append_text(text_,
              {name, "_bucket{le=\"+Inf\"} ", Decimal(values.count()), "\n", name, "_sum ",
               seconds_text(values.sum()), "\n", name, "_count ", Decimal(values.count()), "\n"});
}

std::string MetricsText::escaped(std::string_view label) {
  std::string text;
  for (const char c : label) {
    if (c == '"' || c == '\\') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace sundog
