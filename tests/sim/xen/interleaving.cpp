#include "tests/sim/xen/interleaving.hpp"

#include <sys/mman.h>
#include <ucontext.h>

#include <utility>

#include "tests/sim/xen/instruction.hpp"
#include "tests/sim/xen/memory_map.hpp"

namespace sundog::sim::xen {
namespace {

constinit Interleaving* instance = nullptr;

constexpr std::size_t page_bytes = MemoryMap::page_bytes;
// A trap costs some microseconds, so that few worlds have them, and those many.
constexpr std::uint64_t worlds_for_one_with_traps = 8;
constexpr PartsPerMillion trap_ppm_max = 60'000;
constexpr std::uint64_t copy_count_max = 8;

// The processor's flag that makes it trap after one instruction.
constexpr greg_t single_step = 0x100;

greg_t& register_in(void* context, int number) noexcept {
  return static_cast<ucontext_t*>(context)->uc_mcontext.gregs[number];
}

}  // namespace

Interleaving::Interleaving(Prng& prng, std::function<void(std::uintptr_t)> others)
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

void Interleaving::share(void* page, Data data) {
  pages_.push_back({reinterpret_cast<std::uintptr_t>(page), data});
}
void Interleaving::unshare(void* page) {
  std::erase_if(pages_, [page](const Page& each) {
    return each.start == reinterpret_cast<std::uintptr_t>(page);
  });
}

void Interleaving::enter_domain() noexcept { go_on(trap_ppm_ != 0 && prng_.chance(trap_ppm_)); }

void Interleaving::go_on(bool taken_away) noexcept {
  if (--pauses_ > 0 || !taken_away) return;
  taken_away_ = true;
  amidst_data_ = false;
  exchanged_ = 0;
  protect(PROT_NONE);
}

bool Interleaving::leave_domain() noexcept {
  const bool was_taken_away = pauses_++ == 0 && std::exchange(taken_away_, false);
  if (was_taken_away) protect(PROT_READ | PROT_WRITE);
  return was_taken_away;
}

void Interleaving::protect(int protection) noexcept {
  for (const Page& page : pages_) {
    ::mprotect(reinterpret_cast<void*>(page.start), page_bytes, protection);
  }
}

const Interleaving::Page* Interleaving::find(std::uintptr_t address) const noexcept {
  for (const Page& page : pages_) {
    if (address - page.start < page_bytes) return &page;
  }
  return nullptr;
}

// As how many accesses this one counts.
unsigned Interleaving::count_access(const Page& page, std::uintptr_t address,
                                    const void* instruction) noexcept {
  const std::uintptr_t offset = address - page.start;
  const bool is_data = offset >= page.data.start && offset < page.data.end;
  const bool was_amidst_data = std::exchange(amidst_data_, is_data);
  const Effect effect = is_data ? Effect::one_access : effect_of(instruction);
  const std::uintptr_t exchanged =
      std::exchange(exchanged_, effect == Effect::compare_exchange ? address : 0);
  // While much is copied, much happens.
  if (is_data) return was_amidst_data ? 0 : static_cast<unsigned>(prng_.between(1, copy_count_max));
  // One that is tried again is no other access: `lock or` tries but once.
  if (effect == Effect::compare_exchange) return exchanged == address ? 0 : 1;
  return effect == Effect::read_then_write ? 2 : 1;
}

// The domain has touched a page that was taken away.
void Interleaving::trapped(int, siginfo_t* info, void* context) {
  Interleaving& self = *instance;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const Page* const page = self.taken_away_ ? self.find(address) : nullptr;
  if (page == nullptr) {
    // A mistake of the program: it is done again, and then ends the process.
    ::sigaction(SIGSEGV, &self.trapped_before_, nullptr);
    return;
  }
  static_cast<void>(self.leave_domain());
  const void* const instruction = reinterpret_cast<const void*>(register_in(context, REG_RIP));
  unsigned count = self.count_access(*page, address, instruction);
  // Data are copied from their first byte on or from their last.
  const std::uintptr_t place = self.amidst_data_ ? page->start + page->data.start : address;
  bool once = true;  // and the pages are taken away again
  for (; count > 0 && once; --count) {
    self.others_(place);
    once = self.prng_.below(16) != 0;
  }
  --self.pauses_;
  if (once) register_in(context, REG_EFL) |= single_step;
}

// The access is done: the pages are taken away again.
void Interleaving::stepped(int, siginfo_t*, void* context) {
  register_in(context, REG_EFL) &= ~single_step;
  instance->taken_away_ = true;
  instance->protect(PROT_NONE);
}

}  // namespace sundog::sim::xen
