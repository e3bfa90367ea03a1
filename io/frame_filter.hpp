// FrameFilter: which frames a network device gives to its program: those to its own address, to
// all, and to the groups that were joined. For implementations of Network.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "sundog/io/flow.hpp"
#include "sundog/io/mac_address.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog {

class FrameFilter {
 public:
  explicit FrameFilter(MacAddress own) noexcept : own_(own) {}

  // The device's own address.
  MacAddress own() const noexcept { return own_; }
  // A group is joined as often as it is asked for, and left when it has been left as often.
  void join(MacAddress group) {
    SUNDOG_ASSERT(group.is_multicast(), "only multicast addresses are joined");
    if (Group* known = find(group)) {
      ++known->count;
    } else {
      groups_.push_back(Group{group, 1});
    }
  }
  void leave(MacAddress group) noexcept {
    Group* const known = find(group);
    SUNDOG_ASSERT(known != nullptr, "leave() was called for a group more often than join()");
    if (--known->count != 0) return;
    *known = groups_.back();
    groups_.pop_back();
  }
  // Whether frames to anybody are wanted ("promiscuous").
  void set_everything(bool everything) noexcept { everything_ = everything; }

  // See set_everything().
  bool everything() const noexcept { return everything_; }
  // Whether this group is joined; and calls each(group) with all that are.
  bool is_joined(MacAddress group) const noexcept {
    return std::ranges::find(groups_, group, &Group::address) != groups_.end();
  }
  template <class Each>
  void for_each_group(Each each) const {
    for (const Group& group : groups_) each(group.address);
  }

  // Whether a frame to this address is for the program.
  bool wants(MacAddress target) const noexcept {
    if (everything_ || target == own_ || target == MacAddress::broadcast()) return true;
    return std::ranges::any_of(groups_, [&](const Group& one) { return one.address == target; });
  }

 private:
  struct Group {
    MacAddress address;
    std::size_t count;
  };
  Group* find(MacAddress group) noexcept {
    const auto place = std::ranges::find(groups_, group, &Group::address);
    return place == groups_.end() ? nullptr : &*place;
  }

  MacAddress own_;
  std::vector<Group> groups_;
  bool everything_ = false;
};

// The addresses in a frame's header; the frame has at least frame_header_bytes.
inline MacAddress address_at(Bytes frame, std::size_t offset) noexcept {
  std::array<std::uint8_t, MacAddress::size_bytes> octets;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    octets[i] = std::to_integer<std::uint8_t>(frame[offset + i]);
  }
  return MacAddress(octets);
}
inline MacAddress frame_target(Bytes frame) noexcept { return address_at(frame, 0); }
inline MacAddress frame_source(Bytes frame) noexcept {
  return address_at(frame, MacAddress::size_bytes);
}

}  // namespace sundog
