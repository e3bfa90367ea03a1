// Runs a test's task on io_uring and on epoll: each I/O test holds on both.
#pragma once

#include <string>
#include <utility>

#include "sundog/io/run.hpp"
#include "tests/catch.hpp"

namespace sundog::test {

// `make` gives the task; it is called once for each poller. Where this machine forbids io_uring,
// that section warns and is left out.
template <class Make>
void on_each_poller(Make make) {
  for (const PollerChoice choice : {PollerChoice::uring, PollerChoice::epoll}) {
    DYNAMIC_SECTION((choice == PollerChoice::uring ? "on io_uring" : "on epoll")) {
      if (choice == PollerChoice::uring) {
        try {
          make_poller(choice);
        } catch (const std::system_error& error) {
          WARN("left out: " << error.what());
          return;
        }
      }
      choose_poller(choice);
      run(make());
      choose_poller(PollerChoice::automatic);
    }
  }
}

// Bytes that differ from place to place.
inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 31 + i / 251) % 26);
  return text;
}

}  // namespace sundog::test
