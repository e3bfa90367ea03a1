// Connection: one TCP connection as a machine (RFC 9293). It does no input or output and waits for
// nothing: whoever holds it tells it what happens, and when; it answers through its Output.
//
//   in:    segment()   due()   transmit()   path_changed()   unreachable()        from below
//          open_*()    write() read()       shutdown() close() abort()            from above
//   out:   Output::send(segment)    Output::changed()    deadline()
//
// Whoever holds it calls due() when deadline() has come, looks at deadline() after each call, and
// calls transmit() when there is room again after send() was refused. All functions return at once,
// throw nothing, and may call Output::send() while they run; Output::changed() comes last.
//
// The parts are files of their own: state.hpp, send_window.hpp, receive_window.hpp, reassembly.hpp,
// scoreboard.hpp, round_trip.hpp, rack.hpp, recovery.hpp, congestion.hpp, timestamps.hpp. What puts
// them together is connection_*.cpp: calls, handshake, arrival, acknowledged, transmit, timers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <variant>

#include "sundog/io/flow.hpp"
#include "sundog/io/net/tcp/byte_window.hpp"
#include "sundog/io/net/tcp/cubic.hpp"
#include "sundog/io/net/tcp/new_reno.hpp"
#include "sundog/io/net/tcp/payload.hpp"
#include "sundog/io/net/tcp/rack.hpp"
#include "sundog/io/net/tcp/reassembly.hpp"
#include "sundog/io/net/tcp/receive_window.hpp"
#include "sundog/io/net/tcp/recovery.hpp"
#include "sundog/io/net/tcp/round_trip.hpp"
#include "sundog/io/net/tcp/scoreboard.hpp"
#include "sundog/io/net/tcp/send_window.hpp"
#include "sundog/io/net/tcp/settings.hpp"
#include "sundog/io/net/tcp/state.hpp"
#include "sundog/io/net/tcp/statistics.hpp"
#include "sundog/io/net/tcp/timestamps.hpp"
#include "sundog/io/net/wire/tcp_segment.hpp"

namespace sundog::net::tcp {

class Connection;

// A segment to be sent: a header, and bytes of the send queue (Connection::copy_unacknowledged).
struct OutgoingSegment {
  wire::TcpHeader header;
  std::size_t payload_offset = 0;
  std::uint32_t payload_bytes = 0;
  // Not 0: the device is to cut it into segments with so many bytes of payload each.
  std::uint32_t segment_bytes = 0;
};

class Output {
 public:
  // False: there is no room now. The connection goes on when transmit() is called.
  virtual bool send(const Connection& connection, const OutgoingSegment& segment) noexcept = 0;
  // Something may be possible now that was not: reading, writing; or it has ended.
  virtual void changed() noexcept = 0;

 protected:
  ~Output() = default;
};

// What packets fit on the way to the peer.
struct Path {
  // Payload and options of a segment: the path's mtu less the headers of IP and TCP.
  std::uint32_t segment_bytes_max = segment_bytes_default4;
  // Payload of a packet that the device cuts; 0 where it does not.
  std::uint32_t large_bytes_max = 0;
};

// What nobody else may be able to guess.
struct Secrets {
  wire::Sequence initial;              // RFC 6528
  std::uint32_t timestamp_offset = 0;  // RFC 7323 section 5.4
};

struct Ports {
  std::uint16_t local = 0;
  std::uint16_t peer = 0;
};

class Connection {
 public:
  // All must outlive it.
  Connection(const Settings& settings, BlockPool& memory, Statistics& statistics, Output& output,
             Ports ports) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // --- beginning ---

  // Sends a SYN. The state is closed before.
  void open_active(const Secrets& secrets, const Path& path, TimePoint now) noexcept;
  // A listener has got this segment, with SYN and without ACK and RST: answers it.
  void open_passive(const Secrets& secrets, const Path& path, const wire::TcpHeader& syn,
                    TimePoint now) noexcept;
  // A peer has brought a SYN cookie back: the connection is there. `syn` is the peer's SYN as far
  // as the cookie has kept it.
  void open_remembered(const Secrets& secrets, const Path& path, const wire::TcpHeader& syn,
                       TimePoint now) noexcept;

  // --- from below ---

