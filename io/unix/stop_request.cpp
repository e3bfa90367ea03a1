#include "sundog/io/stop_request.hpp"

#include <csignal>

#include "sundog/io/unix/signals.hpp"

namespace sundog {

struct StopRequest::Source {
  Signals signals{SIGTERM, SIGINT};
};

StopRequest::StopRequest() : source_(std::make_unique<Source>()) {}
StopRequest::~StopRequest() = default;

Task<void> StopRequest::next() { co_await source_->signals.next(); }

}  // namespace sundog
