#include "sundog/io/unix/tap.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "sundog/io/complete_checksum.hpp"
#include "sundog/io/frame_filter.hpp"
#include "sundog/io/packet_pool.hpp"
#include "sundog/io/send_buffers.hpp"
#include "sundog/io/turn.hpp"
#include "sundog/io/unix/vnet_header.hpp"

namespace sundog {
namespace {

constexpr std::size_t large_frame_bytes = 65'535 + frame_header_bytes;
constexpr std::uint16_t gather_pieces_max = 16;
// How many frames are read before the loop's other tasks have their turn.
constexpr int frames_at_once = 64;

}  // namespace

namespace detail {

// The device, and what is known of it. It lives on after its owner until the poller has given its
// last answers.
class TapPort {
 public:
  TapPort(Descriptor device, MacAddress mac, std::size_t mtu);
  void abandon() noexcept;

  void send(PacketMemory& memory, LentPayload* payload, const PacketOffload& offload) noexcept;
  SendBuffers<>& buffers_for(std::size_t size) noexcept {
    return size <= small.pool.bytes_max() ? small : large;
  }
  void accept(const Offloads& offloads) noexcept;

  Descriptor device;
  const std::size_t mtu;
  FrameFilter filter;
  Offloads offloads;
  Offloads accepted;
  SendBuffers<> small;
  SendBuffers<> large;
  PacketPool received;
  PacketPool received_large;
  // Those that wait to be received, a ring; a packet is one of them.
  std::vector<PacketMemory*> arrived;
  std::size_t arrived_begin = 0;
  std::size_t arrived_count = 0;
  WaitQueue arrival;
  WaitQueue link;
  NetworkStatistics statistics;
  bool up = true;
  bool gone = false;

 private:
  // Waits for the device to be ready.
  class Ready final : public Request {
   public:
    Ready(TapPort& port, short events) noexcept
        : Request(port.device.get(), Poll{events}), port_(port) {}
    void begin() noexcept {
      if (under_way) return;
      under_way = true;
      UnixPoller::current().begin(*this);
    }
    bool under_way = false;

   private:
    void completed(int result, bool, bool) noexcept override {
      under_way = false;
      port_.ready(*this, result);
    }
    TapPort& port_;
  };

  void ready(Ready& which, int result) noexcept;
  void read_frames() noexcept;
  // False: there is none now.
  bool read_frame() noexcept;
  void take_in(const VnetHeader& header, PacketMemory& first, PacketMemory* rest,
               std::size_t size) noexcept;
  void write_pending() noexcept;
  // 0, or a negated errno.
  int write(Bytes frame, std::span<const Bytes> pieces, const PacketOffload& offload) noexcept;
  void give_back(PacketMemory* memory) noexcept {
    if (memory != nullptr) memory->owner->give_back(*memory);
  }

