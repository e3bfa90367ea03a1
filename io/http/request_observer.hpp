// RequestObserver: who is told of every request that a server has answered: logs and metrics.
//
// Observers are chosen in ServerOptions and told on the loop's thread, between requests: what takes
// long is done elsewhere.
#pragma once

#include <cstdint>

#include "sundog/io/http/request_head.hpp"
#include "sundog/io/http/status.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::http {

// A request and its answer, with views that are valid during the call only.
struct AnsweredRequest {
  // Null: the head was never complete. Of one that was refused, what was understood.
  const RequestHead* head = nullptr;
  // Null: the flow has no peer with an address.
  const IpAddress* peer = nullptr;
  Status status = Status::ok;
  // Of the content, as it was sent, without chunks' framing.
  std::uint64_t content_bytes = 0;
  // From the head's first byte to the answer's last one.
  Duration took = Duration::zero();
};

class RequestObserver {
 public:
  // Must not wait.
  virtual void answered(const AnsweredRequest& request) noexcept = 0;
  // A connection was let in, or has ended.
  virtual void connection_opened() noexcept {}
  virtual void connection_ended() noexcept {}

 protected:
  ~RequestObserver() = default;
};

}  // namespace sundog::http
