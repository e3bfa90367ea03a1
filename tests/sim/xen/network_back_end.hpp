// NetworkBackEnd: netback: takes frames from a front end and gives it others (xen/io/netif.h). On
// its other side is a wire, which is the scenario's.
//
// It maps and copies pages as Linux's does, answers what is sent in its own time, and refuses some.
// What it can do is drawn anew for each meeting. A hostile one answers what was not asked, gives
// wrong sizes, shows wrong indices, and keeps pages that it should have let go of. Whatever a front
// end does that would make Linux's give it up is a failure of the world.
//
// A capture of the world has each frame once: when it is taken from the domain, given to it, or
// lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/mac_address.hpp"
#include "sundog/io/xen/devices/netif.hpp"
#include "tests/sim/xen/back_end.hpp"
#include "tests/sim/xen/grant_table.hpp"

namespace sundog::sim::xen {

using sundog::xen::ExtraInfo;
using sundog::xen::ReceiveRequest;
using sundog::xen::ReceiveResponse;
using sundog::xen::ReceiveRing;
using sundog::xen::SendRequest;
using sundog::xen::SendResponse;
using sundog::xen::SendRing;

using Frame = std::vector<std::byte>;

// A frame with what is said of it.
struct WireFrame {
  Frame bytes;
  bool is_blank = false;      // its checksum is that of the pseudo header
  bool is_validated = false;  // its checksum was looked at
  std::uint8_t segments_type = XEN_NETIF_GSO_TYPE_NONE;
  std::uint16_t segment_bytes = 0;
};

class NetworkBackEnd final : public BackEnd {
 public:
  struct Settings {
    unsigned number = 0;
    std::string mac = "00:16:3e:00:00:01";
    std::string mtu;  // empty: the toolstack says nothing
    // Frames for the domain beyond this are lost, as in a bridge's port.
    std::size_t waiting_max = 64;
    // What it can do is drawn, or all that there is.
    bool can_all = false;
    // It may keep a list of groups.
    bool keeps_groups = true;
  };

  // `sent` gets each frame that the domain sends.
  NetworkBackEnd(Hypervisor& xen, StoreDaemon& store, Settings settings,
                 std::function<void(WireFrame)> sent);

  // A frame comes from the wire; false if there is no room for it, or nobody connected.
  bool receive(WireFrame frame);
  // Pulls the plug of the wire, or puts it in again.
  void set_carrier(bool up);
  // How often it was connected or disconnected.
  std::uint64_t change_count() const noexcept { return change_count_; }
  // Frames that were given to the domain, and events sent to it.
  std::uint64_t given_count() const noexcept { return given_count_; }
  std::uint64_t notified_count() const noexcept { return notified_count_; }
  // Frames that it has taken and not answered yet.
  std::size_t held_count() const noexcept { return held_.size(); }
  // Breaks the protocol, now, in a way that is drawn.
  void misbehave();
  // The front end's state, as it stands in the store.
  DeviceState front_state() const { return static_cast<DeviceState>(number("state")); }
  // Holds back all answers to what is sent, until it is told otherwise.
  void hold_answers(bool hold);
  // Answers the first of those that are held back.
  void answer_one() {
    if (!held_.empty()) answer(held_.front());
  }

 private:
  // A frame that it has taken: its pages stay mapped until it is answered.
  struct Held {
    explicit Held(World& world) : later(world) {}
    std::vector<std::uint16_t> ids;
    unsigned extra_count = 0;
    std::int16_t status = NETIF_RSP_OKAY;
    std::vector<GrantTable::Mapping> pages;
    Later later;
  };
  // What stands in the ring for one frame.
  struct Sent {
    std::vector<SendRequest> parts;
    std::vector<ExtraInfo> extras;
  };

  void announce() override;
  bool connect() override;
  void disconnect() override;
  void serve() override;

  bool take_sent();
  // False: not all of it is there yet.
  bool read_sent(std::uint32_t end, Sent& sent);
  void take_frame(const Sent& sent);
  bool check_parts(const Sent& sent);
  std::int16_t change_groups(const ExtraInfo& extra);
  void answer(Held& held);
  bool give_received();
  bool wants(const WireFrame& frame) const;
  std::size_t slots_for(const WireFrame& frame);
  void give_frame(const WireFrame& frame);
  void give_part(std::uint16_t flags, const std::byte* bytes, std::size_t count);
  void note_sent(const Frame& frame, std::string_view comment = {});
  void note_received(const Frame& frame, std::string_view comment = {});
  void be_hostile();
  void be_hostile_in_receiving(std::uint32_t junk);
  void notify(Channel& channel);
  bool draw(bool usual = true);
  bool says(const std::string& name) const { return number(name) != 0; }
  SendRing& send_ring() const { return *reinterpret_cast<SendRing*>(send_page_->bytes()); }
  ReceiveRing& receive_ring() const {
    return *reinterpret_cast<ReceiveRing*>(receive_page_->bytes());
  }

  const Settings settings_;
  std::function<void(WireFrame)> sent_;
  Channel receive_channel_;
  std::optional<GrantTable::Mapping> send_page_;
  std::optional<GrantTable::Mapping> receive_page_;
  std::uint32_t send_consumed_ = 0;
  std::uint32_t send_produced_ = 0;
  std::uint32_t receive_consumed_ = 0;
  std::uint32_t receive_produced_ = 0;
  bool has_split_ = false;
  bool can_split_ = false;
  bool can_gather_ = false;
  bool can_cut4_ = false;
  bool can_cut6_ = false;
  bool can_list_ = false;
  std::set<std::vector<std::uint8_t>> groups_;
  std::deque<WireFrame> waiting_;
  std::list<Held> held_;
  bool holds_answers_ = false;
  // The pieces that the frame which is next is given in.
  std::vector<std::size_t> pieces_;
  std::uint64_t change_count_ = 0;
  std::uint64_t given_count_ = 0;
  std::uint64_t notified_count_ = 0;
};

}  // namespace sundog::sim::xen
