// SpareDescriptors: descriptors that the process keeps for its files, so that a server whose
// connections have taken all others can still open what its clients ask for.
//
// They are kept by being open. Who opens a file and finds none left has one lent; listeners give
// those back, out of what was closed meanwhile, before they let anybody in again. All of it may be
// used from any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace sundog {

class SpareDescriptors {
 public:
  // An eighth of the limit is kept, but no fewer and no more than these.
  static constexpr std::size_t count_min = 4;
  static constexpr std::size_t count_max = 64;

  // The process's own, for all of its loops.
  static SpareDescriptors& shared();
  // How many descriptors the process may have (RLIMIT_NOFILE).
  static std::size_t limit() noexcept;

  // From now on some are kept, as far as there are.
  void keep() noexcept;
  // How many are to be kept; 0 before keep().
  std::size_t wanted() const noexcept;
  // Closes one, for the caller to use. False: there is none.
  bool lend() noexcept;
  // False: not all of them are there again.
  bool refill() noexcept;

 private:
  mutable std::mutex mutex_;
  std::size_t wanted_ = 0;
  std::vector<int> spare_;
};

}  // namespace sundog
