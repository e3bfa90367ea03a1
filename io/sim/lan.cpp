#include "sundog/io/sim/lan.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <optional>
#include <system_error>
#include <utility>

#include "sundog/io/complete_checksum.hpp"
#include "sundog/io/frame_filter.hpp"
#include "sundog/io/packet_pool.hpp"
#include "sundog/io/sim/operation.hpp"
#include "sundog/io/sim/ports.hpp"
#include "sundog/io/sim/world.hpp"

namespace sundog::sim {

using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t gather_pieces_max = 16;
// How long a frame takes from its buffer onto the wire.
constexpr Duration transmission_max = 50us;

Descriptor open_descriptor(Host& host) {
  std::optional<Descriptor> descriptor = Descriptor::open(host);
  if (descriptor) return std::move(*descriptor);
  throw std::system_error(std::make_error_code(std::errc::too_many_files_open), "network device");
}

}  // namespace

// The device as the simulated kernel has it.
class FramePort final : private PacketPool::Watcher,
                        public std::enable_shared_from_this<FramePort> {
 public:
  FramePort(Host& host, std::string lan, std::size_t mtu)
      : host_(host),
        lan_(std::move(lan)),
        mtu_(mtu),
        object_(host.ports().next_object()),
        descriptor_(open_descriptor(host)),
        filter_(address_of(host, object_)),
        transmit_(SimNetwork::transmit_buffers, mtu + frame_header_bytes),
        received_(SimNetwork::receive_buffers, mtu + frame_header_bytes) {
    transmit_.watch(this);
  }
  ~FramePort() { drop_arrived(); }

  Host& host() const noexcept { return host_; }
  const std::string& lan() const noexcept { return lan_; }
  std::size_t mtu() const noexcept { return mtu_; }
  std::uint64_t object() const noexcept { return object_; }
  FrameFilter& filter() noexcept { return filter_; }
  const NetworkStatistics& statistics() const noexcept { return statistics_; }
  bool link_up() const noexcept { return link_up_ && !closed_; }

  // A call of the host waits for something of this device: it is asked again when that may be so.
  enum class Event : std::uint8_t { room, arrival, link };
  static constexpr std::size_t event_count = 3;
  // Whether it is so; for room, the buffer is the caller's then.
  bool happened(Event event, bool known_link, std::size_t size, TransmitBuffer& buffer) {
    switch (event) {
      case Event::room:
        buffer = take(size);
        return static_cast<bool>(buffer);
      case Event::arrival:
        return !arrived_.empty();
      case Event::link:
        return link_up() != known_link;
    }
    return true;
  }
  void park(Event event, Call& call) { parked(event).push_back(&call); }
  void withdraw(Event event, const Call& call) noexcept { std::erase(parked(event), &call); }
  bool somebody_waits_for_room() const noexcept { return !parked_[0].empty(); }

  TransmitBuffer take(std::size_t size) noexcept {
    PacketMemory* const memory = transmit_.take(size);
    return memory == nullptr ? TransmitBuffer() : TransmitBuffer(*memory);
  }
  bool owns(const TransmitBuffer& buffer) const noexcept { return buffer.owner() == &transmit_; }

  void leave(TransmitBuffer buffer, std::span<const Bytes> payload, const PacketOffload& offload);
  void arrive(Bytes frame);
  ReceivedPacket pop() {
    return arrived_.empty() ? ReceivedPacket() : ReceivedPacket(arrived_.pop());
  }
  void set_link(bool up) {
    link_up_ = up;
    retry_all(Event::link);
  }
  // Nobody uses it any more, but for frames that are still to leave.
  void close() noexcept {
    closed_ = true;
    drop_arrived();
    descriptor_.reset();
  }
  bool down() const noexcept { return down_; }
  void power_cut() {
    down_ = true;
    for (const Event event : {Event::room, Event::arrival, Event::link}) retry_all(event);
  }

 private:
  // 02:NN:AA:AA:AA:AA, of the host's address and the device's number.
  static MacAddress address_of(Host& host, std::uint64_t object) {
    const auto address = host.address_v4().bytes();
    return MacAddress(
        {2, static_cast<std::uint8_t>(object), address[0], address[1], address[2], address[3]});
  }
  std::deque<Call*>& parked(Event event) noexcept {
    return parked_[static_cast<std::size_t>(event)];
  }
  void retry_first(Event event) {
    if (parked(event).empty()) return;
    Call& call = *parked(event).front();
    parked(event).pop_front();
    host_.poller().retry(call);
  }
  void retry_all(Event event) {
    // Those who are still not served park again, behind these.
    for (std::size_t left = parked(event).size(); left > 0; --left) retry_first(event);
  }
  void came_back() noexcept override {
    if (closed_) return;
    const Memory::Outside outside;
    retry_first(Event::room);
  }
  void drop_arrived() noexcept {
    while (!arrived_.empty()) received_.give_back(arrived_.pop());
  }

  Host& host_;
  const std::string lan_;
  const std::size_t mtu_;
  const std::uint64_t object_;
  std::optional<Descriptor> descriptor_;
  FrameFilter filter_;
  PacketPool transmit_;
  PacketPool received_;
  PacketQueue arrived_;
  std::array<std::deque<Call*>, event_count> parked_;
  NetworkStatistics statistics_;
  bool link_up_ = true;
  bool down_ = false;
  bool closed_ = false;
};

