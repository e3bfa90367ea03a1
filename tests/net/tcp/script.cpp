#include "tests/net/tcp/script.hpp"

#include <array>
#include <cmath>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "sundog/io/net/tcp/connection.hpp"
#include "tests/net/tcp/segment_text.hpp"

namespace sundog::test {
namespace {

using namespace net::tcp;
using net::wire::Sequence;
using net::wire::TcpHeader;

// Both wrap around soon: every script crosses that.
constexpr Sequence our_initial(0xfffffff0);
constexpr Sequence peer_initial(0xffffff00);
constexpr TimePoint beginning{std::chrono::seconds(1000)};
// The clock of timestamps shows 1000 at the beginning.
constexpr std::uint32_t timestamp_offset = std::uint32_t{1000} - 1'000'000;

struct Mismatch : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What stands at a place of either stream.
std::byte byte_at(Sequence place, Sequence initial) {
  const std::uint32_t offset = place.since(initial);
  return static_cast<std::byte>(offset * 7 + offset / 251);
}

std::vector<std::byte> bytes_at(Sequence place, std::size_t count, Sequence initial) {
  std::vector<std::byte> bytes;
  for (std::uint32_t i = 0; i < count; ++i) bytes.push_back(byte_at(place + i, initial));
  return bytes;
}

const std::map<std::string, std::errc>& errors() {
  static const std::map<std::string, std::errc> names = {
      {"none", std::errc{}},
      {"connection_refused", std::errc::connection_refused},
      {"connection_reset", std::errc::connection_reset},
      {"timed_out", std::errc::timed_out},
      {"host_unreachable", std::errc::host_unreachable},
      {"operation_canceled", std::errc::operation_canceled},
  };
  return names;
}

class Run final : public Output {
 public:
  void line(std::string text) {
    if (text.starts_with('+')) {
      const std::size_t space = text.find(' ');
      const std::string time = text.substr(1, space - 1);
      text = space == std::string::npos ? std::string() : text.substr(space + 1);
      if (const std::size_t dots = time.find(".."); dots != std::string::npos) {
        wait_for_segment(seconds(time.substr(0, dots)), seconds(time.substr(dots + 2)));
      } else {
        pass(now_ + seconds(time));
      }
    }
    std::istringstream words(text);
    std::string command;
    words >> command;
    if (command.empty()) return;
    std::string rest;
    std::getline(words >> std::ws, rest);
    if (command == ">") {
      expect(rest);
      return;
    }
    if (command != "set") nothing_more();
    const auto known = commands().find(command);
    if (known == commands().end()) throw std::invalid_argument("no such command: " + command);
    known->second(*this, rest);
  }

  // Nothing that was sent is left over.
  void nothing_more() const {
    if (!sent_.empty()) {
      throw Mismatch("nobody expected   > " + shown(sent_.front()) + at(sent_.front().time));
    }
  }

 private:
  struct Sent {
    TimePoint time;
    TcpHeader header;
    std::vector<std::byte> payload;
    std::uint32_t segment_bytes = 0;
  };
  using Command = std::function<void(Run&, const std::string&)>;

  static Duration seconds(const std::string& text) {
    return Duration(std::llround(std::stod(text) * 1e9));
  }
  static std::string at(TimePoint time) {
    std::ostringstream text;
    text << "   at " << std::chrono::duration<double>(time - beginning).count() << " s";
    return text.str();
  }
  static std::string shown(const Sent& sent) {
    return print_segment(sent.header, static_cast<std::uint32_t>(sent.payload.size()), our_initial,
                         peer_initial);
  }

  bool send(const Connection& connection, const OutgoingSegment& segment) noexcept override {
    if (!room_) return false;
    Sent sent;
    sent.time = now_;
    sent.segment_bytes = segment.segment_bytes;
    // As on the wire: what cannot be written and read back is seen here.
    std::array<std::byte, net::wire::tcp_header_bytes_max> bytes{};
    net::wire::write_tcp_header(segment.header, bytes);
    const auto parsed = net::wire::parse_tcp_header(bytes);
    sent.header = parsed ? parsed->header : TcpHeader();
    sent.payload.resize(segment.payload_bytes);
    if (!sent.payload.empty()) {
      connection.copy_unacknowledged(segment.payload_offset, sent.payload);
    }
    sent_.push_back(std::move(sent));
    return true;
  }
  void changed() noexcept override {}