  void segment(const wire::TcpHeader& header, Payload payload, TimePoint now) noexcept;
  // When due() is to be called; `never` if not at all.
  TimePoint deadline() const noexcept;
  void due(TimePoint now) noexcept;
  // Sends what can be sent.
  void transmit(TimePoint now) noexcept;
  // The mtu of the path is another one.
  void path_changed(const Path& path, TimePoint now) noexcept;
  // An ICMP error about a segment with this sequence number. A hard one ends the attempt to connect
  // (RFC 9293 section 3.9.2.2); others only say why it failed, if it fails.
  void unreachable(wire::Sequence sequence, std::errc why, bool hard) noexcept;

  // --- from above ---

  // Takes as many of the bytes as there is room for, perhaps none.
  std::size_t write(Bytes bytes, TimePoint now) noexcept;
  // The same, and sends nothing: transmit() follows, once all parts of a message were taken.
  std::size_t enqueue(Bytes bytes, TimePoint now) noexcept;
  // Gives how many bytes were there, perhaps none.
  std::size_t read(MutableBytes buffer, TimePoint now) noexcept;
  // What comes next goes straight into this buffer, until take_offered(). Only while nothing is
  // readable.
  void offer(MutableBytes buffer) noexcept { offered_ = buffer, offered_bytes_ = 0; }
  std::size_t offered_bytes() const noexcept { return offered_bytes_; }
  std::size_t take_offered(TimePoint now) noexcept;
  // No more will be written: FIN after all that was.
  void shutdown(TimePoint now) noexcept;
  // Nor read. What was written is still sent; where something came that nobody has read, or comes
  // now, the peer is told by a reset (RFC 9293 section 3.6.1).
  void close(TimePoint now) noexcept;
  // Ends at once, with a reset.
  void abort(TimePoint now) noexcept;

  State state() const noexcept { return state_; }
  // Why it has ended: 0 where nothing went wrong.
  std::errc error() const noexcept { return error_; }
  bool closed_by_application() const noexcept { return closed_by_application_; }
  std::size_t readable_bytes() const noexcept { return readable_; }
  // The peer has finished and all was read.
  bool at_end() const noexcept { return fin_received_ && readable_ == 0; }
  // How many bytes write() would take, as far as there is memory.
  std::size_t writable_bytes() const noexcept;
  // Whether more may be written at all, now or later.
  bool takes_bytes() const noexcept { return may_write(state_) && !fin_wanted_; }
  // Something that was written is not acknowledged yet, or not even sent.
  bool owes_bytes() const noexcept { return queued_ != 0 || outstanding(); }
  // A time-wait that may make place for a new connection: this SYN is certainly newer than all that
  // it waits for (RFC 6191, RFC 9293 section 3.10.7.4).
  bool gives_way_to(const wire::TcpHeader& syn) const noexcept;
  // For who gives way: the sequence number from which a new one may begin (RFC 9293 section 3.4.1).
  wire::Sequence next_to_send() const noexcept { return send_next_; }

  // Of a segment that is sent: copies from its payload_offset on.
  void copy_unacknowledged(std::size_t offset, MutableBytes buffer) const noexcept {
    send_queue_.copy(offset, buffer);
  }
  // ... or shows them where they lie, at most `wanted` in one piece.
  Bytes unacknowledged_piece(std::size_t offset, std::size_t wanted) const noexcept {
    return send_queue_.piece(offset, wanted);
  }
  // ... and the block that such a piece lies in.
  Block& unacknowledged_block(std::size_t offset) const noexcept {
    return send_queue_.block_at(offset);
  }
  // Whether a segment that begins there is under way.
  bool is_under_way(wire::Sequence sequence) const noexcept {
    return send_unacknowledged_ <= sequence && sequence < send_next_;
  }
  // Up to where the peer has acknowledged.
  wire::Sequence unacknowledged() const noexcept { return send_unacknowledged_; }
  Ports ports() const noexcept { return ports_; }
  const Settings& settings() const noexcept { return settings_; }
  void set_no_delay(bool no_delay) noexcept { settings_.no_delay = no_delay; }
  // Probes a peer from which nothing has come for so long; 0: never.
  void set_keep_alive(Duration idle, TimePoint now) noexcept;
  Snapshot snapshot() const noexcept;

 private:
  using Sequence = wire::Sequence;
  struct Delivered;

