// Peer: the other end of a connection that the program under test accepts: it sends its bytes in
// pieces of all sizes, expects the same bytes back, finishes, and may reset the connection at any
// step.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

namespace sundog::sim::ring {

struct Peer {
  enum class State { waiting, connected, gone };
  State state = State::waiting;

  std::vector<std::byte> script;
  std::size_t sent = 0;
  bool has_finished = false;
  bool has_reset = false;
  // What has come and the program has not received; how it ended is seen behind it.
  std::deque<std::byte> in_socket;

  std::vector<std::byte> received;
  bool program_finished = false;
  bool program_closed = false;

  bool readable() const noexcept { return !in_socket.empty() || has_finished || has_reset; }
  // Everything came back, in order, and then an end; or the connection broke and what came was
  // right so far.
  bool content() const noexcept {
    if (received.size() > script.size()) return false;
    for (std::size_t i = 0; i < received.size(); ++i) {
      if (received[i] != script[i]) return false;
    }
    return has_reset || (received.size() == script.size() && program_finished);
  }
};

}  // namespace sundog::sim::ring
