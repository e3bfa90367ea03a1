// What io/network.hpp promises, tried on any Network.
//
// A World says how a cable between two of them is made and how a task runs:
//   world.run(body)       runs body(world), a task, where the devices' machine runs
//   world.open()          a task that gives a pair of devices that hear each other and nobody else
//   world.set_link(left, right, up)   plugs the cable in or out
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sundog/io/network.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"

namespace sundog::contract {

using namespace std::chrono_literals;

// For local experiments (IEEE 802, RFC 9542 section 3).
inline constexpr std::uint16_t experimental_type = 0x88b5;

// A frame of this size, whose payload tells its number.
inline void write_frame(MutableBytes frame, MacAddress to, MacAddress from, std::size_t number) {
  for (std::size_t i = 0; i < MacAddress::size_bytes; ++i) {
    frame[i] = static_cast<std::byte>(to.octets()[i]);
    frame[i + MacAddress::size_bytes] = static_cast<std::byte>(from.octets()[i]);
  }
  frame[12] = static_cast<std::byte>(experimental_type >> 8);
  frame[13] = static_cast<std::byte>(experimental_type & 0xff);
  for (std::size_t i = frame_header_bytes; i < frame.size(); ++i) {
    frame[i] = static_cast<std::byte>(number * 7 + i * 31);
  }
}

inline std::vector<std::byte> frame_of(std::size_t size, MacAddress to, MacAddress from,
                                       std::size_t number) {
  std::vector<std::byte> frame(size);
  write_frame(frame, to, from, number);
  return frame;
}

template <Network N>
Task<void> send_frame(N& from, MacAddress to, std::size_t size, std::size_t number) {
  TransmitBuffer buffer = co_await from.buffer(size);
  CHECK(buffer.bytes().size() == size);
  write_frame(buffer.bytes(), to, from.mac(), number);
  from.send(std::move(buffer), PacketOffload());
}

inline std::vector<std::byte> bytes_of(const ReceivedPacket& packet) {
  std::vector<std::byte> bytes(packet.size());
  CHECK(packet.copy(0, bytes) == bytes.size());
  return bytes;
}

template <Network N>
Task<std::vector<std::byte>> next_frame(N& network) {
  const ReceivedPacket packet = co_await network.receive();
  REQUIRE(packet);
  CHECK(packet.first().size() >= std::min(packet.size(), ReceivedPacket::first_bytes_min));
  co_return bytes_of(packet);
}

// Nothing comes, after everything under way has come.
template <Network N>
Task<bool> is_quiet(N& network) {
  co_await sleep(10ms);
  const ReceivedPacket packet = network.try_receive();
  co_return !packet;
}

template <Network N>
Task<void> frames_arrive(N& left, N& right) {
  CHECK(left.mac() != right.mac());
  CHECK_FALSE(left.mac().is_multicast());
  CHECK(left.mtu() >= 576);
  CHECK(left.link_up());
  std::size_t number = 0;
  std::uint64_t bytes = 0;
  for (const std::size_t size :
       {frame_header_bytes, std::size_t{60}, std::size_t{1000}, left.mtu() + frame_header_bytes}) {
    for (int i = 0; i < 10; ++i, ++number) {
      co_await send_frame(left, right.mac(), size, number);
      const auto found = co_await next_frame(right);
      CHECK(found == frame_of(size, right.mac(), left.mac(), number));
      bytes += size;
    }
  }
  CHECK(left.statistics().sent_frames == number);
  CHECK(left.statistics().sent_bytes == bytes);
  CHECK(right.statistics().received_frames == number);
  CHECK(right.statistics().received_bytes == bytes);
  CHECK(right.statistics().received_lost == 0);
  // In both directions at once, several under way.
  const auto send_many = [](N& from, N& to) -> Task<void> {
    for (std::size_t i = 0; i < 40; ++i) co_await send_frame(from, to.mac(), 100 + i, i);
  };
  const auto receive_many = [](N& from, N& to) -> Task<void> {
    for (std::size_t i = 0; i < 40; ++i) {
      const auto found = co_await next_frame(to);
      CHECK(found == frame_of(100 + i, to.mac(), from.mac(), i));
    }
  };
  co_await join(send_many(left, right), receive_many(left, right), send_many(right, left),
                receive_many(right, left));
  // A buffer that turns out too long is made shorter.
  TransmitBuffer buffer = co_await left.buffer(1000);
  buffer.shorten(77);
  write_frame(buffer.bytes(), right.mac(), left.mac(), 5);
  left.send(std::move(buffer), PacketOffload());
  CHECK_FALSE(buffer);
  const auto found = co_await next_frame(right);
  CHECK(found == frame_of(77, right.mac(), left.mac(), 5));
}

template <Network N>
Task<void> room_is_bounded(N& left, N& right) {
  std::vector<TransmitBuffer> held;
  for (;;) {
    TransmitBuffer buffer = left.try_buffer(100);
    if (!buffer) break;
    held.push_back(std::move(buffer));
    REQUIRE(held.size() < 10'000);
  }
  CHECK(held.size() >= send_buffers_min);
  std::vector<int> order;
  const auto wait_for_one = [&](int who) -> Task<void> {
    TransmitBuffer buffer = co_await left.buffer(100);
    order.push_back(who);
    // Others come before this one is given back.
    co_await sleep(1ms);
  };
  co_await scope([&](Scope& tasks) -> Task<void> {
    tasks.spawn(wait_for_one, 1);
    co_await sleep(5ms);
    tasks.spawn(wait_for_one, 2);
    co_await sleep(5ms);
    CHECK(order.empty());
    // A task that gives up takes none with it.
    const bool in_time = co_await try_timeout(wait_for_one(3), 5ms);
    CHECK_FALSE(in_time);
    CHECK_FALSE(left.try_buffer(100));
    held.pop_back();
    co_await sleep(5ms);
    held.pop_back();
  });
  CHECK(order == std::vector<int>{1, 2});
  held.clear();
  co_await sleep(5ms);
  co_await send_frame(left, right.mac(), 100, 9);
  const auto found = co_await next_frame(right);
  CHECK(found == frame_of(100, right.mac(), left.mac(), 9));
}

template <Network N>
Task<void> more_than_fits_is_lost(N& left, N& right) {
  constexpr std::size_t sent = 2000;
  for (std::size_t i = 0; i < sent; ++i) co_await send_frame(left, right.mac(), 64, i);
  co_await sleep(100ms);
  // Held packets are on loan: what comes meanwhile is lost, not what they hold.
  std::vector<ReceivedPacket> held;
  for (;;) {
    ReceivedPacket packet = right.try_receive();
    if (!packet) break;
    held.push_back(std::move(packet));
  }
  CHECK(held.size() >= 1);
  CHECK(held.size() < sent);
  CHECK(right.statistics().received_lost + held.size() == sent);
  co_await send_frame(left, right.mac(), 64, 1);
  for (std::size_t i = 0; i < held.size(); ++i) {
    CHECK(bytes_of(held[i]) == frame_of(64, right.mac(), left.mac(), i));
  }
  co_await sleep(10ms);
  held.clear();
  const bool quiet = co_await is_quiet(right);
  CHECK(quiet);
  co_await send_frame(left, right.mac(), 64, 2);
  const auto found = co_await next_frame(right);
  CHECK(found == frame_of(64, right.mac(), left.mac(), 2));
}

template <Network N>
Task<void> frames_go_to_whom_they_are_for(N& left, N& right) {
  const MacAddress group({0x33, 0x33, 0, 0, 0, 1});
  const MacAddress stranger({2, 9, 9, 9, 9, 9});
  co_await send_frame(left, MacAddress::broadcast(), 64, 1);
  const auto to_all = co_await next_frame(right);
  CHECK(to_all == frame_of(64, MacAddress::broadcast(), left.mac(), 1));
  right.join(group);
  right.join(group);
  right.leave(group);
  co_await send_frame(left, group, 64, 2);
  const auto to_group = co_await next_frame(right);
  CHECK(to_group == frame_of(64, group, left.mac(), 2));
  right.leave(group);
  right.receive_everything(true);
  co_await send_frame(left, stranger, 64, 3);
  const auto to_stranger = co_await next_frame(right);
  CHECK(to_stranger == frame_of(64, stranger, left.mac(), 3));
  // Nobody hears oneself.
  const bool quiet = co_await is_quiet(left);
  CHECK(quiet);
  right.receive_everything(false);
}

template <Network N>
Task<void> checksums_are_completed(N& left, N& right) {
  if (!left.offloads().checksum4) co_return;
  // The pseudo header's sum stands at its place; the rest is the device's to add. The example of
  // RFC 1071 section 3, whose sum is ddf2, as the payload behind a place that holds 0.
  constexpr std::size_t start = 34;
  TransmitBuffer buffer = co_await left.buffer(start + 10);
  write_frame(buffer.bytes(), right.mac(), left.mac(), 0);
  const unsigned char example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  buffer.bytes()[start] = buffer.bytes()[start + 1] = std::byte{0};
  std::ranges::copy(std::as_bytes(std::span(example)), buffer.bytes().begin() + start + 2);
  PacketOffload offload;
  offload.checksum = Checksum::partial;
  offload.checksum_start = start;
  offload.checksum_offset = 0;
  left.send(std::move(buffer), offload);
  const ReceivedPacket packet = co_await right.receive();
  // Nothing else was accepted: it comes complete.
  CHECK(packet.offload().checksum != Checksum::partial);
  CHECK(packet.offload().segmentation == Segmentation::none);
  CHECK(packet.first()[start] == std::byte{0x22});
  CHECK(packet.first()[start + 1] == std::byte{0x0d});
}

template <Network N>
Task<void> cancelled_receives_lose_nothing(N& left, N& right) {
  std::size_t received = 0;
  const auto take = [&]() -> Task<void> {
    const auto found = co_await next_frame(right);
    CHECK(found == frame_of(90, right.mac(), left.mac(), received));
    ++received;
  };
  for (std::size_t sent = 0; sent < 30; ++sent) {
    co_await send_frame(left, right.mac(), 90, sent);
    // Some of them end with a frame, others before it comes, or just then.
    co_await try_timeout(take(), std::chrono::microseconds(sent * 3));
  }
  while (received < 30) co_await take();
  const bool quiet = co_await is_quiet(right);
  CHECK(quiet);
}

template <Network N>
Task<void> payloads_are_sent_from_where_they_lie(N& left, N& right) {
  const std::size_t pieces_max = left.offloads().gather_pieces_max;
  if (pieces_max == 0) co_return;
  struct Lent final : LentPayload {
    void released() noexcept override { ++released_count; }
    int released_count = 0;
  } lent;
  const auto whole = frame_of(1000, right.mac(), left.mac(), 3);
  std::vector<Bytes> pieces;
  for (std::size_t at = 50; at < whole.size();) {
    const bool is_last = pieces.size() + 1 == pieces_max;
    const std::size_t size = is_last ? whole.size() - at : std::min(whole.size() - at, at);
    pieces.push_back(Bytes(whole).subspan(at, size));
    at += size;
  }
  lent.pieces = pieces;
  TransmitBuffer buffer = co_await left.buffer(50);
  std::copy_n(whole.begin(), 50, buffer.bytes().begin());
  left.send(std::move(buffer), lent, PacketOffload());
  const auto found = co_await next_frame(right);
  CHECK(found == whole);
  co_await sleep(5ms);
  CHECK(lent.released_count == 1);
}

// A device may learn of it a little later.
template <class World, Network N>
Task<void> set_link(World& world, N& left, N& right, bool up) {
  world.set_link(left, right, up);
  co_await left.link_changed(!up);
  co_await right.link_changed(!up);
}

template <class World, Network N>
Task<void> the_link_goes_down_and_up(World& world, N& left, N& right) {
  const auto watch = [&]() -> Task<void> {
    bool state = co_await right.link_changed(true);
    CHECK_FALSE(state);
    state = co_await right.link_changed(false);
    CHECK(state);
  };
  const auto pull = [&]() -> Task<void> {
    co_await sleep(5ms);
    co_await set_link(world, left, right, false);
    CHECK_FALSE(left.link_up());
    co_await sleep(5ms);
    // What is sent now is lost, and said nowhere but here.
    co_await send_frame(left, right.mac(), 64, 1);
    CHECK(left.statistics().sent_lost == 1);
    co_await set_link(world, left, right, true);
  };
  co_await join(watch(), pull());
  const bool at_once = co_await right.link_changed(false);
  CHECK(at_once);
  const bool gave_up =
      co_await try_timeout([](N& of) -> Task<void> { co_await of.link_changed(true); }(right), 5ms);
  CHECK_FALSE(gave_up);
  const bool quiet = co_await is_quiet(right);
  CHECK(quiet);
  co_await send_frame(left, right.mac(), 64, 2);
  const auto found = co_await next_frame(right);
  CHECK(found == frame_of(64, right.mac(), left.mac(), 2));
}

template <class World>
void network(World world) {
  const auto on_a_cable = [&world](auto test) {
    world.run([test](World& in) -> Task<void> {
      auto ends = co_await in.open();
      co_await test(in, ends.first, ends.second);
    });
  };
  SECTION("frames of every size arrive whole and in order, in both directions") {
    on_a_cable([](auto&, auto& left, auto& right) { return frames_arrive(left, right); });
  }
  SECTION("there is room for so many frames, and whoever waits for it has it in turn") {
    on_a_cable([](auto&, auto& left, auto& right) { return room_is_bounded(left, right); });
  }
  SECTION("what finds no buffer to be received in is lost and counted") {
    on_a_cable([](auto&, auto& left, auto& right) { return more_than_fits_is_lost(left, right); });
  }
  SECTION("frames for all, for a group and, if wanted, for others are received") {
    on_a_cable(
        [](auto&, auto& left, auto& right) { return frames_go_to_whom_they_are_for(left, right); });
  }
  SECTION("a partial checksum is completed for who does not accept it") {
    on_a_cable([](auto&, auto& left, auto& right) { return checksums_are_completed(left, right); });
  }
  SECTION("a cancelled receive loses no frame") {
    on_a_cable([](auto&, auto& left, auto& right) {
      return cancelled_receives_lose_nothing(left, right);
    });
  }
  SECTION("a payload is gathered from where it lies, and released once") {
    on_a_cable([](auto&, auto& left, auto& right) {
      return payloads_are_sent_from_where_they_lie(left, right);
    });
  }
  SECTION("the link goes down and comes up again, and no change is missed") {
    on_a_cable([](auto& in, auto& left, auto& right) {
      return the_link_goes_down_and_up(in, left, right);
    });
  }
}

}  // namespace sundog::contract
