// NetworkLink: one meeting of a network device with its back end: the two rings, the event
// channels, and what both have agreed on. The buffers are the port's (network_port.hpp).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/mac_address.hpp"
#include "sundog/io/xen/devices/front_end.hpp"
#include "sundog/io/xen/devices/network_keys.hpp"
#include "sundog/io/xen/devices/receive_queue.hpp"
#include "sundog/io/xen/devices/send_queue.hpp"
#include "sundog/io/xen/event_count.hpp"
#include "sundog/io/xen/grants.hpp"

namespace sundog::xen {

class NetworkPort;

class NetworkLink final : public FrontEnd {
 public:
  // The port outlives it. Throws std::bad_alloc, or std::system_error when there is no grant or
  // event channel.
  NetworkLink(BackEndPlace place, NetworkPort& port);
  ~NetworkLink();

  // What was agreed on.
  const NetworkOffer& offered() const noexcept { return offered_; }
  const BackEndFeatures& features() const noexcept { return features_; }

  // Moves what waits into the rings, and shows the back end what is new, by one event for each
  // channel at most.
  void flush() noexcept;
  // Takes what the back end has answered of what was sent.
  void look_for_answers() noexcept {
    if (!has_given_up()) serve_send();
  }
  // Frames to this group are wanted, or no longer. Throws std::bad_alloc.
  void change_group(MacAddress group, bool wanted);
  // The program may want other frames than before: tells a back end that takes that at any time.
  // False: it must be met anew for that.
  bool can_change_to(const NetworkOffer& offer) const noexcept;
  void change_offer() noexcept { wishes_.advance(); }
  // Follows the back end's link, and has it follow the program's wishes, for as long as it is not
  // cancelled.
  Task<void> attend();
  // Until all that was sent is answered.
  Task<void> until_idle();
  // The back end has gone: the port's buffers go back to it.
  void end() noexcept;

 private:
  Task<Keys> offer() override;
  Task<void> read_keys();
  void learn();
  Keys keys() const;
  Task<void> watch_carrier();
  Task<void> tell_wishes();
  void serve() override;
  void serve_send() noexcept;
  void serve_receive() noexcept;

  NetworkPort& port_;
  const Grant send_page_;
  const Grant receive_page_;
  SendQueue send_;
  ReceiveQueue receive_;
  BackEndFeatures features_;
  std::string mac_;  // as the toolstack has it
  std::string mtu_;
  NetworkOffer offered_;
  // Of its own for what is received, where the back end has two.
  std::optional<Port> receive_port_;
  // Groups of which the back end is to be told, and whether they are wanted.
  std::vector<std::pair<MacAddress, bool>> changed_groups_;
  EventCount answered_{"frames to be taken by a back end"};
  EventCount wishes_{"a program to want other frames"};
};

}  // namespace sundog::xen
