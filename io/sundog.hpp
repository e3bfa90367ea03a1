// Everything for writing a program that runs on every machine, in one include: what <sundog/...>
// offers on Unix, on Xen and in the simulator alike.
//
//   #include <sundog/sundog.hpp>
//   using namespace sundog;
//   using namespace std::chrono_literals;
//
//   int main() { run(sleep(1s) || sleep(2s)); }
//
// What only one platform has is in its own headers: <sundog/io/unix/socket.hpp> and its like,
// <sundog/io/xen/...>, and <sundog/io/sim/...> for tests. HTTP is in <sundog/io/http/...>.
#pragma once

#include <chrono>

// Tasks, and what is made of several.
#include "sundog/runtime/attempt.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/each_element.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/local.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/stop_flag.hpp"
#include "sundog/runtime/stream.hpp"
#include "sundog/runtime/stream_operations.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/runtime/yield.hpp"

// Futures, and what is made of them.
#include "sundog/runtime/choose.hpp"
#include "sundog/runtime/combinators.hpp"
#include "sundog/runtime/future.hpp"

// What tasks share.
#include "sundog/runtime/channel.hpp"
#include "sundog/runtime/condition.hpp"
#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/mvar.hpp"
#include "sundog/runtime/pool.hpp"
#include "sundog/runtime/semaphore.hpp"

// Time.
#include "sundog/timers/alarm.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/ticks.hpp"
#include "sundog/timers/timeout.hpp"

// Programs: how they begin and end, and what they say.
#include "sundog/io/console.hpp"
#include "sundog/io/main.hpp"
#include "sundog/io/run.hpp"
#include "sundog/io/stop_request.hpp"
#include "sundog/runtime/dump.hpp"
#include "sundog/runtime/hooks.hpp"
#include "sundog/runtime/text/log.hpp"

// The contracts between services and devices.
#include "sundog/io/datagram.hpp"
#include "sundog/io/embedded_files.hpp"
#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/key_value.hpp"
#include "sundog/io/prefix.hpp"
#include "sundog/io/random.hpp"
#include "sundog/io/resolver.hpp"
#include "sundog/io/stack.hpp"
#include "sundog/io/wall_clock.hpp"
