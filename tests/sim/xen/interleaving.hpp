// Interleaving: lets the rest of a simulated machine run between any two accesses of the domain to
// the words that it shares, as other processors do.
//
// The domain's code is compiled as for images and knows nothing of it: now and then the shared
// pages are taken away when the domain goes on, so that its next access traps; others run; the
// pages come back, for that one access or until the hypervisor is next entered. Which accesses
// these are is drawn from the seed.
//
// The same seed gives the same world whatever the compiler made of the source, so only what the
// source decides counts. A page's words (indices, flags, bits) are volatile or atomic: each access
// to one counts, and one instruction that reads and then writes counts as the two that a compiler
// may make of it (instruction.hpp). Its data are copied in pieces of any size: of them only the
// first counts after each word, as a few. By the protocols nobody looks at data but as the words
// say, so that it does not matter amidst of which piece things happen.
#pragma once

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "sundog/io/sim/prng.hpp"

namespace sundog::sim::xen {

class Interleaving {
 public:
  // `others` runs them, before the access to the word at this address, or to the data that begin
  // there; it may touch the shared pages. One at a time in a process.
  Interleaving(Prng& prng, std::function<void(std::uintptr_t)> others);
  ~Interleaving();
  Interleaving(const Interleaving&) = delete;
  Interleaving& operator=(const Interleaving&) = delete;

  // Where a page holds data, from `start` to `end`; the rest of it is words.
  struct Data {
    std::size_t start = 0;
    std::size_t end = 0;
  };
  // A page that both sides use, and that it is no longer one.
  void share(void* page, Data data);
  void unshare(void* page);

  // Until its end the domain runs.
  class InDomain {
   public:
    explicit InDomain(Interleaving& interleaving) noexcept : interleaving_(interleaving) {
      interleaving_.enter_domain();
    }
    ~InDomain() { static_cast<void>(interleaving_.leave_domain()); }
    InDomain(const InDomain&) = delete;
    InDomain& operator=(const InDomain&) = delete;

   private:
    Interleaving& interleaving_;
  };
  // Until its end nothing traps: for all that is not the domain. For a short one (a look at the
  // clock, which a domain may do a thousand times in a row) it is not drawn anew whether anything
  // does.
  enum class Length : std::uint8_t { usual, brief };
  class Pause {
   public:
    explicit Pause(Interleaving& interleaving, Length length = Length::usual) noexcept
        : interleaving_(interleaving), length_(length), trapped_(interleaving.leave_domain()) {}
    ~Pause() {
      if (length_ == Length::brief) {
        interleaving_.go_on(trapped_);
      } else {
        interleaving_.enter_domain();
      }
    }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Interleaving& interleaving_;
    const Length length_;
    const bool trapped_;
  };

 private:
  static void trapped(int, siginfo_t* info, void* context);
  static void stepped(int, siginfo_t* info, void* context);
  void enter_domain() noexcept;
  // Whether the pages were taken away.
  bool leave_domain() noexcept;
  void go_on(bool taken_away) noexcept;
  void protect(int protection) noexcept;
  struct Page {
    std::uintptr_t start;
    Data data;
  };
  const Page* find(std::uintptr_t address) const noexcept;
  unsigned count_access(const Page& page, std::uintptr_t address, const void* instruction) noexcept;

  Prng& prng_;
  std::function<void(std::uintptr_t)> others_;
  std::vector<Page> pages_;
  // How often the pages are taken away when the domain goes on: never in some worlds.
  PartsPerMillion trap_ppm_;
  // How deep in what is not the domain.
  unsigned pauses_ = 1;
  bool taken_away_ = false;
  // The latest access since they were taken away was one to data.
  bool amidst_data_ = false;
  // The word that it was to compare and exchange; 0 if it was another access.
  std::uintptr_t exchanged_ = 0;
  struct sigaction trapped_before_ {};
  struct sigaction stepped_before_ {};
};

}  // namespace sundog::sim::xen
