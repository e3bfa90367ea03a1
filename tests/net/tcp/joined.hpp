// Joined: pairs of connections, and a network between them that loses, doubles, reorders and delays
// what it carries, through one bottleneck. All in virtual time and from one seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "sundog/io/net/tcp/connection.hpp"

namespace sundog::test {

struct Way {
  double loss = 0;  // of 1, as all of these
  double duplicate = 0;
  double reorder = 0;  // so many are late, by up to `lateness`
  Duration lateness = std::chrono::milliseconds(20);
  Duration delay = std::chrono::milliseconds(50);  // in each direction
  // Of the bottleneck from left to right: bytes each second (0: none), and what waits before it.
  double bytes_per_s = 0;
  std::size_t queue_bytes = 64 * 1024;
  // Numbers of the data segments from left to right that are lost, counted from 0.
  std::vector<std::size_t> lost_segments;
};

class Joined {
 public:
  struct Flow;

  Joined(std::uint32_t seed, Way way);
  ~Joined();

  // The left end sends so many bytes to the right one, from `start` on, and both close.
  void transfer(std::size_t bytes, const net::tcp::Settings& left, const net::tcp::Settings& right,
                Duration start = Duration(0), std::uint32_t large_bytes = 0);
  // Until all has ended, or for so long.
  void run(Duration at_most);

  struct Result {
    bool whole = false;   // all bytes have come, in order, and the end
    bool failed = false;  // an end has given up
    std::size_t received = 0;
    Duration took{0};  // until the end had come
    std::uint32_t timeouts = 0;
    std::uint32_t resent = 0;
  };
  Result result(std::size_t flow) const;
  std::size_t memory_in_use() const noexcept { return memory_.used_bytes(); }
  const net::tcp::Statistics& statistics() const noexcept { return statistics_; }

 private:
  struct Event {
    TimePoint time;
    std::uint64_t number;
    std::function<void()> happens;
    bool operator<(const Event& other) const noexcept {
      return time != other.time ? time > other.time : number > other.number;
    }
  };
  void at(TimePoint time, std::function<void()> happens);
  bool strikes(double chance);
  void carry(Flow& flow, bool to_right, const net::wire::TcpHeader& header,
             std::vector<std::byte> payload);
  void turn(Flow& flow);
  void rearm(Flow& flow);

  friend struct Flow;

  std::mt19937 random_;
  Way way_;
  TimePoint now_{std::chrono::seconds(100)};
  std::uint64_t events_ = 0;
  std::priority_queue<Event> queue_;
  TimePoint bottleneck_free_{};
  std::size_t data_segments_ = 0;
  net::tcp::BlockPool memory_{std::size_t{64} * 1024 * 1024};
  net::tcp::Statistics statistics_;
  std::vector<std::unique_ptr<Flow>> flows_;
};

}  // namespace sundog::test