  void pass(TimePoint until) {
    nothing_more();
    for (int turns = 0; connection_ && connection_->deadline() <= until; ++turns) {
      if (turns == 100'000) throw Mismatch("its timers never come to rest");
      now_ = std::max(now_, connection_->deadline());
      connection_->due(now_);
    }
    now_ = until;
  }
  void wait_for_segment(Duration least, Duration most) {
    nothing_more();
    const TimePoint from = now_;
    while (sent_.empty() && connection_->deadline() <= from + most) {
      now_ = std::max(now_, connection_->deadline());
      connection_->due(now_);
    }
    if (sent_.empty()) {
      now_ = from + most;
      throw Mismatch("nothing was sent until" + at(now_));
    }
    if (now_ < from + least) throw Mismatch("too early: " + shown(sent_.front()) + at(now_));
  }

  void expect(const std::string& text) {
    const SegmentText expected = parse_segment_text(text, our_initial, peer_initial);
    if (sent_.empty()) throw Mismatch("expected          > " + text + "\nbut nothing was sent");
    const Sent sent = std::move(sent_.front());
    sent_.pop_front();
    if (!agree(expected, sent)) {
      throw Mismatch("expected          > " + text + "\nbut there came    > " + shown(sent) +
                     at(sent.time));
    }
    if (sent.time != now_) {
      throw Mismatch("expected now" + at(now_) + "\nbut it came" + at(sent.time));
    }
    const std::size_t syn = sent.header.flags.syn ? 1 : 0;
    if (sent.payload != bytes_at(sent.header.sequence + static_cast<std::uint32_t>(syn),
                                 sent.payload.size(), our_initial)) {
      throw Mismatch("the bytes of      > " + shown(sent) + "\nare not what was written there");
    }
  }
  static bool agree(const SegmentText& expected, const Sent& sent) {
    const TcpHeader& wanted = expected.header;
    const auto flags = [](net::wire::TcpFlags flags, bool with_push) {
      flags.psh = flags.psh && with_push;
      return flags;
    };
    const auto& options = sent.header.options;
    const auto& listed = wanted.options;
    return flags(wanted.flags, true) == flags(sent.header.flags, wanted.flags.psh) &&
           wanted.sequence == sent.header.sequence &&
           expected.payload_bytes == sent.payload.size() &&
           (!expected.has_acknowledgement ||
            wanted.acknowledgement == sent.header.acknowledgement) &&
           (!expected.has_window || wanted.window == sent.header.window) &&
           (!listed.segment_bytes_max || listed.segment_bytes_max == options.segment_bytes_max) &&
           (!listed.window_scale || listed.window_scale == options.window_scale) &&
           (!listed.sack_permitted || options.sack_permitted) &&
           (!listed.timestamps || listed.timestamps == options.timestamps) &&
           (!expected.any_timestamps || options.timestamps) &&
           (!expected.no_timestamps || !options.timestamps) &&
           (!expected.no_sack || (options.sack_count == 0 && !options.sack_permitted)) &&
           (listed.sack_count == 0 ||
            (listed.sack == options.sack && listed.sack_count == options.sack_count));
  }

  Connection& connection() {
    if (!connection_) throw std::invalid_argument("there is no connection yet");
    return *connection_;
  }
  void make() {
    memory_.emplace(memory_bytes_);
    connection_.emplace(settings_, *memory_, statistics_, *this, Ports{80, 5555});
  }
  static Secrets secrets() { return {our_initial, timestamp_offset}; }

  // As it is after it was written and read.
  static TcpHeader on_the_wire(const TcpHeader& header) {
    std::array<std::byte, net::wire::tcp_header_bytes_max> bytes{};
    net::wire::write_tcp_header(header, bytes);
    const auto parsed = net::wire::parse_tcp_header(bytes);
    if (!parsed) throw std::invalid_argument("this is no segment");
    return parsed->header;
  }
  void receive(const std::string& text) {
    SegmentText segment = parse_segment_text(text, peer_initial, our_initial);
    std::vector<std::byte> bytes =
        bytes_at(segment.header.sequence + (segment.header.flags.syn ? 1u : 0u),
                 segment.payload_bytes, peer_initial);
    connection().segment(on_the_wire(segment.header), Payload(Bytes(bytes)), now_);
  }
  void listen(const std::string& text) {
    make();
    const SegmentText segment = parse_segment_text(text, peer_initial, our_initial);
    connection().open_passive(secrets(), path_, on_the_wire(segment.header), now_);
  }
  void remember(const std::string& text) {
    make();
    const SegmentText segment = parse_segment_text(text, peer_initial, our_initial);
    connection().open_remembered(secrets(), path_, on_the_wire(segment.header), now_);
  }
  // gives_way yes|no SEGMENT
  void gives_way(const std::string& text) {
    const std::size_t space = text.find(' ');
    const SegmentText syn = parse_segment_text(text.substr(space + 1), peer_initial, our_initial);
    const bool gives = connection().gives_way_to(on_the_wire(syn.header));
    same("gives way", text.starts_with("yes") ? 1 : 0, gives ? 1 : 0);
  }
  void connect() {
    make();
    connection().open_active(secrets(), path_, now_);
  }
  // established [active] [win N] [rtt S] [<OPTIONS>]: a handshake that nobody looks at.
  void establish(const std::string& text) {
    std::string options = " <mss 1460,sackok>";
    std::string rest = text;
    if (const std::size_t place = text.find('<'); place != std::string::npos) {
      options = ' ' + text.substr(place);
      rest.resize(place);
    }
    bool active = false;
    std::string window = "65535";
    std::string round_trip = "0.1";
    std::istringstream words(rest);
    for (std::string word; words >> word;) {
      if (word == "active") active = true;
      if (word == "win") words >> window;
      if (word == "rtt") words >> round_trip;
    }
    // A handshake whose own timestamps nobody needs to write.
    const std::string timestamps =
        options.find("ts ") == std::string::npos ? std::string() : options;
    if (active) {
      connect();
      sent_.clear();
      pass(now_ + seconds(round_trip));
      receive("S. 0 ack 1 win " + window + options);
    } else {
      listen("S 0 win " + window + options);
      sent_.clear();
      pass(now_ + seconds(round_trip));
      receive(". 1 ack 1 win " + window + timestamps);
    }
    sent_.clear();
    if (connection().state() != State::established) throw Mismatch("no handshake came about");
  }

  void set(const std::string& text) {
    std::istringstream words(text);
    std::string key;
    std::string value;
    words >> key >> value;
    const bool on = value == "on";
    if (key == "no_delay") {
      settings_.no_delay = on;
    } else if (key == "delayed_ack") {
      settings_.delays_acknowledgements = on;
    } else if (key == "timestamps") {
      settings_.timestamps = on;
    } else if (key == "sack") {
      settings_.selective_acknowledgements = on;
    } else if (key == "scaling") {
      settings_.window_scaling = on;
    } else if (key == "congestion" && value == "new_reno") {
      settings_.congestion_control = CongestionControl::new_reno;
    } else if (key == "user_timeout") {
      settings_.user_timeout = seconds(value);
    } else if (key == "keep_alive") {
      settings_.keep_alive = seconds(value);
    } else if (key == "keep_alive_interval") {
      settings_.keep_alive_interval = seconds(value);
    } else if (key == "keep_alive_probes") {
      settings_.keep_alive_probes = static_cast<unsigned>(std::stoul(value));
    } else if (key == "receive_buffer") {
      settings_.receive_buffer_max = static_cast<std::uint32_t>(std::stoul(value));
    } else if (key == "send_buffer") {
      settings_.send_buffer_max = static_cast<std::uint32_t>(std::stoul(value));
    } else if (key == "mss") {
      path_.segment_bytes_max = static_cast<std::uint32_t>(std::stoul(value));
    } else if (key == "memory") {
      memory_bytes_ = std::stoul(value);
    } else if (key == "gso") {
      path_.large_bytes_max = static_cast<std::uint32_t>(std::stoul(value));
    } else {
      throw std::invalid_argument("nothing can be set that is called " + text);
    }
  }

  void write(const std::string& text) {
    const std::size_t count = std::stoul(text);
    const std::size_t taken =
        connection().write(bytes_at(our_initial + 1 + written_, count, our_initial), now_);
    written_ += static_cast<std::uint32_t>(taken);
    const std::size_t equals = text.find("= ");
    const std::size_t wanted =
        equals == std::string::npos ? count : std::stoul(text.substr(equals + 2));
    same("taken of what was written", wanted, taken);
  }
  void read(const std::string& text) {
    const std::size_t count = std::stoul(text);
    std::vector<std::byte> buffer(count);
    const std::size_t got = connection().read(buffer, now_);
    check_read(buffer, got);
    const std::size_t equals = text.find("= ");
    const std::size_t wanted =
        equals == std::string::npos ? count : std::stoul(text.substr(equals + 2));
    same("bytes read", wanted, got);
  }
  void check_read(std::vector<std::byte>& buffer, std::size_t got) {
    buffer.resize(got);
    if (buffer != bytes_at(peer_initial + 1 + read_, got, peer_initial)) {
      throw Mismatch("other bytes were read than the peer has sent");
    }
    read_ += static_cast<std::uint32_t>(got);
  }

  void offer(const std::string& text) {
    offered_.assign(std::stoul(text), std::byte{});
    connection().offer(offered_);
  }
  void taken(const std::string& text) {
    const std::size_t got = connection().take_offered(now_);
    check_read(offered_, got);
    same("bytes in the buffer of who waits", std::stoul(text), got);
  }

  void unreachable(const std::string& text) {
    std::istringstream words(text);
    std::uint32_t place = 0;
    std::string kind;
    words >> place >> kind;
    connection().unreachable(
        our_initial + place,
        kind == "hard" ? std::errc::connection_refused : std::errc::host_unreachable,
        kind == "hard");
  }
  void room(const std::string& text) {
    room_ = text == "on";
    if (room_) connection().transmit(now_);
  }

  template <class Value>
  static void same(const std::string& what, Value wanted, Value is) {
    if (wanted == is) return;
    throw Mismatch(what + ": expected " + std::to_string(wanted) + ", but it is " +
                   std::to_string(is));
  }
  void state(const std::string& text) {
    const std::string is = name_of(connection().state());
    if (is != text) throw Mismatch("the state is " + is);
  }
  void error(const std::string& text) {
    if (connection().error() != errors().at(text)) {
      throw Mismatch("the error is " + std::make_error_code(connection().error()).message());
    }
  }
  void number_of(const std::string& what, const std::string& text) {
    const Snapshot shot = connection().snapshot();
    const std::map<std::string, std::uint64_t> values = {
        {"readable", connection().readable_bytes()},
        {"writable", connection().writable_bytes()},
        {"cwnd", shot.congestion_window},
        {"ssthresh", shot.slow_start_threshold},
        {"mss", shot.segment_bytes},
        {"timeouts", shot.timeouts},
        {"lost", shot.lost_bytes},
        {"sacked", shot.sacked_bytes},
        {"recoveries", statistics_.fast_recoveries},
        {"spurious", statistics_.spurious_timeouts},
        {"at_end", connection().at_end() ? 1 : 0},
    };
    same(what, std::uint64_t{std::stoull(text)}, values.at(what));
  }

  static const std::map<std::string, Command>& commands() {
    static const std::map<std::string, Command> table = {
        {"<", &Run::receive},
        {"listen", &Run::listen},
        {"remembered", &Run::remember},
        {"gives_way", &Run::gives_way},
        {"connect", [](Run& run, const std::string&) { run.connect(); }},
        {"established", &Run::establish},
        {"set", &Run::set},
        {"write", &Run::write},
        {"read", &Run::read},
        {"offer", &Run::offer},
        {"taken", &Run::taken},
        {"shutdown", [](Run& run, const std::string&) { run.connection().shutdown(run.now_); }},
        {"close", [](Run& run, const std::string&) { run.connection().close(run.now_); }},
        {"abort", [](Run& run, const std::string&) { run.connection().abort(run.now_); }},
        {"unreachable", &Run::unreachable},
        {"mtu",
         [](Run& run, const std::string& text) {
           run.path_.segment_bytes_max = static_cast<std::uint32_t>(std::stoul(text)) - 40;
           run.connection().path_changed(run.path_, run.now_);
         }},
        {"room", &Run::room},
        {"state", &Run::state},
        {"error", &Run::error},
        {"is",
         [](Run& run, const std::string& text) {
           const std::size_t space = text.find(' ');
           run.number_of(text.substr(0, space), text.substr(space + 1));
         }},
    };
    return table;
  }

  TimePoint now_ = beginning;
  std::size_t memory_bytes_ = std::size_t{16} * 1024 * 1024;
  std::optional<BlockPool> memory_;
  Statistics statistics_;
  Settings settings_ = [] {
    Settings settings;
    settings.timestamps = true;
    return settings;
  }();
  Path path_{1460, 0};
  std::optional<Connection> connection_;
  std::deque<Sent> sent_;
  std::vector<std::byte> offered_;
  std::uint32_t written_ = 0;
  std::uint32_t read_ = 0;
  bool room_ = true;
};

}  // namespace

std::vector<Scenario> scenarios_in(std::string_view file, std::string_view text) {
  std::vector<Scenario> scenarios;
  std::istringstream lines{std::string(text)};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("== ")) {
      scenarios.push_back({line.substr(3), std::string(file), number + 1, {}});
    } else if (!scenarios.empty()) {
      scenarios.back().lines.push_back(line);
    }
  }
  return scenarios;
}

std::string run_scenario(const Scenario& scenario) {
  Run run;
  std::size_t number = scenario.first_line;
  std::string before;
  try {
    for (const std::string& line : scenario.lines) {
      const std::string code = line.substr(0, line.find('#'));
      const std::size_t end = code.find_last_not_of(" \t");
      if (end != std::string::npos) run.line(code.substr(0, end + 1));
      before += "  " + line + '\n';
      ++number;
    }
    run.nothing_more();
  } catch (const std::exception& wrong) {
    return scenario.file + ':' + std::to_string(number) + ": " + scenario.name + '\n' + before +
           "* " +
           (number - scenario.first_line < scenario.lines.size()
                ? scenario.lines[number - scenario.first_line]
                : std::string("the end")) +
           '\n' + wrong.what() + '\n';
  }
  return {};
}

}  // namespace sundog::test
