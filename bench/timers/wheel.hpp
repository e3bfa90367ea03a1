// Wheel: a hierarchical timing wheel (Varghese and Lauck, "Hashed and hierarchical timing wheels",
// 1987) of eleven levels of 64 slots, exact to the nanosecond. A timer lies on the level of the
// highest six-bit digit in which its deadline differs from `now_ns_`, the time the wheel has been
// turned to, in the slot of that digit: a radix heap of base 64. Inserting and cancelling are a few
// instructions and need no memory; the earliest is found by one bit scan, and a slot that holds
// several is spread over the levels below when its time has come, so that each timer moves at most
// once a level.
//
// Equal deadlines leave in the order they came, with no sequence number: a timer's level and slot
// depend on the digits above only, which change for all of a slot's timers together, so that equal
// deadlines always share a list, and lists are first in, first out.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sundog::bench {

class Wheel {
  struct Link {
    Link* next = this;
    Link* previous = this;
    bool alone() const { return next == this; }
    void append(Link& link) {
      link.next = this;
      link.previous = previous;
      previous->next = &link;
      previous = &link;
    }
    void unlink() {
      next->previous = previous;
      previous->next = next;
    }
  };

 public:
  struct Timer : Link {
    std::uint64_t deadline_ns = 0;
  };

  // A deadline before the last one popped counts as that one: it is due at once.
  void insert(Timer& timer, std::uint64_t deadline_ns) {
    timer.deadline_ns = deadline_ns < now_ns_ ? now_ns_ : deadline_ns;
    place(timer);
  }

  void cancel(Timer& timer) {
    timer.unlink();
    // Only the last one of a slot has the same neighbour on both sides: the slot itself.
    if (timer.next == timer.previous && timer.next->alone()) clear(timer.next);
  }

  // The earliest timer, taken out; nullptr when there is none.
  Timer* pop(std::uint64_t& deadline_ns) {
    while (levels_used_ != 0) {
      const auto level = static_cast<unsigned>(std::countr_zero(levels_used_));
      const auto digit = static_cast<unsigned>(std::countr_zero(slots_used_[level]));
      Link& slot = slots_[level * slot_count + digit];
      auto* const first = static_cast<Timer*>(slot.next);
      if (first->next == &slot || level == 0) {
        first->unlink();
        if (slot.alone()) clear(&slot);
        now_ns_ = deadline_ns = first->deadline_ns;
        return first;
      }
      cascade(slot, level, digit);
    }
    return nullptr;
  }

 private:
  static constexpr unsigned digit_bits = 6;
  static constexpr unsigned slot_count = 1U << digit_bits;
  static constexpr unsigned level_count = 11;  // 66 bits

  void place(Timer& timer) {
    const std::uint64_t difference = timer.deadline_ns ^ now_ns_;
    const auto highest_bit = static_cast<unsigned>(std::bit_width(difference | 1)) - 1;
    const unsigned level = highest_bit / digit_bits;
    const auto digit =
        static_cast<unsigned>(timer.deadline_ns >> (level * digit_bits)) % slot_count;
    slots_[level * slot_count + digit].append(timer);
    slots_used_[level] |= std::uint64_t{1} << digit;
    levels_used_ |= 1U << level;
  }

  void clear(const Link* slot) {
    const auto index = static_cast<std::size_t>(slot - slots_.data());
    const std::size_t level = index / slot_count;
    slots_used_[level] &= ~(std::uint64_t{1} << index % slot_count);
    if (slots_used_[level] == 0) levels_used_ &= ~(1U << level);
  }

  // Turns the wheel to the slot's first nanosecond and spreads its timers over the levels below.
  void cascade(Link& slot, unsigned level, unsigned digit) {
    const unsigned shift = level * digit_bits;
    const std::uint64_t above = shift + digit_bits >= 64 ? 0 : now_ns_ >> (shift + digit_bits);
    now_ns_ = (above << digit_bits | digit) << shift;
    clear(&slot);
    Link* link = slot.next;
    slot.next = slot.previous = &slot;
    while (link != &slot) {
      Link* const next = link->next;
      place(static_cast<Timer&>(*link));
      link = next;
    }
  }

  std::array<Link, std::size_t{level_count} * slot_count> slots_;
  std::array<std::uint64_t, level_count> slots_used_{};
  std::uint32_t levels_used_ = 0;
  std::uint64_t now_ns_ = 0;
};

}  // namespace sundog::bench
