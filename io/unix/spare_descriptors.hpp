// SpareDescriptors: descriptors that a process keeps for its files, so that a server whose
// connections have taken all others can still open what its clients ask for.
//
// They are kept by being open, as long as somebody has files to open (Keeper). Who opens a file and
// finds no descriptor left has one lent; listeners give those back, out of what was closed
// meanwhile, before they let anybody in again. All of it may be used from any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace sundog {

class SpareDescriptors {
 public:
  // An eighth of the limit is kept, but no fewer and no more than these.
  static constexpr std::size_t count_min = 4;
  static constexpr std::size_t count_max = 64;

  // Some are kept as long as one of these lives; the last one closes them.
  class Keeper {
   public:
    // As far as there are descriptors and memory.
    Keeper() noexcept { shared().keep(); }
    Keeper(Keeper&& other) noexcept : keeps_(std::exchange(other.keeps_, false)) {}
    Keeper& operator=(Keeper&&) = delete;
    ~Keeper() {
      if (keeps_) shared().release();
    }

   private:
    bool keeps_ = true;
  };

  // The process's own, for all of its loops.
  static SpareDescriptors& shared();
  // How many descriptors the process may have (RLIMIT_NOFILE).
  static std::size_t limit() noexcept;

  // How many are to be kept; 0 where nobody needs them.
  std::size_t wanted() const noexcept;
  // Closes one, for the caller to use. False: there is none.
  bool lend() noexcept;
  // False: not all of them are there again.
  bool refill() noexcept;

 private:
  void keep() noexcept;
  void release() noexcept;
  bool fill() noexcept;

  mutable std::mutex mutex_;
  std::size_t keeper_count_ = 0;
  std::size_t wanted_ = 0;
  std::vector<int> spare_;
};

}  // namespace sundog
