#include "sundog/io/sim/stream_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "sundog/io/sim/acceptor.hpp"
#include "sundog/io/sim/operation.hpp"
#include "sundog/io/sim/packet.hpp"
#include "sundog/io/sim/ports.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::sim {

using namespace std::chrono_literals;

namespace {

// Ethernet, IPv4 and TCP headers.
constexpr std::size_t header_bytes = 54;
constexpr std::uint64_t window_bytes_max = 65536;
// SYNs that nobody answers are sent again, and given up in the end.
constexpr Duration handshake_pause = 1s;
constexpr int handshake_attempts = 6;
// A peer that lost its power says nothing; keepalive finds out within this.
constexpr Duration keepalive_max = 30s;
// What is in the unused part of a buffer that a read gives back: whoever looks there sees it.
constexpr std::byte poison{0xDB};

}  // namespace

StreamSocket::StreamSocket(Host& host, const Endpoint& local, const Endpoint& remote)
    : host_(host),
      local_(local),
      remote_(remote),
      object_(host.ports().next_object()),
      // Halved a drawn number of times: windows of a few bytes too.
      window_bytes_(static_cast<std::size_t>(
          host.world().prng().between(1, window_bytes_max >> host.world().prng().below(14)))) {}

std::optional<int> StreamSocket::connect(Call& call) {
  if (!std::exchange(handshake_begun_, true)) handshake(handshake_attempts);
  if (state_ == State::failed) return -error_;
  if (state_ == State::established) return 0;
  sender_ = &call;
  return std::nullopt;
}

void StreamSocket::handshake(int attempts_left) {
  if (state_ != State::connecting || closed_) return;
  if (attempts_left == 0) {
    SUNDOG_PROBE("a handshake was given up");
    return fail(ETIMEDOUT);
  }
  World& world = host_.world();
  world.network().carry(local_.address(), remote_.address(), header_bytes, packet(tcp_syn),
                        [self = shared_from_this()] { self->knock(); });
  world.after(handshake_pause,
              [self = shared_from_this(), attempts_left] { self->handshake(attempts_left - 1); });
}

// The SYN has come to the other host.
void StreamSocket::knock() {
  if (state_ != State::connecting || closed_ || admitted_) return;
  World& world = host_.world();
  Host* host = world.network().find(host_, remote_.address());
  if (host == nullptr || !host->powered()) return;
  Acceptor* acceptor = host->ports().acceptor(remote_);
  if (acceptor == nullptr || world.strikes(Fault::refused)) {
    world.network().carry(remote_.address(), local_.address(), header_bytes, refusal(),
                          [self = shared_from_this()] { self->refused(); });
    return;
  }
  if (acceptor->full()) {
    SUNDOG_PROBE("a backlog was full");
    return;
  }
  admitted_ = true;
  auto other = std::make_shared<StreamSocket>(*host, remote_, local_);
  other->accept_from(shared_from_this());
  peer_ = other;
  host->ports().add(other);
  // The acceptor's program may see the connection before the other side does.
  acceptor->arrive(other);
  world.network().carry(remote_.address(), local_.address(), header_bytes,
                        other->packet(tcp_syn | tcp_ack),
                        [self = shared_from_this(), other] { self->answered(*other); });
}

// The other host's SYN has come.
void StreamSocket::answered(StreamSocket& other) {
  if (closed_) {
    SUNDOG_PROBE("a connection was given up while it was accepted");
    other.arrive(Segment(Segment::Kind::reset, {}));
    return;
  }
  host_.world().network().note(local_.address(), remote_.address(), packet(tcp_ack));
  if (state_ != State::connecting) return;
  state_ = State::established;
  wake_parked();
}

