#include "sundog/io/reopen_request.hpp"

#include <csignal>

#include "sundog/io/unix/signals.hpp"

namespace sundog {

struct ReopenRequest::Source {
  Signals signals{SIGHUP};
};

ReopenRequest::ReopenRequest() : source_(std::make_unique<Source>()) {}
ReopenRequest::~ReopenRequest() = default;

Task<void> ReopenRequest::next() { co_await source_->signals.next(); }

}  // namespace sundog
