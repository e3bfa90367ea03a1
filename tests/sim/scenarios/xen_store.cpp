// Xenstore's client on Xen, as in images, against a daemon that is slow, answers out of turn,
// refuses and breaks the protocol. Each user knows what its part of the tree may hold; counters
// that several change in transactions come out right; a watch never misses the last change.
#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "sundog/io/xen/store/store.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "tests/sim/xen/store_daemon.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;
using sundog::xen::Store;
using sundog::xen::StoreBroken;
using sundog::xen::StoreTransaction;
using sundog::xen::StoreWatch;
using xen::Hypervisor;
using xen::StoreDaemon;

// No value: there is no such node.
using Value = std::optional<std::string>;

class StoreWorld {
 public:
  explicit StoreWorld(World& world) : world_(world), xen_(world), daemon_(xen_) {
    daemon_.may_be_hostile();
    changes_ = world.prng().between(0, 20);
  }

  void run() {
    change_something();
    try {
      xen_.run([this] { return be_a_domain(); });
    } catch (const StoreBroken&) {
      if (!daemon_.breaks()) world_.fail("store: it counts as broken, and is not");
    }
    if (daemon_.breaks()) return;
    const std::uint64_t count = std::stoull("0" + daemon_.read(home("counter")));
    if (count < counted_ || count > counted_ + perhaps_counted_) {
      world_.fail("store: the counter is " + std::to_string(count) + " and not " +
                  std::to_string(counted_));
    }
  }

 private:
  static std::string home(const std::string& name) {
    return std::string(StoreDaemon::home) + "/data/" + name;
  }
  Prng& prng() { return world_.prng(); }

  // --- what dom0 does -------------------------------------------------------------------------

  // Writes numbers for the domain to watch, and counts as the domain does.
  void change_something() {
    if (changes_made_ == changes_) return;
    ++changes_made_;
    // Sometimes more than a watch keeps apart.
    const std::uint64_t others = prng().below(16) == 0 ? prng().below(600) : prng().below(3);
    for (std::uint64_t other = 0; other < others; ++other) {
      daemon_.write(home("watched/" + std::to_string(other)), "");
    }
    daemon_.write(home("watched/number"), std::to_string(changes_made_));
    if (prng().below(2) == 0) {
      daemon_.write(home("counter"),
                    std::to_string(std::stoull("0" + daemon_.read(home("counter"))) + 1));
      ++counted_;
    }
    world_.after(prng().between(0ns, prng().below(4) == 0 ? 1s : Duration(1ms)),
                 [this] { change_something(); });
  }

  // --- what the domain does -------------------------------------------------------------------

  Task<void> be_a_domain() {
    const auto body = [&](Scope& tasks) -> Task<void> {
      for (std::uint64_t user = prng().between(1, 4); user > 0; --user) {
        tasks.spawn(use("data/user" + std::to_string(user)));
      }
      for (std::uint64_t user = prng().below(4); user > 0; --user) tasks.spawn(count());
      for (std::uint64_t user = prng().below(3); user > 0; --user) tasks.spawn(watch());
      co_return;
    };
    co_await scope(body);
    // What was begun for those who gave up is given back; the lifecycle keeps its watch.
    while (!daemon_.breaks() && daemon_.open_count() > 1) co_await sleep(1s);
  }

  // Values that a node may have; reading it says which.
  void check(const std::string& path, std::set<Value>& possible, const Value& found) {
    if (!possible.contains(found)) {
      world_.fail("store: " + path + " holds what nobody wrote, or not what was written");
    }
    possible = {found};
  }

  Task<Value> read(const std::string& path) {
    try {
      co_return co_await Store::instance().read(path);
    } catch (const std::system_error& error) {
      if (error.code().value() != ENOENT) throw;
    }
    co_return std::nullopt;
  }

  Task<void> remove(const std::string& path) {
    try {
      co_await Store::instance().remove(path);
    } catch (const std::system_error& error) {
      if (error.code().value() != ENOENT) throw;  // the folder is not there yet
    }
  }

  Task<void> use(std::string folder) {
    std::map<std::string, std::set<Value>> model;
    for (std::uint64_t steps = prng().between(1, 30); steps > 0; --steps) {
      const std::string path = folder + "/" + std::to_string(prng().below(4));
      std::set<Value>& possible = model.try_emplace(path, std::set<Value>{Value()}).first->second;
      const Duration patience = prng().below(4) == 0 ? prng().between(0ns, Duration(2ms)) : 1h;
      try {
        std::set<Value> writing;
        const auto done = co_await try_timeout(step(path, possible, writing), patience);
        // Cancelled or not, it may have been done.
        if (!done) possible.insert(writing.begin(), writing.end());
      } catch (const std::system_error& error) {
        expect_refusal(error);
      } catch (const std::length_error&) {  // too long for the protocol: nothing was sent
      }
    }
    for (auto& [path, possible] : model) co_await until_read(path, possible);
  }
  static void expect_refusal(const std::system_error& error) {
    const int code = error.code().value();
    const bool refusal = code == EIO || code == ENOMEM || code == EBUSY || code == EINVAL ||
                         code == ENOSPC || code == E2BIG;
    if (!refusal) throw;
  }

