#include "sundog/io/xen/devices/network_link.hpp"

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "sundog/io/xen/devices/network_port.hpp"
#include "sundog/io/xen/store/store.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/text/digits.hpp"

namespace sundog::xen {

NetworkLink::NetworkLink(BackEndPlace place, NetworkPort& port)
    : FrontEnd(std::move(place)),
      port_(port),
      send_page_(back_end_domain(), SharedPage(), Grant::Access::read_write),
      receive_page_(back_end_domain(), SharedPage(), Grant::Access::read_write),
      send_(send_page_.bytes(), port),
      receive_(receive_page_.bytes(), back_end_domain(), port) {}

NetworkLink::~NetworkLink() {
  if (receive_port_) close_port(*receive_port_);
}

// --- the hand-shake -----------------------------------------------------------------------------

Task<void> NetworkLink::read_keys() {
  mac_ = co_await front_key("mac");
  mtu_ = co_await front_key("mtu");
  const auto read = [&](const char* name, bool& feature) -> Task<void> {
    const std::string value = co_await back_key(name);
    feature = is_yes(value);
  };
  bool leaves_checksums = false;
  co_await join(read("feature-rx-copy", features_.copies), read("feature-sg", features_.gathers),
                read("feature-gso-tcpv4", features_.segments4),
                read("feature-gso-tcpv6", features_.segments6),
                read("feature-no-csum-offload", leaves_checksums),
                read("feature-ipv6-csum-offload", features_.checksum6),
                read("feature-split-event-channels", features_.split_channels),
                read("feature-multicast-control", features_.groups),
                read("feature-dynamic-multicast-control", features_.changes_groups));
  features_.checksum4 = !leaves_checksums;
  // What is cut lies in many pages, and has a partial checksum.
  features_.segments4 = features_.segments4 && features_.gathers && features_.checksum4;
  features_.segments6 = features_.segments6 && features_.gathers && features_.checksum6;
}

void NetworkLink::learn() {
  const auto mac = parse_vif_mac(mac_);
  if (!mac) {
    throw std::system_error(EINVAL, std::generic_category(),
                            "the toolstack gives it no usable address (key mac)");
  }
  port_.learn(*mac, parse_vif_mtu(mtu_, features_.gathers), features_);
}

Task<FrontEnd::Keys> NetworkLink::offer() {
  const auto read = [&] { return read_keys(); };
  co_await persist(read);
  if (!features_.copies) {
    throw std::system_error(ENOTSUP, std::generic_category(),
                            "its back end cannot copy into pages (feature-rx-copy)");
  }
  learn();
  co_await port_.until_used();
  if (features_.split_channels) {
    receive_port_ = allocate_unbound(back_end_domain(), {[](void* self) {
                                                           auto* link =
                                                               static_cast<NetworkLink*>(self);
                                                           if (!link->has_given_up()) {
                                                             link->serve_receive();
                                                           }
                                                         },
                                                         this});
  }
  offered_ = port_.offer(features_);
  receive_.expect(offered_.segments4, offered_.segments6);
  receive_.begin(port_.receive_memory(), port_.posted_count());
  static_cast<void>(receive_.show());
  if (features_.groups) {
    port_.for_each_group([&](MacAddress group) { changed_groups_.emplace_back(group, true); });
  }
  co_return keys();
}

FrontEnd::Keys NetworkLink::keys() const {
  const auto number = [](auto value) { return std::string(std::string_view(Decimal(value))); };
  Keys keys;
  const auto say = [&](const char* name, bool yes) { keys.emplace_back(name, yes ? "1" : ""); };
  keys.emplace_back("tx-ring-ref", number(send_page_.reference()));
  keys.emplace_back("rx-ring-ref", number(receive_page_.reference()));
  const bool split = receive_port_.has_value();
  keys.emplace_back("event-channel", split ? std::string() : number(port()));
  keys.emplace_back("event-channel-tx", split ? number(port()) : std::string());
  keys.emplace_back("event-channel-rx", split ? number(*receive_port_) : std::string());
  say("request-rx-copy", true);
  say("feature-rx-notify", true);
  say("feature-sg", true);
  say("feature-gso-tcpv4", offered_.segments4);
  say("feature-gso-tcpv6", offered_.segments6);
  // Of IPv4 they are left partial unless that is refused, of IPv6 if it is wanted.
  say("feature-no-csum-offload", !offered_.checksums);
  say("feature-ipv6-csum-offload", offered_.checksums);
  say("request-multicast-control", offered_.only_groups);
  return keys;
}

// --- the rings ----------------------------------------------------------------------------------

void NetworkLink::flush() noexcept {
  if (has_given_up()) return;
  while (!changed_groups_.empty() && send_.has_room_for_group()) {
    const auto [group, wanted] = changed_groups_.back();
    changed_groups_.pop_back();
    send_.put_group(group, wanted);
  }
  PacketQueue& waiting = port_.waiting();
  while (!waiting.empty() && send_.has_room(waiting.first())) {
    PacketMemory& frame = waiting.pop();
    const GrantedPages* const pages = SendMemory::pages_of(frame);
    if (pages != nullptr && NetworkPort::make_fit(frame, features_)) {
      send_.put(frame, *pages);
    } else {
      port_.lose(frame);
    }
  }
  receive_.post();
  bool is_answered = false;
  const bool notify_send = send_.show(port_.is_short_of_room(), is_answered);
  const bool notify_receive = receive_.show();
  if (notify_send || (notify_receive && !receive_port_)) send_event(port());
  if (notify_receive && receive_port_) send_event(*receive_port_);
  if (is_answered) serve_send();
}

void NetworkLink::serve() {
  serve_send();
  if (!receive_port_ && !has_given_up()) serve_receive();
}

void NetworkLink::serve_send() noexcept {
  if (const char* wrong = send_.serve()) give_up(wrong);
  answered_.advance();
}

void NetworkLink::serve_receive() noexcept {
  if (const char* wrong = receive_.serve()) give_up(wrong);
}

void NetworkLink::change_group(MacAddress group, bool wanted) {
  // The list is kept up to date while it is not looked at, too.
  if (features_.groups) changed_groups_.emplace_back(group, wanted);
}

bool NetworkLink::can_change_to(const NetworkOffer& offer) const noexcept {
  NetworkOffer changed = offered_;
  changed.only_groups = offer.only_groups;
  return changed == offer && features_.changes_groups;
}

Task<void> NetworkLink::attend() { co_await pick(watch_carrier(), tell_wishes()); }

Task<void> NetworkLink::tell_wishes() {
  for (;;) {
    const std::uint64_t seen = wishes_.count();
    const NetworkOffer wanted = port_.offer(features_);
    if (wanted != offered_ && can_change_to(wanted)) {
      const auto write = [&] {
        return Store::instance().write(place().front + "/request-multicast-control",
                                       wanted.only_groups ? "1" : "0");
      };
      co_await persist(write);
      offered_ = wanted;
      continue;
    }
    co_await wishes_.after(seen);
  }
}

Task<void> NetworkLink::watch_carrier() {
  const auto look = [&]() -> Task<void> {
    StoreWatch watch(place().back + "/carrier");
    for (;;) {
      co_await watch.next();
      const std::string carrier = co_await back_key("carrier");
      port_.set_carrier(parse_carrier(carrier));
    }
  };
  co_await persist(look);
}

Task<void> NetworkLink::until_idle() {
  for (;;) {
    const std::uint64_t seen = answered_.count();
    if (send_.is_idle() && port_.waiting().empty()) co_return;
    co_await answered_.after(seen);
  }
}

void NetworkLink::end() noexcept {
  send_.end();
  receive_.end();
}

}  // namespace sundog::xen
