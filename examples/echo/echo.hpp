// The echo service (RFC 862): what a peer sends comes back, until it has finished.
//
// It knows flows only: a host socket, our own TCP or a simulated connection.
#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <new>
#include <span>

#include "sundog/io/flow.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/runtime/yield.hpp"

namespace echo {

using namespace sundog;

// One connection.
Task<void> echo(Flow auto flow) {
  std::array<std::byte, 4096> buffer;
  for (;;) {
    const std::size_t count = co_await flow.read(buffer);
    if (count == 0) co_return;
    co_await flow.write(std::span(buffer).first(count));
  }
}

// One connection, whose failure is its own affair.
Task<void> echo_safely(Flow auto flow) {
  try {
    co_await echo(std::move(flow));
  } catch (const std::exception& error) {
    log::debug("a connection ended: {}", error.what());
  }
}

// All connections of a listener, for ever.
Task<void> serve(Listener auto listener) {
  co_await scope([&](Scope& connections) -> Task<void> {
    for (;;) {
      try {
        auto flow = co_await listener.accept();
        connections.spawn(echo_safely(std::move(flow)));
        continue;
      } catch (const std::bad_alloc&) {
        log::warning("out of memory: a connection was turned away");
      }
      // Only connections that end give memory back: trying again at once would keep them from it.
      co_await yield();
    }
  });
}

}  // namespace echo