// What this end says on a wire, for a capture; empty when nobody captures.
Network::Packet StreamSocket::packet(int flags, Bytes payload) const {
  if (!host_.world().network().captures()) return {};
  const auto peer = peer_.lock();
  const std::size_t unread = received_.size() - taken_;
  const std::size_t window = peer ? peer->window_bytes_ - std::min(unread, peer->window_bytes_) : 0;
  TcpHeader header;
  header.from = local_;
  header.to = remote_;
  // Sequence numbers begin at 0, with the SYN.
  header.sequence = (flags & tcp_syn) != 0 ? 0 : 1 + sent_count_;
  header.acknowledgement = (flags & tcp_ack) != 0 ? 1 + arrived_count_ : 0;
  header.flags = static_cast<std::uint8_t>(flags);
  header.window = static_cast<std::uint16_t>(std::min<std::size_t>(window, UINT16_MAX));
  return tcp_packet(header, payload);
}

// What the other host says where it has no such connection.
Network::Packet StreamSocket::refusal() const {
  if (!host_.world().network().captures()) return {};
  TcpHeader header;
  header.from = remote_;
  header.to = local_;
  header.sequence = arrived_count_;
  header.acknowledgement = 1 + sent_count_;
  header.flags = tcp_rst | tcp_ack;
  return tcp_packet(header, {});
}

void StreamSocket::refused() {
  if (state_ == State::connecting) fail(ECONNREFUSED);
}

void StreamSocket::accept_from(const std::shared_ptr<StreamSocket>& peer) noexcept {
  peer_ = peer;
  state_ = State::established;
}

std::optional<int> StreamSocket::receive(Call& call, MutableBytes buffer) {
  if (closed_) return closed_meanwhile;
  World& world = host_.world();
  if (state_ == State::established && world.strikes(Fault::reset)) reset();
  std::fill(buffer.begin(), buffer.end(), poison);
  if (const std::size_t unread = received_.size() - taken_; unread > 0) {
    std::size_t count = std::min(unread, buffer.size());
    if (count > 1 && world.strikes(Fault::short_read)) count = world.prng().between(1, count);
    std::copy_n(received_.begin() + static_cast<std::ptrdiff_t>(taken_), count, buffer.begin());
    taken_ += count;
    if (taken_ == received_.size()) {
      received_.clear();
      taken_ = 0;
    }
    if (const auto peer = peer_.lock()) {
      world.network().carry(local_.address(), remote_.address(), header_bytes, packet(tcp_ack),
                            [peer, count] { peer->acknowledge(count); });
    }
    return static_cast<int>(count);
  }
  if (state_ == State::failed) return -error_;
  if (receive_ended_) return 0;
  SUNDOG_ASSERT(receiver_ == nullptr || receiver_ == &call, "a flow has one reader at a time");
  receiver_ = &call;
  return std::nullopt;
}

std::optional<int> StreamSocket::send(Call& call, Bytes bytes) {
  if (closed_) return closed_meanwhile;
  World& world = host_.world();
  if (state_ == State::established && world.strikes(Fault::reset)) reset();
  if (state_ == State::failed) return -error_;
  if (send_ended_) return -EPIPE;
  if (world.strikes(Fault::no_buffers)) return -ENOBUFS;
  if (world.strikes(Fault::no_memory)) return -ENOMEM;
  const std::size_t room = window_bytes_ - unacknowledged_;
  if (room == 0) {
    SUNDOG_ASSERT(sender_ == nullptr || sender_ == &call, "a flow has one writer at a time");
    sender_ = &call;
    return std::nullopt;
  }
  std::size_t count = std::min(room, bytes.size());
  if (count > 1 && world.strikes(Fault::short_write)) count = world.prng().between(1, count);
  unacknowledged_ += count;
  transmit(Segment(
      Segment::Kind::data,
      std::vector<std::byte>(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count))));
  return static_cast<int>(count);
}

std::optional<int> StreamSocket::shutdown() {
  if (closed_) return closed_meanwhile;
  if (state_ == State::failed) return -error_;
  if (!std::exchange(send_ended_, true)) transmit(Segment(Segment::Kind::finish, {}));
  return 0;
}

