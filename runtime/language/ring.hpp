// Ring: a first-in, first-out queue in one array, which grows and is reused.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace sundog {

template <class T>
class Ring {
 public:
  Ring() noexcept = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }

  // Adds at the end. Throws std::bad_alloc and changes nothing then.
  void push(T&& value) {
    if (count_ == slots_.size()) grow();
    slots_[(first_ + count_) & (slots_.size() - 1)].emplace(std::move(value));
    ++count_;
  }
  // Takes from the front; there must be something.
  T pop() {
    std::optional<T>& slot = slots_[first_];
    T value = std::move(*slot);
    slot.reset();
    first_ = (first_ + 1) & (slots_.size() - 1);
    --count_;
    return value;
  }

 private:
  static constexpr std::size_t first_capacity = 4;  // a power of two, as all of them

  void grow() {
    std::vector<std::optional<T>> larger(slots_.empty() ? first_capacity : 2 * slots_.size());
    for (std::size_t i = 0; i < count_; ++i) {
      larger[i] = std::move(slots_[(first_ + i) & (slots_.size() - 1)]);
    }
    slots_ = std::move(larger);
    first_ = 0;
  }

  std::vector<std::optional<T>> slots_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace sundog
