// A whole TCP connection: two ends talk on a virtual clock, and the input rewrites bytes of what
// passes between them. Whatever comes, nothing breaks, no memory stays, and the timers come to
// rest.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <vector>

#include "sundog/io/net/tcp/connection.hpp"

using namespace sundog;
using namespace sundog::net::tcp;

namespace {

// Takes numbers off the input; 0 when it has ended.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) noexcept : bytes_(data, size) {}
  std::uint8_t next() noexcept {
    if (bytes_.empty()) return 0;
    const std::uint8_t byte = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  bool empty() const noexcept { return bytes_.empty(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

struct Wire final : Output {
  std::deque<std::vector<std::byte>> segments;
  bool room = true;

  bool send(const Connection& connection, const OutgoingSegment& segment) noexcept override {
    if (!room) return false;
    const std::size_t header = net::wire::tcp_header_bytes(segment.header);
    std::vector<std::byte> bytes(header + segment.payload_bytes);
    net::wire::write_tcp_header(segment.header, bytes);
    if (segment.payload_bytes != 0) {
      connection.copy_unacknowledged(segment.payload_offset, MutableBytes(bytes).subspan(header));
    }
    if (segments.size() < 100) segments.push_back(std::move(bytes));
    return true;
  }
  void changed() noexcept override {}
};

void deliver(Wire& from, Connection& to, Input& input, TimePoint now) {
  if (from.segments.empty()) return;
  std::vector<std::byte> bytes = std::move(from.segments.front());
  from.segments.pop_front();
  for (std::uint8_t changes = input.next() % 4; changes != 0; --changes) {
    const std::size_t place = input.next() % std::min<std::size_t>(bytes.size(), 64);
    bytes[place] = static_cast<std::byte>(input.next());
  }
  const auto parsed = net::wire::parse_tcp_header(bytes);
  if (!parsed) return;
  const Payload payload(Bytes(bytes).subspan(parsed->header_bytes));
  if (to.state() == State::closed && parsed->header.flags.syn && !parsed->header.flags.ack &&
      !parsed->header.flags.rst && to.error() == std::errc{} && to.next_to_send().number() == 0) {
    to.open_passive({net::wire::Sequence(0xfffff000), 7}, Path{1460, 0}, parsed->header, now);
    return;
  }
  to.segment(parsed->header, payload, now);
}

void act(Connection& connection, std::uint8_t what, TimePoint now) {
  std::array<std::byte, 3000> buffer{};
  switch (what % 8) {
    case 0:
      connection.write(buffer, now);
      break;
    case 1:
      connection.read(buffer, now);
      break;
    case 2:
      connection.read(MutableBytes(buffer).first(7), now);
      break;
    case 3:
      connection.shutdown(now);
      break;
    case 4:
      connection.write(Bytes(buffer).first(1), now);
      break;
    case 5:
      connection.path_changed(Path{what * 16u, 0}, now);
      break;
    case 6:
      if (what > 240) connection.close(now);
      break;
    default:
      connection.transmit(now);
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  BlockPool memory(256 * 1024);
  Statistics statistics;
  Settings settings;
  const std::uint8_t choice = input.next();
  settings.timestamps = (choice & 1) != 0;
  settings.selective_acknowledgements = (choice & 2) != 0;
  settings.no_delay = (choice & 4) != 0;
  settings.receive_buffer_max = (choice & 8) != 0 ? 4000 : 200'000;
  settings.keep_alive = std::chrono::seconds((choice & 16) != 0 ? 100 : 0);
  Wire left_out;
  Wire right_out;
  TimePoint now{std::chrono::seconds(1000)};
  {
    Connection left(settings, memory, statistics, left_out, Ports{1, 2});
    Connection right(settings, memory, statistics, right_out, Ports{2, 1});
    left.open_active({net::wire::Sequence(0xffffff00), 3}, Path{1460, 0}, now);
    for (int step = 0; step < 400 && !input.empty(); ++step) {
      const std::uint8_t what = input.next();
      switch (what % 6) {
        case 0:
        case 1:
          deliver(left_out, right, input, now);
          break;
        case 2:
          deliver(right_out, left, input, now);
          break;
        case 3:
          act(left, input.next(), now);
          break;
        case 4:
          act(right, input.next(), now);
          break;
        default:
          now += std::chrono::milliseconds(what);
          left_out.room = what < 200;
          for (Connection* end : {&left, &right}) {
            for (int turns = 0; end->deadline() <= now; ++turns) {
              if (turns == 1000) std::abort();
              end->due(now);
            }
          }
      }
      const Snapshot shot = left.snapshot();
      if (shot.lost_bytes + shot.sacked_bytes > shot.unacknowledged_bytes) std::abort();
    }
    for (Connection* end : {&left, &right}) {
      end->abort(now);
      end->close(now);
      if (end->deadline() != never) std::abort();
    }
  }
  if (memory.used_bytes() != 0) std::abort();
  return 0;
}
