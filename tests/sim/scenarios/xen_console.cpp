// The console on Xen, as in images, against a daemon that reads slowly, is restarted and writes
// nonsense into the indices: what comes out is what was written, but for what is told as dropped;
// what is typed comes in whole.
#include <array>
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>

#include "sundog/io/xen/devices/console.hpp"
#include "sundog/io/xen/devices/console_input.hpp"
#include "sundog/runtime/join.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "tests/sim/xen/console_daemon.hpp"
#include "tests/sim/xen/store_daemon.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;

// Longer than the daemon takes for anything.
constexpr Duration daemon_absent_max = 15s;
constexpr std::string_view report_start = "\r\n[";
constexpr std::string_view report_end =
    " bytes of output dropped: the console is slower than the program]\r\n";

class ConsoleWorld {
 public:
  explicit ConsoleWorld(World& world) : world_(world), xen_(world), store_(xen_), daemon_(xen_) {
    daemon_.may_be_hostile();
  }

  void run() {
    const std::uint64_t typed = prng().below(std::uint64_t{1} << prng().below(13));
    for (std::uint64_t i = 0; i < typed; ++i) to_type_ += letter();
    xen_.run([this] { return be_a_domain(); });
    check_output();
  }

 private:
  Prng& prng() { return world_.prng(); }
  char letter() { return static_cast<char>('a' + prng().below(26)); }

  Task<void> be_a_domain() {
    co_await join(write(), read());
    while (!world_.faults().healed()) co_await sleep(1s);
    co_await sleep(daemon_absent_max);
    sundog::xen::drain_console();
  }

  Task<void> write() {
    for (std::uint64_t lines = prng().below(60); lines > 0; --lines) {
      std::string line(prng().below(std::uint64_t{1} << prng().below(14)), ' ');
      for (char& byte : line) byte = letter();
      sundog::xen::append_console(line);
      sundog::xen::write_console("\n");
      expected_ += line + "\r\n";
      if (prng().below(3) == 0) co_await sleep(prng().between(0ns, 100ms));
    }
  }

  Task<void> read() {
    sundog::xen::ConsoleInput input;
    std::string read;
    std::array<char, 100> buffer;
    std::size_t typed = 0;
    while (read.size() < to_type_.size()) {
      if (typed < to_type_.size() && prng().below(2) == 0) {
        const std::size_t count = prng().between(1, to_type_.size() - typed);
        type(std::string_view(to_type_).substr(typed, count));
        typed += count;
      }
      if (read.size() == typed) continue;
      const std::size_t count =
          co_await input.read(std::span(buffer).first(prng().between(1, buffer.size())));
      read.append(buffer.data(), count);
    }
    if (read != to_type_) world_.fail("console: what was read is not what was typed");
  }

  void type(std::string_view text) {
    const xen::Hypervisor::InDom0 in_dom0(xen_);
    daemon_.type(text);
  }

  // All of it, or what is left of it when the bytes that were reported as dropped are taken out.
  void check_output() {
    std::string output = daemon_.output();
    std::size_t dropped = 0;
    std::size_t end = 0;
    while ((end = output.find(report_end)) != std::string::npos) {
      const std::size_t start = output.rfind(report_start, end);
      std::size_t count = 0;
      std::from_chars(output.data() + start + report_start.size(), output.data() + end, count);
      dropped += count;
      output.erase(start, end + report_end.size() - start);
    }
    std::size_t place = 0;
    for (const char byte : expected_) {
      if (place < output.size() && output[place] == byte) ++place;
    }
    if (place != output.size()) return world_.fail("console: what came out was never written");
    if (output.size() + dropped != expected_.size()) {
      world_.fail("console: " + std::to_string(expected_.size() - output.size()) +
                  " bytes are missing, and " + std::to_string(dropped) + " were told of");
    }
  }

  World& world_;
  xen::Hypervisor xen_;
  xen::StoreDaemon store_;
  xen::ConsoleDaemon daemon_;
  std::string to_type_;
  std::string expected_;
};

}  // namespace

void simulate_xen_console(World& world) { ConsoleWorld(world).run(); }

}  // namespace sundog::sim
