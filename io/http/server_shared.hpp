// ServerShared: what the connections of one server have in common, beside its options.
#pragma once

#include "sundog/io/http/buffer_pool.hpp"
#include "sundog/io/http/idle_connections.hpp"
#include "sundog/runtime/stop_flag.hpp"

namespace sundog::http {

// Each may be null; what is not must outlive the connections.
struct ServerShared {
  ServerShared() noexcept = default;
  // Not explicit: a connection that is served alone has at most this.
  ServerShared(StopFlag* stop_flag) noexcept : stop(stop_flag) {}
  ServerShared(StopFlag* stop_flag, IdleConnections* idle_connections, BufferPool* pool) noexcept
      : stop(stop_flag), idle(idle_connections), buffers(pool) {}

  // Requested when the server stops.
  StopFlag* stop = nullptr;
  // Where a connection stands while it is idle. Who gives it closes them when the server stops.
  IdleConnections* idle = nullptr;
  // Where buffers come from; without it from one of the connection's own.
  BufferPool* buffers = nullptr;
};

}  // namespace sundog::http
