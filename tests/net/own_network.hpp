// A network of the test's own, in a namespace that it makes, with a TAP device between the host's
// stack (192.0.2.254) and a machine with Sundog's (192.0.2.1).
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sundog/io/net/direct_stack.hpp"
#include "sundog/io/run.hpp"
#include "sundog/io/unix/process.hpp"
#include "sundog/io/unix/stack.hpp"
#include "sundog/io/unix/tap.hpp"
#include "tests/catch.hpp"
#include "tests/net/direct_worlds.hpp"
#include "tests/unix/in_child.hpp"

namespace sundog::test {

inline const MacAddress machine_tap_mac({2, 0, 0, 0, 0, 1});

// A network of this process's own; false where that is not allowed.
inline bool enter_own_network() {
  return ::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

// In a child, where Catch2 cannot report: what does not hold ends it.
inline void expect(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("does not hold: " + what);
}

inline Task<bool> succeeds(std::vector<std::string> words) {
  Process process = Process::start(words, ProcessStreams().output_to_null());
  const ProcessEnd end = co_await process.wait();
  co_return end.succeeded();
}

// Whether there is such a program here.
inline bool has_program(const char* name) {
  return std::system(("command -v " + std::string(name) + " >/dev/null").c_str()) == 0;
}

// Whether a message of this size comes whole from a socket of the host's, at `their_address`, to
// one of ours, and back.
inline Task<bool> talks_with_the_host(net::DirectHost& machine, IpAddress own_address,
                                      IpAddress their_address, std::size_t size) {
  auto ours = net::DirectStack(machine).datagrams(Endpoint(own_address, 0));
  auto theirs = HostStack().datagrams(Endpoint(their_address, 0));
  std::string sent(size, ' ');
  for (std::size_t i = 0; i < size; ++i) {
    sent[i] = static_cast<char>('a' + (i * 7 + i / 256) % 26);
  }
  co_await theirs.send(as_bytes(sent), ours.local_address());
  std::vector<std::byte> buffer(size + 1);
  const auto got = co_await ours.receive(buffer);
  const bool there = got.size == size && got.peer == Endpoint(theirs.local_address()) &&
                     std::ranges::equal(Bytes(buffer).first(size), as_bytes(sent));
  co_await ours.send(as_bytes(sent), got.peer);
  const auto back = co_await theirs.receive(buffer);
  const bool returned =
      back.size == size && std::ranges::equal(Bytes(buffer).first(size), as_bytes(sent));
  co_return there&& returned;
}

using WithMachine = Task<void> (*)(net::DirectHost& machine);

namespace detail {

inline Task<void> on_tap(WithMachine body) {
  TapNetwork tap = TapNetwork::open("tap0", machine_tap_mac);
  expect(tap.name() == "tap0", "the device has the name that was asked for");
  expect(std::system("ip link set lo up && ip addr add 192.0.2.254/24 dev tap0 && "
                     "ip link set tap0 up") == 0,
         "the host's side has an address");
  SeededRandom random;
  net::DirectHost machine(random);
  connect_device(machine, std::move(tap), 1);
  co_await run_beside(body(machine), machine);
}

inline constexpr int left_out = 77;
inline constexpr int failed = 98;

inline int in_own_network(const std::function<Task<void>()>& body) {
  if (!enter_own_network()) return left_out;
  try {
    sundog::run(body());
  } catch (const std::system_error& error) {
    const bool forbidden = error.code() == std::errc::operation_not_permitted ||
                           error.code() == std::errc::permission_denied ||
                           error.code() == std::errc::no_such_file_or_directory;
    std::fprintf(stderr, "%s\n", error.what());
    return forbidden ? left_out : failed;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return failed;
  }
  return 0;
}

}  // namespace detail

// Runs body() on each poller, in a child with a network of its own, which has no devices. Warns,
// and does nothing, where such networks are not allowed.
inline void in_own_network(const std::function<Task<void>()>& body) {
  with_each_poller([&body] {
    const ChildEnd end = in_child([&body] { return detail::in_own_network(body); });
    INFO(end.error);
    if (end.exit_status() == detail::left_out) {
      WARN("left out: no TAP device in a network namespace here: " << end.error);
      return;
    }
    CHECK(end.exit_status() == 0);
  });
}

// Runs body(machine) in such a network, with the two stacks at the ends of a TAP device.
inline void opposite_the_host(WithMachine body) {
  in_own_network([body] { return detail::on_tap(body); });
}

}  // namespace sundog::test
