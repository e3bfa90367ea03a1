// Grants on Xen, as in images: a page that dom0 still uses is never given to anybody else, however
// early its grant ends; copies and mappings of dom0's pages hold the same bytes on both sides.
#include <chrono>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <vector>

#include "sundog/io/xen/grants.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "tests/sim/xen/store_daemon.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;
namespace domain = sundog::xen;
using domain::Grant;
using xen::MemoryMap;

constexpr std::size_t page_bytes = MemoryMap::page_bytes;

// Every word of a page, from one number.
void fill(std::byte* page, std::uint64_t number) {
  for (std::size_t place = 0; place < page_bytes; place += sizeof number) {
    std::memcpy(page + place, &number, sizeof number);
  }
}
bool is_filled(const std::byte* page, std::uint64_t number) {
  for (std::size_t place = 0; place < page_bytes; place += sizeof number) {
    if (std::memcmp(page + place, &number, sizeof number) != 0) return false;
  }
  return true;
}

class GrantWorld {
 public:
  explicit GrantWorld(World& world) : world_(world), xen_(world), store_(xen_) {}

  void run() {
    xen_.run([this] { return be_a_domain(); });
    if (xen_.grants().mapped_count() != 0) world_.fail("grants: dom0 has pages mapped still");
  }

 private:
  Prng& prng() { return world_.prng(); }

  Task<void> be_a_domain() {
    const auto body = [&](Scope& tasks) -> Task<void> {
      for (std::uint64_t count = prng().between(1, 4); count > 0; --count) tasks.spawn(share());
      for (std::uint64_t count = prng().below(3); count > 0; --count) tasks.spawn(use());
      if (prng().below(8) == 0) tasks.spawn(share_all());
      co_return;
    };
    co_await scope(body);
  }

  // --- the domain's pages, in dom0's hands ------------------------------------------------------

  Task<void> share() {
    for (std::uint64_t rounds = prng().between(1, 20); rounds > 0; --rounds) {
      try {
        co_await share_one();
      } catch (const std::system_error& error) {
        if (error.code().value() != ENOSPC) throw;
      } catch (const std::bad_alloc&) {
        // share_all() has the rest.
      }
      if (prng().below(2) == 0) co_await sleep(prng().between(0ns, 1ms));
    }
  }
  Task<void> share_one() {
    const bool writable = prng().below(2) == 0;
    const std::uint64_t number = prng().next();
    domain::SharedPage page;
    if (!is_filled(page.bytes(), 0)) world_.fail("grants: a new page is not zero");
    fill(page.bytes(), number);
    const Grant grant(0, std::move(page),
                      writable ? Grant::Access::read_write : Grant::Access::read);
    tell_dom0(grant.reference(), writable, number);
    co_await sleep(prng().between(0ns, 200us));
  }

  // dom0 maps the page a little later, if it is still granted, and holds on to it for a while.
  void tell_dom0(grant_ref_t reference, bool writable, std::uint64_t number) {
    const Memory::Outside outside;
    world_.after(prng().between(0ns, 100us), [this, reference, writable, number] {
      if (!writable && xen_.grants().map(reference, true)) {
        // Somebody else's by now, and for writing; or this one's, which must not be.
        return;
      }
      const bool write = writable && prng().below(2) == 0;
      auto mapping = xen_.grants().map(reference, write);
      if (!mapping || !is_filled(mapping->bytes(), number)) return;  // granted anew, with another
      const std::uint64_t written = write ? prng().next() : number;
      if (write) fill(mapping->bytes(), written);
      const auto held = std::make_shared<xen::GrantTable::Mapping>(std::move(*mapping));
      const Duration most = world_.strikes(Fault::slow_peer) ? Duration(1s) : Duration(300us);
      world_.after(prng().between(0ns, most), [this, held, written] {
        if (!is_filled(held->bytes(), written)) {
          world_.fail("grants: a page was used for something else while dom0 had it mapped");
        }
      });
    });
  }

  // More than there is: to the end of the table, or of memory.
  Task<void> share_all() {
    std::vector<std::unique_ptr<Grant>> grants;
    try {
      for (;;) {
        grants.push_back(
            std::make_unique<Grant>(domid_t{0}, domain::SharedPage(), Grant::Access::read));
      }
    } catch (const std::system_error& error) {
      if (error.code().value() != ENOSPC) throw;
    } catch (const std::bad_alloc&) {
      if (grants.size() < MemoryMap::ram_pages / 2) world_.fail("grants: memory ended too early");
    }
    co_await sleep(prng().between(0ns, 1ms));
  }

