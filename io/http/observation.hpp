// Observation: what a connection tells its server's observers (request_observer.hpp). Without
// observers it reads no clock and asks for no address.
#pragma once

#include <optional>
#include <system_error>
#include <vector>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/http/request_observer.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/timers/timers.hpp"

namespace sundog::http {

class Observation {
 public:
  // From a connection's beginning to its end. The observers outlive it.
  explicit Observation(const std::vector<RequestObserver*>& observers) noexcept
      : observers_(observers) {
    for (RequestObserver* observer : observers_) observer->connection_opened();
  }
  Observation(const Observation&) = delete;
  Observation& operator=(const Observation&) = delete;
  ~Observation() {
    for (RequestObserver* observer : observers_) observer->connection_ended();
  }

  // The first byte of a request is there.
  void begin() noexcept {
    if (!observers_.empty()) began_ = Timers::current().now();
  }

  // It was answered. `flow` is asked for its peer, once.
  template <Flow F>
  void answered(const F& flow, const RequestHead* head, Status status,
                std::uint64_t content_bytes) noexcept {
    if (observers_.empty()) return;
    if (!asked_for_peer_) ask_for_peer(flow);
    AnsweredRequest request;
    request.head = head;
    request.peer = peer_ ? &*peer_ : nullptr;
    request.status = status;
    request.content_bytes = content_bytes;
    request.took = Timers::current().now() - began_;
    for (RequestObserver* observer : observers_) observer->answered(request);
  }

 private:
  template <Flow F>
  void ask_for_peer(const F& flow) noexcept {
    asked_for_peer_ = true;
    if constexpr (requires { Endpoint(flow.peer_address()); }) {
      try {
        peer_ = Endpoint(flow.peer_address()).address();
      } catch (const std::system_error&) {
        SUNDOG_PROBE("a peer had gone before it was asked for its address");
      }
    }
  }

  const std::vector<RequestObserver*>& observers_;
  TimePoint began_;
  std::optional<IpAddress> peer_;
  bool asked_for_peer_ = false;
};

}  // namespace sundog::http
