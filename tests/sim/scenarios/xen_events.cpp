// Event channels and the poller on Xen, as in images: whatever moment an event comes at, whoever
// waits for what it announces is woken; sleeps are never early; a domain with nothing to do is
// blocked.
#include <chrono>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <optional>
#include <system_error>

#include "sundog/io/xen/block.hpp"
#include "sundog/io/xen/events.hpp"
#include "sundog/io/xen/grants.hpp"
#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/event_count.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "tests/sim/xen/store_daemon.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;
namespace domain = sundog::xen;

// Wake-ups for nothing look as if Xen's clock were ahead, and their effect outlasts the faults.
constexpr Duration late_max = 5ms + Duration(domain::allowance_ns_max);

// What two ends share: how much the domain has asked for, and how much dom0 has answered.
struct Counters {
  volatile std::uint64_t asked;
  volatile std::uint64_t answered;
};

// In dom0: answers what was asked, a little later.
class Answerer {
 public:
  explicit Answerer(xen::Hypervisor& xen)
      : xen_(xen), channel_(xen.channels(), [this] { serve(); }), answering_(xen.world()) {}

  xen::Channel& channel() noexcept { return channel_; }
  void use(grant_ref_t reference) {
    page_.emplace(*xen_.grants().map(reference, true));
    xen_.interleaving().share(page_->bytes(), {});
  }
  void stop() {
    answering_.cancel();
    channel_.close();
    if (page_) xen_.interleaving().unshare(page_->bytes());
    page_.reset();
  }

 private:
  Counters& counters() { return *reinterpret_cast<Counters*>(page_->bytes()); }
  void serve() {
    if (!page_ || counters().answered == counters().asked) return;
    answering_.arm(xen_.world().prng().between(0ns, 30us), [this] {
      // Of several, not always all at once; the last one is never forgotten.
      const std::uint64_t due = counters().asked - counters().answered;
      counters().answered = counters().answered + xen_.world().prng().between(1, due);
      channel_.notify();
      serve();
    });
  }

  xen::Hypervisor& xen_;
  xen::Channel channel_;
  xen::Later answering_;
  std::optional<xen::GrantTable::Mapping> page_;
};

class EventWorld {
 public:
  explicit EventWorld(World& world) : world_(world), xen_(world), store_(xen_) {}

  void run() {
    xen_.run([this] { return be_a_domain(); });
  }

 private:
  Prng& prng() { return world_.prng(); }

  Task<void> be_a_domain() {
    const auto body = [&](Scope& tasks) -> Task<void> {
      for (std::uint64_t count = prng().between(1, 5); count > 0; --count) tasks.spawn(ask());
      for (std::uint64_t count = prng().below(4); count > 0; --count) tasks.spawn(doze());
      if (prng().below(2) == 0) tasks.spawn(be_debugged());
      co_return;
    };
    co_await scope(body);
    co_await be_idle();
  }

  // Binds, asks, closes, and does it again, so that ports are used by others later on.
  Task<void> ask() {
    for (std::uint64_t rounds = prng().between(1, 6); rounds > 0; --rounds) {
      try {
        co_await ask_one();
      } catch (const std::system_error& error) {
        if (error.code().value() != ENOMEM && error.code().value() != ENOSPC) throw;
      }
      co_await sleep(prng().between(0ns, 3ms));
    }
  }

  struct Stop {
    xen::Hypervisor& xen;
    Answerer& answerer;
    ~Stop() {
      const xen::Hypervisor::InDom0 in_dom0(xen);
      answerer.stop();
    }
  };
  struct Port {
    domain::Port number;
    ~Port() { domain::close_port(number); }
  };

  domain::Port offer(Answerer& answerer) {
    const xen::Hypervisor::InDom0 in_dom0(xen_);
    return answerer.channel().offer();
  }
  domain::Port bind(Answerer& answerer, domain::EventHandler handler) {
    if (prng().below(2) == 0) {
      return domain::bind_interdomain(0, offer(answerer), handler);
    }
    const domain::Port port = domain::allocate_unbound(0, handler);
    const xen::Hypervisor::InDom0 in_dom0(xen_);
    if (!answerer.channel().bind(port)) world_.fail("events: a port is not where it should be");
    return port;
  }

