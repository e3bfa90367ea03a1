// State: where a connection is in its life (RFC 9293 section 3.3.2).
//
//            open_passive(SYN)                     open_active()
//          +------------------------ closed -------------------------+
//          | send SYN,ACK                                   send SYN |
//          v               got SYN (both at once): send SYN,ACK      v
//     syn_received <------------------------------------------- syn_sent
//          | got ACK of SYN                    got SYN,ACK: send ACK |
//          +--------------------> established <----------------------+
//                                   |      |
//            we finish first: FIN   |      |   got FIN: send ACK
//                                   v      v
//                          fin_wait_1      close_wait
//                           |   |   |           | we finish too: FIN
//             got ACK of FIN|   |   |got FIN    v
//                           v   |   v         last_ack
//                  fin_wait_2   |  closing      | got ACK of FIN
//                           |   |   | got ACK   v
//                   got FIN |   |   | of FIN   closed
//                           v   v   v
//                           time_wait ---- 2 MSL ----> closed
//                        (from fin_wait_1: FIN and the ACK of ours in one segment)
//
// From each of them a valid RST, abort() and giving up lead to closed. LISTEN is no state of a
// connection here: it is the Listener's.
#pragma once

#include <cstdint>

namespace sundog::net::tcp {

enum class State : std::uint8_t {
  closed,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
};

// As RFC 9293 and `ss` write them: "ESTABLISHED", "FIN-WAIT-1".
constexpr const char* name_of(State state) noexcept {
  switch (state) {
    case State::closed:
      return "CLOSED";
    case State::syn_sent:
      return "SYN-SENT";
    case State::syn_received:
      return "SYN-RECEIVED";
    case State::established:
      return "ESTABLISHED";
    case State::fin_wait_1:
      return "FIN-WAIT-1";
    case State::fin_wait_2:
      return "FIN-WAIT-2";
    case State::close_wait:
      return "CLOSE-WAIT";
    case State::closing:
      return "CLOSING";
    case State::last_ack:
      return "LAST-ACK";
    case State::time_wait:
      return "TIME-WAIT";
  }
  return "?";
}

// The handshake is over.
constexpr bool is_synchronized(State state) noexcept { return state >= State::established; }
// The peer has not finished: data may come.
constexpr bool may_receive(State state) noexcept {
  return state == State::established || state == State::fin_wait_1 || state == State::fin_wait_2;
}
// The application may give more to send.
constexpr bool may_write(State state) noexcept {
  return state == State::established || state == State::close_wait;
}
// Data, or our FIN, may be under way or still to be sent.
constexpr bool may_transmit(State state) noexcept {
  return state == State::established || state == State::close_wait || state == State::fin_wait_1 ||
         state == State::closing || state == State::last_ack;
}

}  // namespace sundog::net::tcp
