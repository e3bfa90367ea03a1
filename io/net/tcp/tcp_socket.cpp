#include "sundog/io/net/tcp/tcp_socket.hpp"

#include <algorithm>
#include <system_error>

#include "sundog/io/net/tcp/flow.hpp"
#include "sundog/io/net/tcp/tcp.hpp"
#include "sundog/io/net/tcp/tcp_listener.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/runtime/frame_pool.hpp"

namespace sundog::net::tcp {
namespace {

bool same(const Path& one, const Path& other) noexcept {
  return one.segment_bytes_max == other.segment_bytes_max &&
         one.large_bytes_max == other.large_bytes_max;
}

}  // namespace

TcpSocket::TcpSocket(Tcp& tcp, const Settings& settings, const Tuple& tuple, const Route& route,
                     const Endpoint& shown_peer)
    : TimerHook(Kind::timer),
      tcp_(tcp),
      connection_(settings, tcp.memory_.blocks(), tcp.statistics_, *this,
                  Ports{tuple.local.port(), tuple.peer.port()}),
      tuple_(tuple),
      shown_peer_(shown_peer),
      route_(route),
      route_generation_(tcp.ip_.generation()) {}

TcpSocket::~TcpSocket() { tcp_.ip_.stop_waiting(waiter_); }

void* TcpSocket::operator new(std::size_t bytes) { return FramePool::allocate(bytes); }
void TcpSocket::operator delete(void* memory, std::size_t bytes) noexcept {
  FramePool::deallocate(memory, bytes);
}

Endpoint TcpSocket::shown_local() const noexcept {
  const bool mapped = shown_peer_.address().is_v4_mapped();
  return mapped ? Endpoint(tuple_.local.address().mapped(), tuple_.local.port()) : tuple_.local;
}

std::string TcpSocket::describe() const {
  return shown_local().to_string() + " to " + shown_peer_.to_string();
}

// --- how it stands on IP ---

// The pieces of a large packet must be as many as a device gathers.
Path TcpSocket::path_of(const Route& route) noexcept {
  Path path;
  path.segment_bytes_max =
      static_cast<std::uint32_t>(route.transport_bytes_max() - wire::tcp_header_bytes_min);
  const std::size_t large = route.segmented_bytes_max(ProtocolNumber::tcp);
  if (large <= wire::tcp_header_bytes_max) return path;
  const std::size_t pieces =
      std::min<std::size_t>(route.offloads.gather_pieces_max, LentBlocks::pieces_max);
  const std::size_t gathered = pieces < 2 ? large : (pieces - 1) * Block::bytes;
  path.large_bytes_max =
      static_cast<std::uint32_t>(std::min(large - wire::tcp_header_bytes_max, gathered));
  return path;
}

void TcpSocket::prepare(TimePoint now) noexcept {
  Ip& ip = tcp_.ip_;
  if (route_generation_ == ip.generation()) return;
  route_generation_ = ip.generation();
  RouteQuery query;
  query.destination = route_.destination;
  query.source = route_.source;
  if (route_.destination.is_link_local()) query.interface = route_.interface;
  std::errc error{};
  const Route route = ip.route(query, error);
  // Without one, what is sent is lost: there may be one again later.
  has_route_ = error == std::errc{};
  if (!has_route_) return;
  const Path before = path();
  route_ = route;
  if (waiter_.listed()) {
    // Perhaps for another interface.
    ip.stop_waiting(waiter_);
    connection_.transmit(now);
  }
  if (!same(path(), before)) connection_.path_changed(path(), now);
}

bool TcpSocket::send(const Connection& connection, const OutgoingSegment& segment) noexcept {
  if (!has_route_ || tcp_.send(route_, connection, segment)) return true;
  if (!waiter_.listed()) tcp_.ip_.wait_for_room(route_, waiter_);
  return false;
}

void TcpSocket::room() noexcept {
  const TimePoint now = tcp_.ticks_.now();
  prepare(now);
  connection_.transmit(now);
  settle(now);
}

// --- beginning ---

void TcpSocket::open_active(const Secrets& secrets, TimePoint now) noexcept {
  connection_.open_active(secrets, path(), now);
  settle(now);
}

void TcpSocket::open_passive(TcpListener& listener, const Secrets& secrets,
                             const wire::TcpHeader& syn, TimePoint now) noexcept {
  listener_ = &listener;
  connection_.open_passive(secrets, path(), syn, now);
  settle(now);
}

void TcpSocket::open_remembered(TcpListener& listener, const Secrets& secrets,
                                const wire::TcpHeader& syn, TimePoint now) noexcept {
  listener_ = &listener;
  connection_.open_remembered(secrets, path(), syn, now);
}

// --- what happens ---

void TcpSocket::segment(const wire::TcpHeader& header, Payload payload, TimePoint now) noexcept {
  prepare(now);
  const wire::Sequence before = connection_.unacknowledged();
  connection_.segment(header, payload, now);
  if (connection_.unacknowledged() != before && now - confirmed_at_ >= confirmation_apart) {
    confirmed_at_ = now;
    tcp_.ip_.confirm(route_);
  }
  settle(now);
}

void TcpSocket::due(TimePoint now) noexcept {
  // A listener that finishes waits for no handshake longer than this.
  const bool late = connection_.deadline() <= now;
  if (late && place_ == Place::half_open && listener_->finishing()) {
    give_up(now);
    return;
  }
  prepare(now);
  if (connection_.deadline() <= now) connection_.due(now);
  if (retry_at_ <= now) retry_at_ = never;
  settle(now);
}

void TcpSocket::failed(const ErrorReport& report, TimePoint now) noexcept {
  // Here the path's new mtu is found.
  prepare(now);
  using Kind = ErrorReport::Kind;
  std::errc why = std::errc::host_unreachable;
  if (report.kind == Kind::network_unreachable) why = std::errc::network_unreachable;
  if (report.kind == Kind::protocol_unreachable || report.kind == Kind::port_unreachable) {
    why = std::errc::connection_refused;
  }
  // RFC 5461 section 4.1: an attempt to connect ends, where TCP alone would try for minutes. Too
  // many hops may be a loop that soon is none.
  const bool hard = report.kind != Kind::time_exceeded && report.kind != Kind::header_not_taken;
  constexpr std::size_t sequence_offset = 4;
  const wire::Sequence sequence(wire::read_u32(report.header, sequence_offset));
  if (report.kind != Kind::packet_too_big) connection_.unreachable(sequence, why, hard);
  settle(now);
}

void TcpSocket::give_up(TimePoint now) noexcept {
  connection_.abort(now);
  settle(now);
}

void TcpSocket::shutdown(TimePoint now) noexcept {
  prepare(now);
  connection_.shutdown(now);
  settle(now);
}

void TcpSocket::set_keep_alive(Duration idle, TimePoint now) noexcept {
  connection_.set_keep_alive(idle, now);
  settle(now);
}

void TcpSocket::close() noexcept {
  if (closed_) return;
  closed_ = true;
  const TimePoint now = tcp_.ticks_.now();
  prepare(now);
  if (!readers_.empty()) {
    static_cast<ReadSome*>(readers_.first())->error_ = std::errc::operation_canceled;
    readers_.wake_first();
  }
  if (connecting_) {
    writers_.wake_all();
  } else if (!writers_.empty()) {
    auto& write = *static_cast<WriteAll*>(writers_.first());
    write.error_ = std::errc::operation_canceled;
    // The peer must not take a part for the whole.
    resets_ = resets_ || write.has_begun_;
    writers_.wake_first();
  }
  connection_.offer({});
  if (resets_) {
    connection_.abort(now);
  } else {
    connection_.close(now);
  }
  if (connection_.state() != State::closed) tcp_.add_orphan(*this);
  settle(now);
  tcp_.limit_orphans(now);
}

// --- what follows from it ---

void TcpSocket::settle(TimePoint now) noexcept {
  note_state();
  serve_reader(now);
  serve_writer(now);
  if (connection_.state() == State::closed) {
    tcp_.forget(*this);
  } else {
    tcp_.note_deadline(*this);
    if (place_ == Place::orphan && !connection_.owes_bytes()) tcp_.flushing_.wake_all();
  }
}

void TcpSocket::note_state() noexcept {
  const State state = connection_.state();
  if (connecting_ && state != State::syn_sent && state != State::syn_received) {
    connecting_ = false;
    was_established_ = is_synchronized(state);
    if (listener_ == nullptr) {
      writers_.wake_all();
    } else if (was_established_) {
      listener_->established(*this);
    }
  }
  if (state == State::time_wait && place_ == Place::orphan) tcp_.add_time_wait(*this);
}

void TcpSocket::serve_reader(TimePoint now) noexcept {
  if (readers_.empty()) return;
  if (static_cast<ReadSome*>(readers_.first())->try_read(now)) readers_.wake_first();
}

void TcpSocket::serve_writer(TimePoint now) noexcept {
  if (connecting_ || writers_.empty()) return;
  if (static_cast<WriteAll*>(writers_.first())->try_write(now)) writers_.wake_first();
}

TimePoint TcpSocket::deadline() const noexcept {
  return std::min(connection_.deadline(), retry_at_);
}

}  // namespace sundog::net::tcp