  Task<void> ask_one() {
    Answerer& answerer = add_answerer();
    const Stop stop{xen_, answerer};
    const std::unique_ptr<domain::Grant> grant = make_grant();
    auto& counters = *new (grant->bytes()) Counters{0, 0};
    {
      const xen::Hypervisor::InDom0 in_dom0(xen_);
      answerer.use(grant->reference());
    }
    domain::EventCount answers("an answer");
    const Port port{
        bind(answerer,
             {[](void* count) { static_cast<domain::EventCount*>(count)->advance(); }, &answers})};
    for (std::uint64_t questions = prng().between(1, 30); questions > 0; --questions) {
      counters.asked = counters.asked + prng().between(1, 3);
      domain::send_event(port.number);
      if (prng().below(4) == 0) co_await be_deaf(port.number);
      if (prng().below(3) == 0) continue;
      co_await try_timeout(answered(counters, answers), prng().between(0ns, 200us));
    }
    co_await answered(counters, answers);
  }
  Answerer& add_answerer() {
    const xen::Hypervisor::InDom0 in_dom0(xen_);
    return answerers_.emplace_back(xen_);
  }
  std::unique_ptr<domain::Grant> make_grant() {
    return std::make_unique<domain::Grant>(domid_t{0}, domain::SharedPage(),
                                           domain::Grant::Access::read_write);
  }

  Task<void> answered(const Counters& counters, domain::EventCount& answers) {
    for (;;) {
      const std::uint64_t seen = answers.count();
      if (counters.answered == counters.asked) co_return;
      co_await answers.after(seen);
    }
  }
  Task<void> be_deaf(domain::Port port) {
    const Unmask at_the_end{port};
    domain::mask_port(port);
    co_await sleep(prng().between(0ns, 100us));
  }
  struct Unmask {
    domain::Port port;
    ~Unmask() { domain::unmask_port(port); }
  };

  Task<void> doze() {
    for (std::uint64_t rounds = prng().between(1, 10); rounds > 0; --rounds) {
      const Duration asked = prng().between(0ns, Duration(1s) / (1 << prng().below(20)));
      const bool calm = world_.faults().healed();
      const TimePoint before = now();
      co_await sleep(asked);
      const Duration slept = now() - before;
      if (slept < asked) world_.fail("events: a sleep was too short");
      if (calm && slept > asked + late_max) world_.fail("events: a sleep was too long");
    }
  }

  // Xen's own events: the last one is seen, whatever came before.
  Task<void> be_debugged() {
    domain::EventCount interrupts("a virtual interrupt");
    const Port port{domain::bind_virtual_interrupt(
        VIRQ_DEBUG,
        {[](void* count) { static_cast<domain::EventCount*>(count)->advance(); }, &interrupts})};
    for (std::uint64_t rounds = prng().between(1, 10); rounds > 0; --rounds) {
      const std::uint64_t seen = interrupts.count();
      {
        const Memory::Outside outside;
        world_.after(prng().between(0ns, 1ms),
                     [this] { xen_.channels().raise_virtual_interrupt(VIRQ_DEBUG); });
      }
      co_await interrupts.after(seen);
    }
    co_await sleep(1ms);  // for those that are still to come
  }

  // With nothing to do there is nothing done, once the world is calm.
  Task<void> be_idle() {
    while (!world_.faults().healed()) co_await sleep(1s);
    co_await sleep(10s);
    constexpr std::uint64_t few = 4;
    const std::uint64_t before = domain::hypercall_count();
    co_await sleep(100s);
    if (domain::hypercall_count() > before + few) world_.fail("events: an idle domain is busy");
  }

  World& world_;
  xen::Hypervisor xen_;
  xen::StoreDaemon store_;
  std::deque<Answerer> answerers_;
};

}  // namespace

void simulate_xen_events(World& world) { EventWorld(world).run(); }

}  // namespace sundog::sim