namespace {

// Waits until one of these has happened.
class FrameOperation final : public Operation {
 public:
  using Event = FramePort::Event;
  FrameOperation(FramePort& port, Event event, bool known_link = false, std::size_t size = 0)
      : Operation(port.host()), port_(port), event_(event), known_link_(known_link), size_(size) {}
  TransmitBuffer take_buffer() noexcept { return std::move(buffer_); }

 private:
  std::string_view name() const noexcept override {
    return event_ == Event::room ? "frame room" : event_ == Event::arrival ? "frame" : "link";
  }
  std::uint64_t object() const noexcept override { return port_.object(); }
  std::optional<int> attempt() override {
    if (port_.down()) return -ENODEV;
    if (port_.happened(event_, known_link_, size_, buffer_)) return 0;
    port_.park(event_, *this);
    return std::nullopt;
  }
  void withdraw() noexcept override { port_.withdraw(event_, *this); }

  FramePort& port_;
  Event event_;
  bool known_link_;
  std::size_t size_;
  TransmitBuffer buffer_;
};

// What the operation's result says, unless it is to be tried once more.
bool settled(int result) {
  if (result >= 0) return true;
  if (!try_once_more(result)) throw_error(result, "network device");
  return false;
}

}  // namespace

void FramePort::leave(TransmitBuffer buffer, std::span<const Bytes> payload,
                      const PacketOffload& offload) {
  std::vector<std::byte> frame(buffer.bytes().begin(), buffer.bytes().end());
  for (const Bytes piece : payload) frame.insert(frame.end(), piece.begin(), piece.end());
  SUNDOG_ASSERT(frame.size() >= frame_header_bytes && frame.size() <= mtu_ + frame_header_bytes,
                "a frame has a header, and at most the mtu beside it");
  ++statistics_.sent_frames;
  statistics_.sent_bytes += frame.size();
  if (offload.checksum == Checksum::partial) {
    const bool inside = complete_checksum(frame, offload);
    SUNDOG_ASSERT(inside, "the checksum's place lies outside of the frame");
  }
  if (link_up() && !down_) {
    host_.world().network().lans().carry(lan_, *this, std::move(frame));
  } else {
    ++statistics_.sent_lost;
  }
  // The buffer comes back when the frame is on the wire, or the world ends. The port is kept for
  // it.
  const auto give_back = [port = shared_from_this(),
                          leaving = std::make_shared<TransmitBuffer>(std::move(buffer))] {
    *leaving = TransmitBuffer();
  };
  host_.world().after(host_.world().prng().between(0ns, transmission_max), give_back);
}

void FramePort::arrive(Bytes frame) {
  if (!link_up() || down_ || !filter_.wants(frame_target(frame))) return;
  PacketMemory* const packet = received_.take(std::min(frame.size(), received_.bytes_max()));
  if (packet == nullptr || frame.size() > received_.bytes_max()) {
    if (packet != nullptr) received_.give_back(*packet);
    ++(packet == nullptr ? statistics_.received_lost : statistics_.received_wrong);
    return;
  }
  std::ranges::copy(frame, packet->data);
  packet->offload = PacketOffload();
  ++statistics_.received_frames;
  statistics_.received_bytes += frame.size();
  arrived_.push(*packet);
  retry_all(Event::arrival);
}

void Lans::plug_in(const std::string& lan, const std::shared_ptr<FramePort>& port) {
  auto& ports = lans_[lan];
  std::erase_if(ports, [](const auto& known) { return known.expired(); });
  ports.push_back(port);
}