void StreamSocket::withdraw(const Call& call) noexcept {
  if (receiver_ == &call) receiver_ = nullptr;
  if (sender_ == &call) sender_ = nullptr;
}

void StreamSocket::transmit(Segment segment) {
  constexpr int flags[] = {tcp_psh | tcp_ack, tcp_fin | tcp_ack, tcp_rst | tcp_ack};
  const std::size_t size = header_bytes + segment.bytes.size();
  Network::Packet wire = packet(flags[static_cast<std::size_t>(segment.kind)], segment.bytes);
  sent_count_ += segment.length();
  sent_.push_back(std::move(segment));
  // Carriages may overtake each other; whichever arrives, the oldest segment comes first.
  host_.world().network().carry(local_.address(), remote_.address(), size, std::move(wire),
                                [self = shared_from_this()] { self->deliver_oldest(); });
}

void StreamSocket::deliver_oldest() {
  if (sent_.empty()) return;
  Segment oldest = std::move(sent_.front());
  sent_.pop_front();
  if (const auto peer = peer_.lock(); peer && !peer->closed_) {
    peer->arrive(std::move(oldest));
  } else if (oldest.kind == Segment::Kind::data) {
    SUNDOG_PROBE("data came for a closed end");
    host_.world().network().carry(remote_.address(), local_.address(), header_bytes, refusal(),
                                  [self = shared_from_this()] { self->fail(ECONNRESET); });
  }
}

void StreamSocket::arrive(Segment segment) {
  if (closed_ || state_ == State::failed) return;
  arrived_count_ += segment.length();
  // Data of the peer proves that it has taken part in the handshake.
  if (state_ == State::connecting && segment.kind != Segment::Kind::reset) {
    state_ = State::established;
  }
  switch (segment.kind) {
    case Segment::Kind::data:
      received_.insert(received_.end(), segment.bytes.begin(), segment.bytes.end());
      break;
    case Segment::Kind::finish:
      receive_ended_ = true;
      break;
    case Segment::Kind::reset:
      return fail(ECONNRESET);
  }
  wake_parked();
}

void StreamSocket::acknowledge(std::size_t bytes) {
  unacknowledged_ -= bytes;
  wake_parked();
}

void StreamSocket::fail(int error) {
  if (state_ == State::failed || closed_) return;
  state_ = State::failed;
  error_ = error;
  host_.record("connection failed", object_, -error);
  wake_parked();
}

void StreamSocket::wake_parked() {
  if (Call* call = std::exchange(receiver_, nullptr)) host_.poller().retry(*call);
  if (Call* call = std::exchange(sender_, nullptr)) host_.poller().retry(*call);
}

void StreamSocket::reset() {
  const Memory::Outside outside;
  if (closed_ || state_ == State::failed) return;
  sent_.clear();
  transmit(Segment(Segment::Kind::reset, {}));
  fail(ECONNRESET);
}

void StreamSocket::close() noexcept {
  const Memory::Outside outside;
  const bool unread = received_.size() > taken_;
  if (unread) {
    SUNDOG_PROBE("a flow was closed with unread bytes");
    reset();
  } else if (state_ == State::established && !send_ended_) {
    transmit(Segment(Segment::Kind::finish, {}));
  }
  closed_ = true;
  descriptor_.reset();
  if (receiver_ != nullptr || sender_ != nullptr) {
    SUNDOG_PROBE("a simulated flow was closed under a call");
  }
  wake_parked();
}

void StreamSocket::power_cut() {
  if (closed_) return;
  sent_.clear();
  World& world = host_.world();
  if (const auto peer = peer_.lock()) {
    world.after(world.prng().between(1ms, keepalive_max), [peer] { peer->fail(ETIMEDOUT); });
  }
  peer_.reset();
  fail(ENETDOWN);
}

}  // namespace sundog::sim