  // connection_handshake.cpp
  void offer_options(wire::TcpHeader& header, TimePoint now) const noexcept;
  void agree_on(const wire::TcpHeader& syn, TimePoint now) noexcept;
  void become_established(TimePoint now) noexcept;
  void arrived_in_syn_sent(const wire::TcpHeader& header, Payload payload, TimePoint now) noexcept;
  void send_syn(TimePoint now) noexcept;
  void prepare(const Secrets& secrets, const Path& path, TimePoint now) noexcept;

  // connection_arrival.cpp
  void arrived(const wire::TcpHeader& header, Payload payload, TimePoint now) noexcept;
  bool check_timestamps(const wire::TcpHeader& header, TimePoint now) noexcept;
  bool check_acceptable(const wire::TcpHeader& header, std::size_t payload_bytes,
                        TimePoint now) noexcept;
  void arrived_reset(const wire::TcpHeader& header, TimePoint now) noexcept;
  bool check_acknowledgement(const wire::TcpHeader& header, TimePoint now) noexcept;
  void take_text(const wire::TcpHeader& header, Payload payload, TimePoint now) noexcept;
  std::size_t take_in_order(Payload payload, TimePoint now) noexcept;
  void take_out_of_order(Sequence start, Payload payload) noexcept;
  void take_fin(TimePoint now) noexcept;
  void answer(TimePoint now, bool limited) noexcept;
  void send_reset(Sequence sequence, TimePoint now) noexcept;

  // connection_acknowledged.cpp
  void acknowledged(const wire::TcpHeader& header, bool is_bare, TimePoint now) noexcept;
  void take_selective(const wire::TcpHeader& header, Delivered& delivered, TimePoint now) noexcept;
  void advance_unacknowledged(Sequence to, Delivered& delivered, TimePoint now) noexcept;
  void take_round_trip(const wire::TcpHeader& header, const Delivered& delivered,
                       TimePoint now) noexcept;
  void judge_timeout(const Delivered& delivered, bool is_duplicate) noexcept;
  void judge_tail_probe(const Delivered& delivered, bool is_duplicate, TimePoint now) noexcept;
  void losses_due(TimePoint now) noexcept;
  void find_losses(Delivered& delivered, bool is_duplicate, TimePoint now) noexcept;
  void adjust_window(const Delivered& delivered, TimePoint now) noexcept;
  void fin_acknowledged(TimePoint now) noexcept;
  bool find_lost_by_duplicates(const Delivered& delivered, bool is_duplicate) noexcept;
  void window_opened() noexcept;

  // connection_transmit.cpp
  bool send_lost(TimePoint now) noexcept;
  bool send_new(TimePoint now) noexcept;
  bool send_piece(SentPiece& piece, bool again, TimePoint now) noexcept;
  bool send_text(std::uint32_t bytes, bool with_fin, TimePoint now) noexcept;
  bool send_acknowledgement(TimePoint now) noexcept;
  bool send(const OutgoingSegment& segment) noexcept;
  wire::TcpHeader header_at(Sequence sequence, TimePoint now) noexcept;
  std::uint32_t payload_max() const noexcept;
  std::uint32_t option_bytes() const noexcept;
  std::size_t sack_blocks_to_tell() const noexcept;
  std::uint32_t pipe() const noexcept;

  // connection_timers.cpp
  void restart_retransmission(TimePoint now) noexcept;
  void schedule_tail_probe(TimePoint now) noexcept;
  void schedule_persist(TimePoint now) noexcept;
  void retransmission_due(TimePoint now) noexcept;
  void tail_probe_due(TimePoint now) noexcept;
  void persist_due(TimePoint now) noexcept;
  void keep_alive_due(TimePoint now) noexcept;
  void suspect_black_hole() noexcept;
  TimePoint user_timeout_at() const noexcept;

  // connection_calls.cpp
  void fail(std::errc why) noexcept;
  void end() noexcept;
  void begin_time_wait(TimePoint now) noexcept;
  void update_segment_bytes() noexcept;

  Congestion& congestion() noexcept {
    return std::holds_alternative<Cubic>(congestion_)
               ? static_cast<Congestion&>(*std::get_if<Cubic>(&congestion_))
               : static_cast<Congestion&>(*std::get_if<NewReno>(&congestion_));
  }
  const Congestion& congestion() const noexcept {
    return const_cast<Connection*>(this)->congestion();
  }