  // --- dom0's pages, in the domain's hands ------------------------------------------------------

  Task<void> use() {
    const std::uintptr_t page = MemoryMap::foreign_start + next_foreign_++ * page_bytes;
    auto* const foreign = reinterpret_cast<std::byte*>(page);
    const bool writable = prng().below(2) == 0;
    const grant_ref_t reference = offer(page, writable);
    for (std::uint64_t rounds = prng().between(1, 10); rounds > 0; --rounds) {
      fill(foreign, prng().next());
      switch (prng().below(4)) {
        case 0:
          copy_in(reference, foreign);
          break;
        case 1:
          copy_out(reference, foreign, writable);
          break;
        case 2:
          map(reference, foreign, writable);
          break;
        default:
          ask_for_too_much(reference);
      }
      co_await sleep(prng().between(0ns, 100us));
    }
  }
  grant_ref_t offer(std::uintptr_t page, bool writable) {
    const Memory::Outside outside;
    return xen_.grants().offer(page, writable);
  }

  struct Range {
    std::size_t offset;
    std::size_t count;
  };
  Range draw_range() {
    const std::size_t offset = prng().below(page_bytes);
    return {offset, prng().between(1, page_bytes - offset)};
  }

  void copy_in(grant_ref_t reference, const std::byte* foreign) {
    const domain::SharedPage own;
    const auto [offset, count] = draw_range();
    domain::copy_from_grant(0, reference, static_cast<std::uint16_t>(offset),
                            std::span(own.bytes(), count));
    if (std::memcmp(own.bytes(), foreign + offset, count) != 0) {
      world_.fail("grants: what was copied in is not what was there");
    }
  }
  void copy_out(grant_ref_t reference, const std::byte* foreign, bool writable) {
    const domain::SharedPage own;
    fill(own.bytes(), prng().next());
    const auto [offset, count] = draw_range();
    const auto copy = [&] {
      domain::copy_to_grant(0, reference, static_cast<std::uint16_t>(offset),
                            std::span(own.bytes(), count));
    };
    if (!writable) return must_be_refused(copy);
    copy();
    if (std::memcmp(own.bytes(), foreign + offset, count) != 0) {
      world_.fail("grants: what was copied out did not arrive");
    }
  }

  void map(grant_ref_t reference, std::byte* foreign, bool writable) {
    try {
      const domain::MappedGrant mapped(0, reference,
                                       writable ? Grant::Access::read_write : Grant::Access::read);
      if (std::memcmp(mapped.bytes(), foreign, page_bytes) != 0) {
        world_.fail("grants: a mapped page shows something else");
      }
      const std::uint64_t number = prng().next();
      if (writable) fill(mapped.bytes(), number);
      if (writable && !is_filled(foreign, number)) {
        world_.fail("grants: what was written to a mapped page did not arrive");
      }
    } catch (const std::bad_alloc&) {
      // share_all() has the rest.
    } catch (const std::system_error& error) {
      const bool expected = error.code().value() == ENOMEM || error.code().value() == EFAULT;
      if (!expected || world_.faults().healed()) throw;
    }
  }

  void ask_for_too_much(grant_ref_t reference) {
    const domain::SharedPage own;
    must_be_refused([&] {  // beyond the page's end
      domain::copy_from_grant(0, reference, page_bytes - 1, std::span(own.bytes(), 2));
    });
    must_be_refused([&] {  // what nobody has granted
      domain::copy_from_grant(0, reference + 1000, 0, std::span(own.bytes(), 2));
    });
  }
  template <class Operation>
  void must_be_refused(Operation operation) {
    try {
      operation();
      world_.fail("grants: what must be refused was not");
    } catch (const std::system_error& error) {
      if (error.code().value() != EFAULT) throw;
    }
  }

  World& world_;
  xen::Hypervisor xen_;
  xen::StoreDaemon store_;
  std::size_t next_foreign_ = 0;
};

}  // namespace

void simulate_xen_grants(World& world) { GrantWorld(world).run(); }

}  // namespace sundog::sim
