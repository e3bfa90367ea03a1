// Faulty<Network>: a network device whose frames suffer on their way in: some are lost, doubled,
// damaged, late or out of order, and there may be no more of them than a slow line carries.
//
// What happens is a function of the seed and of the frames, so that a test can be repeated. It
// concerns what is received; for both directions, both ends are made so. Large packets and partial
// checksums do not pass: what is damaged must fail its receiver's check, as on a real wire.
#pragma once

#include <cstddef>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sundog/io/network.hpp"
#include "sundog/io/packet_pool.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/timers/clock.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::net {

struct NetworkFaults {
  // How likely each is for a frame, from 0 to 1.
  double loss = 0;
  double duplication = 0;
  double damage = 0;      // a bit is another
  double reordering = 0;  // it comes `reordered_by` later than its turn
  // Every frame is late by `delay`, and by up to `jitter` more; frames keep their order.
  Duration delay{};
  Duration jitter{};
  Duration reordered_by = std::chrono::milliseconds(5);
  // Of the line; 0 for no limit. What would wait longer than queue_max for it is lost.
  std::int64_t bytes_per_s = 0;
  Duration queue_max = std::chrono::milliseconds(100);
};

struct FaultStatistics {
  std::uint64_t frames = 0;
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t damaged = 0;
  std::uint64_t reordered = 0;
  std::uint64_t no_room = 0;  // in the line's queue, or in this machine's memory
};

// The frames that are on their way: all of Faulty that is no template.
class FaultLine {
 public:
  // Frames of more than `frame_bytes_max` are lost. Throws std::bad_alloc.
  FaultLine(const NetworkFaults& faults, std::uint64_t seed, std::size_t frame_bytes_max);
  ~FaultLine();

  void change(const NetworkFaults& faults) noexcept { faults_ = faults; }
  // A frame has come to the line's other end.
  void enter(const ReceivedPacket& packet, TimePoint now) noexcept;
  // What has got through by now; empty if nothing has.
  ReceivedPacket take(TimePoint now) noexcept;
  // When the next frame gets through.
  TimePoint next() const noexcept;
  const FaultStatistics& statistics() const noexcept { return statistics_; }

 private:
  static constexpr std::size_t frames_max = 1024;
  struct Frame {
    TimePoint due{};
    std::uint64_t order = 0;
    PacketMemory* memory = nullptr;
  };

  std::uint64_t random() noexcept;
  bool strikes(double likelihood) noexcept;
  Duration up_to(Duration most) noexcept;
  void add(const ReceivedPacket& packet, TimePoint due) noexcept;
  static bool later(const Frame& one, const Frame& other) noexcept;

  NetworkFaults faults_;
  std::uint64_t state_;
  PacketPool pool_;
  // A heap, the frame that is due next at the front.
  std::vector<Frame> frames_;
  std::uint64_t order_ = 0;
  TimePoint line_free_{};
  TimePoint last_due_{};
  FaultStatistics statistics_;
};

template <Network N>
class Faulty {
 public:
  // Throws std::bad_alloc.
  Faulty(N network, const NetworkFaults& faults, std::uint64_t seed)
      : network_(std::move(network)),
        line_(std::make_unique<FaultLine>(faults, seed, network_.mtu() + frame_header_bytes)) {}

  FaultLine& line() noexcept { return *line_; }
  N& network() noexcept { return network_; }

  // See Network.
  MacAddress mac() const noexcept { return network_.mac(); }
  std::size_t mtu() const noexcept { return network_.mtu(); }
  Offloads offloads() const noexcept { return network_.offloads(); }
  bool link_up() const noexcept { return network_.link_up(); }
  auto link_changed(bool known) { return network_.link_changed(known); }
  auto buffer(std::size_t size) { return network_.buffer(size); }
  TransmitBuffer try_buffer(std::size_t size) { return network_.try_buffer(size); }
  void send(TransmitBuffer buffer, const PacketOffload& offload) noexcept {
    network_.send(std::move(buffer), offload);
  }
  void send(TransmitBuffer buffer, LentPayload& payload, const PacketOffload& offload) noexcept {
    network_.send(std::move(buffer), payload, offload);
  }
  ReceivedPacket try_receive() {
    for (;;) {
      const ReceivedPacket packet = network_.try_receive();
      if (!packet) return line_->take(now());
      line_->enter(packet, now());
    }
  }
  Task<ReceivedPacket> receive() {
    for (;;) {
      ReceivedPacket packet = try_receive();
      if (packet) co_return packet;
      const TimePoint next = line_->next();
      if (next == never) {
        co_await take_in();
      } else {
        co_await pick(take_in(), sleep_until(next));
      }
    }
  }
  // Nothing of it: see above.
  void accept(const Offloads&) noexcept {}
  void join(MacAddress group) { network_.join(group); }
  void leave(MacAddress group) noexcept { network_.leave(group); }
  void receive_everything(bool everything) noexcept { network_.receive_everything(everything); }
  NetworkStatistics statistics() const noexcept { return network_.statistics(); }

 private:
  // A task of its own, so that what has come as it is cancelled is on the line already.
  Task<void> take_in() {
    const ReceivedPacket packet = co_await network_.receive();
    line_->enter(packet, now());
  }

  N network_;
  std::unique_ptr<FaultLine> line_;
};

}  // namespace sundog::net
