#include "sundog/io/reopen_request.hpp"

#include "sundog/runtime/future.hpp"

namespace sundog {

struct ReopenRequest::Source {};

ReopenRequest::ReopenRequest() = default;
ReopenRequest::~ReopenRequest() = default;

// A domain has no files that somebody could move aside.
Task<void> ReopenRequest::next() {
  const auto never = wait<void>();
  co_await never.first;
}

}  // namespace sundog
