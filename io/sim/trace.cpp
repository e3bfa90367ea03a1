#include "sundog/io/sim/trace.hpp"

#include <fmt/format.h>

#include <system_error>

namespace sundog::sim {

void Trace::print(std::int64_t time_ns, std::string_view host, std::string_view operation,
                  std::uint64_t object, std::int64_t result) const noexcept {
  const std::string outcome = result >= 0
                                  ? std::to_string(result)
                                  : std::generic_category().message(static_cast<int>(-result));
  fmt::print(file_, "{:>6}.{:09} {:<10} {:<20} #{:<6} {}\n", time_ns / 1'000'000'000,
             time_ns % 1'000'000'000, host, operation, object, outcome);
}

}  // namespace sundog::sim
