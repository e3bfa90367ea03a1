#include "tests/net/tcp/joined.hpp"

#include <algorithm>
#include <array>

namespace sundog::test {

using namespace net::tcp;
using net::wire::Sequence;
using net::wire::TcpHeader;

namespace {

constexpr std::size_t headers_bytes = 40;

std::byte byte_at(std::size_t place) {
  return static_cast<std::byte>(place * 7 + place / 251 + place / 65'521);
}

}  // namespace

// One end's way out.
struct End final : Output {
  Joined::Flow* flow = nullptr;
  bool to_right = false;
  bool send(const Connection& connection, const OutgoingSegment& segment) noexcept override;
  void changed() noexcept override {}
};

struct Joined::Flow {
  Flow(Joined& joined, const Settings& of_left, const Settings& of_right, std::size_t count)
      : world(joined),
        bytes(count),
        left(of_left, joined.memory_, joined.statistics_, left_out, Ports{1000, 80}),
        right(of_right, joined.memory_, joined.statistics_, right_out, Ports{80, 1000}) {
    left_out.flow = right_out.flow = this;
    left_out.to_right = true;
  }
  void carry(bool to_right, const TcpHeader& header, std::vector<std::byte> payload) {
    world.carry(*this, to_right, header, std::move(payload));
  }

  Joined& world;
  const std::size_t bytes;
  std::size_t written = 0;
  std::size_t received = 0;
  bool wrong = false;
  bool ended = false;
  TimePoint began;
  TimePoint ended_at;
  End left_out;
  End right_out;
  Connection left;
  Connection right;
  TimePoint armed = never;
};

bool End::send(const Connection& connection, const OutgoingSegment& segment) noexcept {
  // A device that cuts large packets.
  std::size_t done = 0;
  do {
    const std::size_t most = segment.segment_bytes != 0 ? segment.segment_bytes : 65'535;
    const std::size_t count = std::min<std::size_t>(segment.payload_bytes - done, most);
    std::vector<std::byte> payload(count);
    if (count != 0) connection.copy_unacknowledged(segment.payload_offset + done, payload);
    TcpHeader header = segment.header;
    header.sequence += static_cast<std::uint32_t>(done);
    done += count;
    const bool last = done == segment.payload_bytes;
    header.flags.fin = header.flags.fin && last;
    header.flags.psh = header.flags.psh && last;
    flow->carry(to_right, header, std::move(payload));
  } while (done < segment.payload_bytes);
  return true;
}

Joined::Joined(std::uint32_t seed, Way way) : random_(seed), way_(std::move(way)) {}

Joined::~Joined() {
  for (auto& flow : flows_) {
    flow->left.abort(now_);
    flow->right.abort(now_);
    flow->left.close(now_);
    flow->right.close(now_);
  }
}

void Joined::at(TimePoint time, std::function<void()> happens) {
  queue_.push({time, events_++, std::move(happens)});
}

bool Joined::strikes(double chance) {
  return chance > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < chance;
}

void Joined::carry(Flow& flow, bool to_right, const TcpHeader& header,
                   std::vector<std::byte> payload) {
  if (to_right && !payload.empty()) {
    const std::size_t number = data_segments_++;
    if (std::ranges::find(way_.lost_segments, number) != way_.lost_segments.end()) return;
  }
  if (strikes(way_.loss)) return;
  TimePoint arrives = now_ + way_.delay;
  if (to_right && way_.bytes_per_s > 0) {
    const auto takes = [&](std::size_t bytes) {
      return Duration(
          static_cast<std::int64_t>(static_cast<double>(bytes) * 1e9 / way_.bytes_per_s));
    };
    const TimePoint free = std::max(bottleneck_free_, now_);
    if (free - now_ > takes(way_.queue_bytes)) return;  // the queue is full
    bottleneck_free_ = free + takes(payload.size() + headers_bytes);
    arrives = bottleneck_free_ + way_.delay;
  }
  const int copies = strikes(way_.duplicate) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    TimePoint then = arrives;
    if (strikes(way_.reorder)) {
      then +=
          Duration(std::uniform_int_distribution<std::int64_t>(0, way_.lateness.count())(random_));
    }
    at(then, [this, &flow, to_right, header, payload] {
      Connection& end = to_right ? flow.right : flow.left;
      if (to_right && end.state() == State::closed && header.flags.syn && !flow.ended &&
          end.error() == std::errc{}) {
        end.open_passive({Sequence(0xffffffff - random_() % 100'000), 77}, Path{1460, 0}, header,
                         now_);
      } else {
        end.segment(header, Payload(Bytes(payload)), now_);
      }
      turn(flow);
    });
  }
}

// What both applications do whenever they can.
void Joined::turn(Flow& flow) {
  std::array<std::byte, 16 * 1024> buffer;
  while (flow.written < flow.bytes) {
    const std::size_t count = std::min(buffer.size(), flow.bytes - flow.written);
    for (std::size_t i = 0; i < count; ++i) buffer[i] = byte_at(flow.written + i);
    const std::size_t taken = flow.left.write(Bytes(buffer).first(count), now_);
    if (taken == 0) break;
    flow.written += taken;
  }
  if (flow.written == flow.bytes && flow.left.state() == State::established) flow.left.close(now_);
  while (const std::size_t count = flow.right.read(buffer, now_)) {
    for (std::size_t i = 0; i < count; ++i) {
      flow.wrong = flow.wrong || buffer[i] != byte_at(flow.received + i);
    }
    flow.received += count;
  }
  if (flow.right.at_end() && !flow.ended) {
    flow.ended = true;
    flow.ended_at = now_;
    flow.right.close(now_);
  }
  rearm(flow);
}

void Joined::rearm(Flow& flow) {
  const TimePoint next = std::min(flow.left.deadline(), flow.right.deadline());
  if (next == never || next >= flow.armed) return;
  flow.armed = next;
  at(next, [this, &flow, next] {
    if (flow.armed == next) flow.armed = never;
    if (flow.left.deadline() <= now_) flow.left.due(now_);
    if (flow.right.deadline() <= now_) flow.right.due(now_);
    turn(flow);
  });
}

void Joined::transfer(std::size_t bytes, const Settings& left, const Settings& right,
                      Duration start, std::uint32_t large_bytes) {
  flows_.push_back(std::make_unique<Flow>(*this, left, right, bytes));
  Flow& flow = *flows_.back();
  at(now_ + start, [this, &flow, large_bytes] {
    flow.began = now_;
    flow.left.open_active({Sequence(0xffffffff - random_() % 100'000), 99}, Path{1460, large_bytes},
                          now_);
    turn(flow);
  });
}

void Joined::run(Duration at_most) {
  const TimePoint until = now_ + at_most;
  while (!queue_.empty() && queue_.top().time <= until) {
    const Event event = queue_.top();
    queue_.pop();
    now_ = std::max(now_, event.time);
    event.happens();
  }
}

Joined::Result Joined::result(std::size_t index) const {
  const Flow& flow = *flows_.at(index);
  Result result;
  result.received = flow.received;
  result.whole = flow.ended && !flow.wrong && flow.received == flow.bytes;
  result.failed = flow.left.error() != std::errc{} || flow.right.error() != std::errc{};
  result.took = flow.ended ? flow.ended_at - flow.began : Duration::max();
  result.timeouts = flow.left.snapshot().timeouts;
  result.resent = flow.left.snapshot().segments_resent;
  return result;
}

}  // namespace sundog::test