  // Where in the stream the send queue's first byte is: behind what was acknowledged.
  Sequence queue_start() const noexcept {
    return send_unacknowledged_ == initial_ ? initial_ + 1 : send_unacknowledged_;
  }
  // Of the queue, behind SND.NXT.
  std::uint32_t unsent_bytes() const noexcept {
    if (fin_sent_ || send_next_ == initial_) return fin_sent_ ? 0 : queued_;
    return queued_ - send_next_.since(queue_start());
  }
  bool outstanding() const noexcept { return send_unacknowledged_ != send_next_; }

  Settings settings_;
  BlockPool& memory_;
  Statistics& statistics_;
  Output& output_;
  Ports ports_;
  State state_ = State::closed;
  std::errc error_{};
  std::errc soft_error_{};
  bool active_ = false;
  bool closed_by_application_ = false;

  // Sending. SND.UNA, SND.NXT, ISS; the queue has what is not acknowledged and what is not sent.
  Sequence initial_;
  Sequence send_unacknowledged_;
  Sequence send_next_;
  SendWindow send_window_;
  ByteWindow send_queue_;
  std::uint32_t queued_ = 0;
  bool fin_wanted_ = false;
  bool fin_sent_ = false;
  Scoreboard sent_;
  RoundTrip round_trip_;
  Rack rack_;
  Recovery recovery_;
  std::variant<Cubic, NewReno> congestion_;
  std::uint32_t duplicates_ = 0;  // acknowledgements, of a peer without SACK
  bool window_limited_ = false;   // the congestion window was what kept us from sending more
  bool probing_tail_ = false;     // a tail loss probe is under way, which ends at ...
  bool tail_probe_resent_ = false;
  Sequence tail_probe_end_;
  Sequence duplicate_round_;  // D-SACKs before this count for one round trip

  // Segments: of the peer's option, of the path, and what follows.
  Path path_;
  std::uint32_t peer_segment_bytes_ = segment_bytes_default4;
  std::uint32_t black_hole_limit_ = UINT32_MAX;
  std::uint32_t segment_bytes_ = segment_bytes_default4;

  // Receiving. RCV.NXT, IRS.
  Sequence receive_initial_;
  Sequence receive_next_;
  ReceiveWindow receive_window_;
  ByteWindow receive_queue_;
  std::uint32_t readable_ = 0;
  Reassembly reassembly_;
  MutableBytes offered_;
  std::size_t offered_bytes_ = 0;
  std::optional<Sequence> fin_at_;
  bool fin_received_ = false;
  bool sack_ = false;
  bool scaling_ = false;
  Timestamps timestamps_;

  // What is owed to the peer.
  bool acknowledge_now_ = false;
  std::uint32_t unacknowledged_in_ = 0;
  std::uint32_t largest_segment_in_ = segment_bytes_default4;
  Sequence acknowledged_to_peer_;  // "Last.ACK.sent"
  std::uint32_t challenges_ = 0;
  TimePoint challenges_since_;

  // Timers: `never` where they do not run.
  TimePoint retransmit_at_ = never;
  TimePoint reorder_at_ = never;
  TimePoint tail_probe_at_ = never;
  TimePoint persist_at_ = never;
  TimePoint acknowledge_at_ = never;
  TimePoint keep_alive_at_ = never;
  TimePoint linger_at_ = never;   // time-wait, and FIN-WAIT-2 without a reader
  TimePoint waiting_since_;       // for an acknowledgement, with something to be acknowledged
  TimePoint sent_last_;           // of data
  std::uint32_t timeouts_ = 0;    // in a row: the next is so often twice as long
  std::uint32_t unanswered_ = 0;  // of these, since the peer has answered at all
  std::uint32_t probes_ = 0;      // of keep-alive, unanswered

  std::uint64_t bytes_acknowledged_ = 0;
  std::uint64_t bytes_received_ = 0;
  std::uint32_t segments_resent_ = 0;
  std::uint32_t timeouts_in_all_ = 0;
};

// The reset that answers a segment for which there is no connection; nothing where it must not be
// answered (RFC 9293 section 3.10.7.1).
std::optional<wire::TcpHeader> reset_for(const wire::TcpHeader& header,
                                         std::size_t payload_bytes) noexcept;

}  // namespace sundog::net::tcp
