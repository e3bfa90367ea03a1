#include "sundog/io/connect.hpp"

#include <algorithm>

#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog {

std::vector<Endpoint> interleave_families(const std::vector<Endpoint>& endpoints) {
  std::vector<Endpoint> result;
  if (endpoints.empty()) return result;
  result.reserve(endpoints.size());
  const IpAddress::Family first_family = endpoints.front().address().family();
  const auto of_family = [&](bool first) {
    return [&, first](const Endpoint& endpoint) {
      return (endpoint.address().family() == first_family) == first;
    };
  };
  auto first = std::ranges::find_if(endpoints, of_family(true));
  auto second = std::ranges::find_if(endpoints, of_family(false));
  while (result.size() < endpoints.size()) {
    if (first != endpoints.end()) {
      result.push_back(*first);
      first = std::find_if(first + 1, endpoints.end(), of_family(true));
    }
    if (second != endpoints.end()) {
      result.push_back(*second);
      second = std::find_if(second + 1, endpoints.end(), of_family(false));
    }
  }
  return result;
}

namespace detail {

void ConnectionAttempts::connected() noexcept {
  is_connected_ = true;
  news_.signal();
}

void ConnectionAttempts::failed(const std::system_error& error, const Endpoint& endpoint) {
  if (!first_error_) first_error_ = error.code();
  append_text(story_, {story_.empty() ? "" : ", ", endpoint.to_string(), " (",
                       error.code().message(), ")"});
  --pending_;
  news_.signal();
}

Task<void> ConnectionAttempts::wait_for_news() { co_await news_.wait(); }

Task<void> ConnectionAttempts::wait_for_one(Duration delay) {
  const bool in_time = co_await try_timeout(wait_for_news(), delay);
  if (!in_time) SUNDOG_PROBE("a second attempt to connect began before the first had ended");
}

Task<void> ConnectionAttempts::wait_until_over() {
  while (!over()) co_await wait_for_news();
}

std::system_error ConnectionAttempts::failure() const {
  return std::system_error(first_error_, join_text({"cannot connect to ", story_}));
}

}  // namespace detail
}  // namespace sundog