  Ready readable_{*this, POLLIN};
  Ready writable_{*this, POLLOUT};
  // What waits until the device takes more: the frame that is next, and those behind it.
  PacketMemory* writing_ = nullptr;
  PacketQueue pending_;
  // Where a frame goes for which there is no buffer.
  std::vector<std::byte> nowhere_;
  bool abandoned_ = false;
};

TapPort::TapPort(Descriptor descriptor, MacAddress mac, std::size_t frame_mtu)
    : device(std::move(descriptor)),
      mtu(frame_mtu),
      filter(mac),
      small(TapNetwork::transmit_buffers, mtu + frame_header_bytes),
      large(TapNetwork::large_buffers, large_frame_bytes),
      received(TapNetwork::receive_buffers, mtu + frame_header_bytes),
      received_large(TapNetwork::large_buffers, large_frame_bytes),
      arrived(TapNetwork::receive_buffers),
      nowhere_(large_frame_bytes) {
  const int flags = ::fcntl(device.get(), F_GETFL);
  if (flags < 0 || ::fcntl(device.get(), F_SETFL, flags | O_NONBLOCK) < 0) {
    throw std::system_error(errno, std::system_category(), "a TAP device's descriptor");
  }
  offloads.checksum4 = offloads.checksum6 = true;
  offloads.gather_pieces_max = gather_pieces_max;
  // What is no TAP device has nobody behind it who would cut large packets.
  if (::ioctl(device.get(), TUNSETOFFLOAD, 0) == 0) {
    offloads.tcp4 = offloads.tcp6 = true;
    offloads.segmented_bytes_max = large_frame_bytes;
  }
  readable_.begin();
}

void TapPort::abandon() noexcept {
  abandoned_ = true;
  for (; arrived_count != 0; --arrived_count) {
    const ReceivedPacket dropped(*arrived[arrived_begin]);
    arrived_begin = (arrived_begin + 1) % arrived.size();
  }
  give_back(std::exchange(writing_, nullptr));
  while (!pending_.empty()) give_back(&pending_.pop());
  device.close();
  if (!readable_.under_way && !writable_.under_way) delete this;
}

void TapPort::ready(Ready& which, int result) noexcept {
  if (abandoned_) {
    if (!readable_.under_way && !writable_.under_way) delete this;
    return;
  }
  if (result < 0 && result != -EINTR) gone = true;
  if (&which == &writable_) return write_pending();
  read_frames();
  if (!gone) readable_.begin();
  if (gone) arrival.wake_all();
}

void TapPort::read_frames() noexcept {
  for (int i = 0; i < frames_at_once; ++i) {
    if (!read_frame()) return;
  }
}

bool TapPort::read_frame() noexcept {
  PacketMemory* const first =
      arrived_count == arrived.size() ? nullptr : received.take(received.bytes_max());
  const bool takes_large = accepted.segments_any();
  PacketMemory* rest =
      first != nullptr && takes_large ? received_large.take(received_large.bytes_max()) : nullptr;
  VnetHeader header;
  std::array<iovec, 3> pieces{};
  std::size_t count = 0;
  pieces[count++] = {&header, sizeof(header)};
  if (first != nullptr) pieces[count++] = {first->data, first->size};
  if (rest != nullptr) {
    pieces[count++] = {rest->data, rest->size};
  } else {
    pieces[count++] = {nowhere_.data(), nowhere_.size()};
  }
  const ssize_t result = ::readv(device.get(), pieces.data(), static_cast<int>(count));
  const bool is_frame = result >= static_cast<ssize_t>(sizeof(header) + frame_header_bytes);
  if (!is_frame || first == nullptr) {
    give_back(rest);
    give_back(first);
    if (result < 0) {
      if (errno != EAGAIN && errno != EINTR) gone = true;
      return false;
    }
    // An end is that of a socket's peer.
    if (result == 0) gone = true;
    if (result > 0) ++(is_frame ? statistics.received_lost : statistics.received_wrong);
    return result > 0;
  }
  take_in(header, *first, rest, static_cast<std::size_t>(result) - sizeof(header));
  return true;
}

void TapPort::take_in(const VnetHeader& header, PacketMemory& first, PacketMemory* rest,
                      std::size_t size) noexcept {
  const bool in_first = size <= first.size;
  if (in_first) {
    first.size = static_cast<std::uint32_t>(size);
    give_back(std::exchange(rest, nullptr));
  } else if (rest != nullptr) {
    rest->size = static_cast<std::uint32_t>(size - first.size);
  }
  PacketOffload offload;
  const bool understood = from_vnet(header, offload);
  const bool wanted = up && filter.wants(frame_target(first.bytes()));
  // What is longer than was accepted has lost its end.
  const bool whole = in_first || rest != nullptr;
  if (!understood || !wanted || !whole) {
    if (!understood || !whole) ++statistics.received_wrong;
    give_back(rest);
    give_back(&first);
    return;
  }
  if (offload.checksum == Checksum::partial && !(accepted.checksum4 && accepted.checksum6)) {
    if (!in_first || !complete_checksum(first.bytes(), offload)) {
      ++statistics.received_wrong;
      give_back(rest);
      give_back(&first);
      return;
    }
    offload = PacketOffload{.checksum = Checksum::verified};
  }
  first.offload = offload;
  first.next = rest;
  ++statistics.received_frames;
  statistics.received_bytes += size;
  arrived[(arrived_begin + arrived_count++) % arrived.size()] = &first;
  arrival.wake_all();
}

int TapPort::write(Bytes frame, std::span<const Bytes> pieces,
                   const PacketOffload& offload) noexcept {
  VnetHeader header = to_vnet(offload);
  std::array<iovec, gather_pieces_max + 2> parts{};
  std::size_t count = 0;
  const auto add = [&](Bytes bytes) {
    parts[count++] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
  };
  add(std::as_bytes(std::span(&header, 1)));
  add(frame);
  for (const Bytes piece : pieces) add(piece);
  for (;;) {
    if (::writev(device.get(), parts.data(), static_cast<int>(count)) >= 0) return 0;
    if (errno != EINTR) return -errno;
  }
}

void TapPort::send(PacketMemory& memory, LentPayload* payload,
                   const PacketOffload& offload) noexcept {
  const std::span<const Bytes> pieces =
      payload == nullptr ? std::span<const Bytes>() : payload->pieces;
  SUNDOG_ASSERT(pieces.size() <= gather_pieces_max, "more pieces than the device gathers");
  std::size_t size = memory.size;
  for (const Bytes piece : pieces) size += piece.size();
  SUNDOG_ASSERT(size >= frame_header_bytes && size <= large_frame_bytes,
                "a frame has a header, and at most the mtu beside it");
  ++statistics.sent_frames;
  statistics.sent_bytes += size;
  int result = up && !gone ? -EAGAIN : -ENETDOWN;
  if (result == -EAGAIN && writing_ == nullptr) result = write(memory.bytes(), pieces, offload);
  const std::size_t capacity =
      memory.owner == &small.pool ? small.pool.bytes_max() : large.pool.bytes_max();
  if (result == -EAGAIN && size <= capacity) {
    // It waits, behind those that do, with a copy of what is lent.
    std::byte* to = memory.data + memory.size;
    for (const Bytes piece : pieces) to = std::ranges::copy(piece, to).out;
    memory.size = static_cast<std::uint32_t>(size);
    memory.offload = offload;
    if (writing_ == nullptr) {
      writing_ = &memory;
    } else {
      pending_.push(memory);
    }
    writable_.begin();
  } else {
    if (result < 0) ++statistics.sent_lost;
    give_back(&memory);
  }
  if (payload != nullptr) payload->released();
}

void TapPort::write_pending() noexcept {
  while (writing_ != nullptr) {
    const int result = gone ? -ENETDOWN : write(writing_->bytes(), {}, writing_->offload);
    if (result == -EAGAIN) return writable_.begin();
    if (result < 0) ++statistics.sent_lost;
    PacketMemory* const done = std::exchange(writing_, nullptr);
    if (!pending_.empty()) writing_ = &pending_.pop();
    give_back(done);
  }
}

void TapPort::accept(const Offloads& wanted) noexcept {
  accepted = wanted;
  // The host asks for the checksum's first.
  unsigned flags = 0;
  if (wanted.checksum4 && wanted.checksum6) {
    flags |= TUN_F_CSUM;
    if (wanted.tcp4) flags |= TUN_F_TSO4;
    if (wanted.tcp6) flags |= TUN_F_TSO6;
  }
  static_cast<void>(::ioctl(device.get(), TUNSETOFFLOAD, flags));
}

void AbandonTap::operator()(TapPort* port) const noexcept { port->abandon(); }

}  // namespace detail

TapNetwork TapNetwork::open(const std::string& name, MacAddress mac, std::size_t mtu) {
  const auto fail = [&](const char* what) {
    const int error = errno;
    std::string message = "cannot open the TAP device '" + name + "' (" + what + ")";
    if (error == EPERM || error == EACCES) {
      message +=
          ": it needs CAP_NET_ADMIN, or a device made for this user: sudo ip tuntap add dev " +
          (name.empty() ? std::string("tap0") : name) + " mode tap user $USER vnet_hdr";
    } else if (error == ENOENT || error == ENODEV) {
      message += ": this machine has no TAP devices; modprobe tun";
    } else if (error == EBUSY) {
      message += ": another program uses it";
    }
    throw std::system_error(error, std::system_category(), message);
  };
  if (name.size() >= IFNAMSIZ) {
    errno = ENAMETOOLONG;
    fail("15 characters at most");
  }
  Descriptor device(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!device) fail("open /dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  std::ranges::copy(name, request.ifr_name);
  if (::ioctl(device.get(), TUNSETIFF, &request) < 0) fail("TUNSETIFF");
  int header_bytes = sizeof(detail::VnetHeader);
  if (::ioctl(device.get(), TUNSETVNETHDRSZ, &header_bytes) < 0) fail("TUNSETVNETHDRSZ");
  return TapNetwork(std::move(device), mac, mtu);
}

TapNetwork::TapNetwork(Descriptor device, MacAddress mac, std::size_t mtu)
    : port_(new detail::TapPort(std::move(device), mac, mtu)) {}

std::string TapNetwork::name() const {
  ifreq request{};
  if (::ioctl(port_->device.get(), TUNGETIFF, &request) < 0) return {};
  return request.ifr_name;
}

MacAddress TapNetwork::mac() const noexcept { return port_->filter.own(); }
std::size_t TapNetwork::mtu() const noexcept { return port_->mtu; }
Offloads TapNetwork::offloads() const noexcept { return port_->offloads; }
bool TapNetwork::link_up() const noexcept { return port_->up; }

Task<bool> TapNetwork::link_changed(bool known) {
  detail::TapPort& port = *port_;
  while (port.up == known) co_await turn_in(port.link, "change of a network's link");
  co_return !known;
}

void TapNetwork::set_link(bool up) noexcept {
  port_->up = up;
  int carrier = up ? 1 : 0;
  // A socket has none.
  static_cast<void>(::ioctl(port_->device.get(), TUNSETCARRIER, &carrier));
  port_->link.wake_all();
}

TransmitBuffer TapNetwork::try_buffer(std::size_t size) {
  return port_->buffers_for(size).take(size);
}
Task<TransmitBuffer> TapNetwork::buffer(std::size_t size) {
  return port_->buffers_for(size).wait(size);
}

void TapNetwork::send(TransmitBuffer buffer, const PacketOffload& offload) noexcept {
  port_->send(buffer.release(), nullptr, offload);
}
void TapNetwork::send(TransmitBuffer buffer, LentPayload& payload,
                      const PacketOffload& offload) noexcept {
  port_->send(buffer.release(), &payload, offload);
}

ReceivedPacket TapNetwork::try_receive() {
  detail::TapPort& port = *port_;
  if (port.arrived_count == 0) return {};
  PacketMemory& packet = *port.arrived[port.arrived_begin];
  port.arrived_begin = (port.arrived_begin + 1) % port.arrived.size();
  --port.arrived_count;
  return ReceivedPacket(packet);
}

Task<ReceivedPacket> TapNetwork::receive() {
  detail::TapPort& port = *port_;
  for (;;) {
    ReceivedPacket packet = try_receive();
    if (packet) co_return packet;
    if (port.gone) {
      throw std::system_error(std::make_error_code(std::errc::no_such_device),
                              "the TAP device is gone");
    }
    co_await turn_in(port.arrival, "frame from a TAP device");
  }
}

void TapNetwork::accept(const Offloads& offloads) noexcept { port_->accept(offloads); }
void TapNetwork::join(MacAddress group) { port_->filter.join(group); }
void TapNetwork::leave(MacAddress group) noexcept { port_->filter.leave(group); }
void TapNetwork::receive_everything(bool everything) noexcept {
  port_->filter.set_everything(everything);
}
NetworkStatistics TapNetwork::statistics() const noexcept { return port_->statistics; }

}  // namespace sundog