  // `writing`: what the node may hold in the end if this is given up.
  Task<bool> step(const std::string& path, std::set<Value>& possible, std::set<Value>& writing) {
    switch (prng().below(6)) {
      case 0: {
        const std::string value = draw_value();
        writing = {value};
        co_await Store::instance().write(path, value);
        possible = {value};
        break;
      }
      case 1:
        writing = {std::nullopt};
        co_await remove(path);
        possible = {std::nullopt};
        break;
      case 2:
        co_await check_list(path, possible);
        break;
      case 3:
        co_await ask_for_what_is_not_allowed();
        break;
      default: {
        const Value found = co_await read(path);
        check(path, possible, found);
      }
    }
    co_return true;
  }
  std::string draw_value() {
    const std::uint64_t bytes = prng().below(std::uint64_t{4} << prng().below(12));
    return std::string(bytes, static_cast<char>('a' + prng().below(26)));
  }

  // The folder names the path if, and only if, there is something.
  Task<void> check_list(const std::string& path, const std::set<Value>& possible) {
    const std::size_t slash = path.rfind('/');
    std::vector<std::string> names;
    try {
      names = co_await Store::instance().list(path.substr(0, slash));
    } catch (const std::system_error& error) {
      if (error.code().value() != ENOENT) throw;
    }
    const bool named = std::find(names.begin(), names.end(), path.substr(slash + 1)) != names.end();
    const bool may_be_missing = possible.contains(std::nullopt);
    const bool may_be_there = possible.size() > (may_be_missing ? 1 : 0);
    if (named ? !may_be_there : !may_be_missing) world_.fail("store: a folder lists wrong names");
  }

  Task<void> ask_for_what_is_not_allowed() {
    try {
      co_await Store::instance().write("/local/domain/0/mine", "no");
      world_.fail("store: what must be refused was not");
    } catch (const std::system_error& error) {
      if (error.code().value() != EACCES) expect_refusal(error);
    }
  }

  Task<void> until_read(const std::string& path, std::set<Value>& possible) {
    for (;;) {
      try {
        const Value found = co_await read(path);
        check(path, possible, found);
        co_return;
      } catch (const std::system_error& error) {
        expect_refusal(error);
      }
      co_await sleep(10ms);
    }
  }

  Task<bool> add_one() {
    const auto body = [](StoreTransaction& transaction) -> Task<void> {
      std::string before = "0";
      try {
        before = co_await transaction.read("data/counter");
      } catch (const std::system_error& error) {
        if (error.code().value() != ENOENT) throw;
      }
      co_await transaction.write("data/counter", std::to_string(std::stoull(before) + 1));
    };
    co_await Store::instance().transact(body);
    co_return true;
  }
  Task<void> count() {
    for (std::uint64_t rounds = prng().between(1, 8); rounds > 0; --rounds) {
      const Duration patience = prng().below(4) == 0 ? prng().between(0ns, Duration(5ms)) : 1h;
      ++perhaps_counted_;
      try {
        const auto done = co_await try_timeout(add_one(), patience);
        if (!done) continue;
        ++counted_;
        --perhaps_counted_;
      } catch (const std::system_error& error) {
        expect_refusal(error);
        --perhaps_counted_;
      }
    }
  }

  // Until the last number has been seen.
  Task<void> watch() {
    for (;;) {
      try {
        StoreWatch watch("data/watched");
        Value number;
        while (number.value_or("0") != std::to_string(changes_)) {
          co_await watch.next();
          if (prng().below(4) == 0) co_await sleep(prng().between(0ns, 100ms));
          number = co_await read("data/watched/number");
        }
        co_return;
      } catch (const std::system_error& error) {
        expect_refusal(error);
      }
      co_await sleep(10ms);
    }
  }

  World& world_;
  Hypervisor xen_;
  StoreDaemon daemon_;
  std::uint64_t changes_;
  std::uint64_t changes_made_ = 0;
  std::uint64_t counted_ = 0;
  std::uint64_t perhaps_counted_ = 0;
};

}  // namespace

void simulate_xen_store(World& world) { StoreWorld(world).run(); }

}  // namespace sundog::sim