void Lans::carry(const std::string& lan, FramePort& from, std::vector<std::byte> frame) {
  const MacAddress target = frame_target(frame);
  for (const auto& known : lans_[lan]) {
    const auto port = known.lock();
    if (port == nullptr || port.get() == &from) continue;
    // Unicast goes where it belongs, or everywhere, when somebody there listens to everything.
    if (!target.is_multicast() && !port->filter().wants(target)) continue;
    world_.network().send_frame(from.host(), port->host(), frame, [known](Bytes arrived) {
      if (const auto still = known.lock()) still->arrive(arrived);
    });
  }
}

void Lans::power_cut(const Host& host) {
  for (auto& [name, ports] : lans_) {
    for (const auto& known : ports) {
      const auto port = known.lock();
      if (port != nullptr && &port->host() == &host) port->power_cut();
    }
  }
}

namespace {

std::shared_ptr<FramePort> open_port(Host& host, std::string lan, std::size_t mtu) {
  const Memory::Outside outside;
  std::shared_ptr<FramePort> port(new FramePort(host, std::move(lan), mtu), [](FramePort* ended) {
    const Memory::Outside of_nobody;
    delete ended;
  });
  host.world().network().lans().plug_in(port->lan(), port);
  return port;
}

}  // namespace

SimNetwork::SimNetwork(Host& host, std::string lan, std::size_t mtu)
    : port_(open_port(host, std::move(lan), mtu)) {}

SimNetwork::~SimNetwork() {
  if (port_ != nullptr) port_->close();
}

MacAddress SimNetwork::mac() const noexcept { return port_->filter().own(); }
std::size_t SimNetwork::mtu() const noexcept { return port_->mtu(); }
Offloads SimNetwork::offloads() const noexcept {
  Offloads offloads;
  offloads.checksum4 = true;
  offloads.checksum6 = true;
  offloads.gather_pieces_max = gather_pieces_max;
  return offloads;
}

bool SimNetwork::link_up() const noexcept { return port_->link_up(); }
void SimNetwork::set_link(bool up) { port_->set_link(up); }
Task<bool> SimNetwork::link_changed(bool known) {
  for (;;) {
    const int result = co_await FrameOperation(*port_, FramePort::Event::link, known);
    if (settled(result) && link_up() != known) co_return !known;
  }
}

TransmitBuffer SimNetwork::try_buffer(std::size_t size) {
  return port_->somebody_waits_for_room() ? TransmitBuffer() : port_->take(size);
}

Task<TransmitBuffer> SimNetwork::buffer(std::size_t size) {
  for (;;) {
    FrameOperation operation(*port_, FramePort::Event::room, false, size);
    const int result = co_await operation;
    if (settled(result)) co_return operation.take_buffer();
  }
}

void SimNetwork::send(TransmitBuffer buffer, const PacketOffload& offload) noexcept {
  struct Nothing final : LentPayload {
    void released() noexcept override {}
  } nothing;
  send(std::move(buffer), nothing, offload);
}

void SimNetwork::send(TransmitBuffer buffer, LentPayload& payload,
                      const PacketOffload& offload) noexcept {
  const Memory::Outside outside;
  SUNDOG_ASSERT(port_->owns(buffer), "a frame is sent by whom its buffer is from");
  SUNDOG_ASSERT(offload.segmentation == Segmentation::none, "this device cuts no large packets");
  SUNDOG_ASSERT(payload.pieces.size() <= gather_pieces_max, "more pieces than the device gathers");
  port_->leave(std::move(buffer), payload.pieces, offload);
  payload.released();
}

ReceivedPacket SimNetwork::try_receive() { return port_->pop(); }

Task<ReceivedPacket> SimNetwork::receive() {
  for (;;) {
    ReceivedPacket packet = port_->pop();
    if (packet) co_return packet;
    const int result = co_await FrameOperation(*port_, FramePort::Event::arrival);
    static_cast<void>(settled(result));
  }
}

void SimNetwork::accept(const Offloads&) noexcept {}
void SimNetwork::join(MacAddress group) {
  const Memory::Outside outside;
  port_->filter().join(group);
}
void SimNetwork::leave(MacAddress group) noexcept { port_->filter().leave(group); }
void SimNetwork::receive_everything(bool everything) noexcept {
  port_->filter().set_everything(everything);
}
NetworkStatistics SimNetwork::statistics() const noexcept { return port_->statistics(); }

}  // namespace sundog::sim
