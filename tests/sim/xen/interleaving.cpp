#include "tests/sim/xen/interleaving.hpp"

#include <sys/mman.h>
#include <ucontext.h>

#include <utility>

#include "tests/sim/xen/memory_map.hpp"

namespace sundog::sim::xen {
namespace {

constinit Interleaving* instance = nullptr;

constexpr std::size_t page_bytes = MemoryMap::page_bytes;
// A trap costs some microseconds, so that few worlds have them, and those many.
constexpr std::uint64_t worlds_for_one_with_traps = 12;
constexpr PartsPerMillion trap_ppm_max = 60'000;

// The processor's flag that makes it trap after one instruction.
constexpr greg_t single_step = 0x100;

greg_t& flags_in(void* context) noexcept {
  return static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL];
}

}  // namespace

Interleaving::Interleaving(Prng& prng, std::function<void()> others)
    : prng_(prng),
      others_(std::move(others)),
      trap_ppm_(prng.below(worlds_for_one_with_traps) == 0
                    ? static_cast<PartsPerMillion>(prng.between(1, trap_ppm_max))
                    : 0) {
  instance = this;
  struct sigaction action {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = trapped;
  ::sigaction(SIGSEGV, &action, &trapped_before_);
  action.sa_sigaction = stepped;
  ::sigaction(SIGTRAP, &action, &stepped_before_);
}

Interleaving::~Interleaving() {
  protect(PROT_READ | PROT_WRITE);
  ::sigaction(SIGSEGV, &trapped_before_, nullptr);
  ::sigaction(SIGTRAP, &stepped_before_, nullptr);
  instance = nullptr;
}

void Interleaving::share(void* page) { pages_.push_back(page); }
void Interleaving::unshare(void* page) { std::erase(pages_, page); }

void Interleaving::enter_domain() noexcept { go_on(trap_ppm_ != 0 && prng_.chance(trap_ppm_)); }

void Interleaving::go_on(bool taken_away) noexcept {
  if (--pauses_ > 0 || !taken_away) return;
  taken_away_ = true;
  protect(PROT_NONE);
}

bool Interleaving::leave_domain() noexcept {
  const bool was_taken_away = pauses_++ == 0 && std::exchange(taken_away_, false);
  if (was_taken_away) protect(PROT_READ | PROT_WRITE);
  return was_taken_away;
}

void Interleaving::protect(int protection) noexcept {
  for (void* page : pages_) ::mprotect(page, page_bytes, protection);
}

bool Interleaving::is_shared(const void* address) const noexcept {
  for (const void* page : pages_) {
    const auto* const start = static_cast<const std::byte*>(page);
    if (address >= start && address < start + page_bytes) return true;
  }
  return false;
}

// The domain has touched a page that was taken away.
void Interleaving::trapped(int, siginfo_t* info, void* context) {
  Interleaving& self = *instance;
  if (!self.taken_away_ || !self.is_shared(info->si_addr)) {
    // A mistake of the program: it is done again, and then ends the process.
    ::sigaction(SIGSEGV, &self.trapped_before_, nullptr);
    return;
  }
  static_cast<void>(self.leave_domain());
  self.others_();
  --self.pauses_;
  if (self.prng_.below(16) != 0) flags_in(context) |= single_step;
}

// The access is done: the pages are taken away again.
void Interleaving::stepped(int, siginfo_t*, void* context) {
  flags_in(context) &= ~single_step;
  instance->taken_away_ = true;
  instance->protect(PROT_NONE);
}

}  // namespace sundog::sim::xen
