// Metrics: what a program counts, as text for Prometheus (its exposition format 0.0.4), on every
// platform.
//
//   MetricsText text;
//   text.counter("website_visits_total", "Pages that were asked for.", visits);
//   text.gauge("website_guests", "Who is there now.", guests);
//   print("{}", text.view());
//
// Counting is the counter's own business and costs an addition; the text is made when somebody asks
// for it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sundog/timers/clock.hpp"

namespace sundog {

// How long things took, counted in classes: Prometheus's histogram.
class DurationHistogram {
 public:
  // The upper ends of the classes; what took longer is in a class of its own.
  static constexpr std::array<Duration, 13> bounds = {
      std::chrono::microseconds(100), std::chrono::microseconds(500),
      std::chrono::milliseconds(1),   std::chrono::milliseconds(5),
      std::chrono::milliseconds(10),  std::chrono::milliseconds(25),
      std::chrono::milliseconds(50),  std::chrono::milliseconds(100),
      std::chrono::milliseconds(250), std::chrono::milliseconds(500),
      std::chrono::seconds(1),        std::chrono::seconds(5),
      std::chrono::seconds(30)};

  // One thing took so long.
  void add(Duration took) noexcept;

  // How many took no longer than bounds[i].
  std::uint64_t count_up_to(std::size_t i) const noexcept;
  // All of them, and their sum.
  std::uint64_t count() const noexcept;
  Duration sum() const noexcept { return sum_; }

 private:
  std::array<std::uint64_t, bounds.size() + 1> counts_{};
  Duration sum_ = Duration::zero();
};

// The text, one metric after the other. Names are as Prometheus wants them: [a-z_:][a-z0-9_:]*, a
// counter's ending in _total, units in the name (seconds, bytes). Throws std::bad_alloc.
class MetricsText {
 public:
  // For the Content-Type field.
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  // One value without labels. `help` is a sentence.
  void counter(std::string_view name, std::string_view help, std::uint64_t value);
  void gauge(std::string_view name, std::string_view help, std::uint64_t value);
  // Of durations, in seconds.
  void counter(std::string_view name, std::string_view help, Duration value);
  void histogram(std::string_view name, std::string_view help, const DurationHistogram& values);

  // A metric with labels: its head, then each of its values; `type` is "counter" or "gauge".
  // `labels` as they stand between the braces: code="200",class="2xx".
  void begin(std::string_view name, std::string_view help, std::string_view type);
  void value(std::string_view name, std::string_view labels, std::uint64_t value);

  // What was written so far.
  std::string_view view() const noexcept { return text_; }
  // A label's value may hold anything: `"`, backslash and line ends are escaped.
  static std::string escaped(std::string_view label);

 private:
  std::string text_;
};

// Something that has figures to tell. It must outlive whoever asks it.
class MetricsSource {
 public:
  // Adds what it counts. Called on the loop's thread; must not wait.
  virtual void write_metrics(MetricsText& text) const = 0;

 protected:
  ~MetricsSource() = default;
};

}  // namespace sundog
