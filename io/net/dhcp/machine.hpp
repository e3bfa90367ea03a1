// Machine: the DHCP client's states (RFC 2131 section 4.4, figure 5), without I/O: it is told what
// has come in and what time it is, and says what to send and what to use.
//
//   start() ----------> rebooting              with an address that was granted before
//      |                 |  |  REQUEST to all
//      | no address      |  | ACK
//      v      NAK, or no |  +--------------------------+
//   init <---- answer ---+                             |
//    ^ | pause over: DISCOVER to all                   v
//    | v               OFFER: REQUEST to all       checking        ARP: is the address free?
//    | selecting -------> requesting ------ACK-----> |     |
//    |                        | NAK, or no answer    |     | claimed()
//    +------------------------+                      |     v
//    |  lost(): DECLINE                              |   bound <------------------+
//    +-----------------------------------------------+     | T1: REQUEST to the   | ACK
//    |                                                     v      server          |
//    |  NAK, or the lease has ended                    renewing ------------------+
//    |                                                     | T2: REQUEST to all   |
//    |                                                     v                      |
//    +------------------------------------------------ rebinding -----------------+
//
// A lost() from any state in which the address is used leads to init too. What is not answered is
// sent again, after 4, 8, 16 seconds and so on up to 64, each a second more or less (section 4.1);
// a renewal after half of the time that is left, a minute at least (section 4.4.5).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/mac_address.hpp"
#include "sundog/io/net/dhcp/lease.hpp"
#include "sundog/io/net/dhcp/message.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::net::dhcp {

inline constexpr Duration first_retry = std::chrono::seconds(4);
inline constexpr Duration last_retry = std::chrono::seconds(64);
inline constexpr Duration retry_jitter = std::chrono::seconds(1);
inline constexpr Duration renewal_retry_min = std::chrono::seconds(60);
// After a refusal or a conflict (section 3.1, step 5: ten seconds at least).
inline constexpr Duration pause_after_failure = std::chrono::seconds(10);
// How often a REQUEST is sent before the client begins anew (section 3.1, step 5).
inline constexpr unsigned requests_max = 4;
// The same for an address of before, which costs a new machine's start the time.
inline constexpr unsigned reboot_requests_max = 2;

// What the machine has others do. Must not call the machine from within.
class Actions {
 public:
  // By UDP from port 68 to port 67 of `server`, or of all where it is 255.255.255.255; from
  // `source`, or from 0.0.0.0 while there is no address.
  virtual void send(Bytes message, const IpAddress& source, const IpAddress& server) noexcept = 0;
  // Finds out whether somebody has the address, and answers by claimed() or lost(); lost() may come
  // later too.
  virtual void claim(const Lease& lease) noexcept = 0;
  // The address is to be used, or has been granted for longer, perhaps with other routers.
  virtual void use(const Lease& lease) noexcept = 0;
  // The address is not to be used any more, or not to be claimed any more.
  virtual void give_up(const Lease& lease) noexcept = 0;

 protected:
  ~Actions() = default;
};

class Machine {
 public:
  enum class State : std::uint8_t {
    stopped,
    init,
    selecting,
    requesting,
    rebooting,
    checking,
    bound,
    renewing,
    rebinding,
  };

  // The others outlive it. `host_name` is told to the server; empty for none, 63 bytes at most.
  Machine(MacAddress hardware, std::string host_name, RandomSource& random, Actions& actions);

  // Begins; with an address that was granted before, if there is one, which is asked for again.
  void start(TimePoint now, const std::optional<IpAddress>& before = std::nullopt) noexcept;
  // Gives the lease back and stops.
  void release(TimePoint now) noexcept;
  // The link was away: perhaps it is another network now. What is used is asked for again.
  void link_came_back(TimePoint now) noexcept;

  // A UDP datagram to port 68; anybody may have sent it.
  void received(Bytes datagram, TimePoint now) noexcept;
  // What became of Actions::claim().
  void claimed(TimePoint now) noexcept;
  void lost(TimePoint now) noexcept;
  // Does what is due.
  void tick(TimePoint now) noexcept;
  // When the next tick() is needed.
  TimePoint deadline() const noexcept { return deadline_; }

  State state() const noexcept { return state_; }
  // Only while the address may be used.
  const Lease* lease() const noexcept { return is_in_use() ? &*lease_ : nullptr; }

 private:
  bool is_in_use() const noexcept {
    return state_ == State::bound || state_ == State::renewing || state_ == State::rebinding;
  }
  void enter(State state, TimePoint deadline) noexcept;
  void begin_exchange(TimePoint now) noexcept;
  void discover(TimePoint now) noexcept;
  void begin_again(TimePoint now, Duration pause) noexcept;
  // Asks for the address again, of all, as after a restart.
  void reboot(TimePoint now) noexcept;
  void retry(TimePoint now) noexcept;
  void offered(const Message& message, TimePoint now) noexcept;
  void acknowledged(const Message& message, TimePoint now) noexcept;
  void refused(const Message& message, TimePoint now) noexcept;
  void renew(TimePoint now) noexcept;
  Duration next_retry() noexcept;
  TimePoint next_renewal(TimePoint now, TimePoint end) const noexcept;

  void send_discover(TimePoint now) noexcept;
  void send_request(TimePoint now) noexcept;
  void send_farewell(MessageType type, TimePoint now) noexcept;
  Message outgoing(TimePoint now) const noexcept;
  void add_identity(MessageWriter& message) const noexcept;

  const MacAddress hardware_;
  const std::string host_name_;
  RandomSource& random_;
  Actions& actions_;

  State state_ = State::stopped;
  TimePoint deadline_ = never;
  std::uint32_t transaction_ = 0;
  TimePoint exchange_begun_{};
  TimePoint asked_at_{};  // when the last REQUEST was sent
  Duration retry_after_ = first_retry;
  unsigned requests_ = 0;
  // The address that was offered, or is asked for again, and who offered it.
  IpAddress requested_ = IpAddress::any_v4();
  IpAddress offered_by_ = IpAddress::any_v4();
  std::optional<Lease> lease_;
};

}  // namespace sundog::net::dhcp
