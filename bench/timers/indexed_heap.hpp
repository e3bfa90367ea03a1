// IndexedHeap: a d-ary heap in one array whose entries know their place in it, so that any timer
// can be cancelled in O(log n). The deadline is copied into the array (16 bytes a slot): comparing
// touches no timer, only a move does (it writes the index back). The array is placed so that the
// children of a node share cache lines: four of them fill one exactly (LaMarca and Ladner, "The
// Influence of Caches on the Performance of Heaps", 1996). Equal deadlines leave in the order they
// came: the sequence number is read on a tie only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace sundog::bench {

template <std::size_t Arity>
class IndexedHeap {
 public:
  struct Timer {
    std::uint64_t sequence = 0;
    std::size_t index = 0;
  };

  void insert(Timer& timer, std::uint64_t deadline_ns) {
    timer.sequence = next_sequence_++;
    if (slots_.size() < root) slots_.resize(root);
    slots_.push_back({});
    sift_up(slots_.size() - 1, {deadline_ns, &timer});
  }

  void cancel(Timer& timer) {
    const std::size_t hole = timer.index;
    const Slot last = slots_.back();
    slots_.pop_back();
    if (hole == slots_.size()) return;
    if (hole > root && last < slots_[parent(hole)]) {
      sift_up(hole, last);
    } else {
      sift_down(hole, last);
    }
  }

  // The earliest timer, taken out; nullptr when there is none.
  Timer* pop(std::uint64_t& deadline_ns) {
    if (slots_.size() <= root) return nullptr;
    const Slot first = slots_[root];
    deadline_ns = first.deadline_ns;
    const Slot last = slots_.back();
    slots_.pop_back();
    if (slots_.size() > root) sift_down(root, last);
    return first.timer;
  }

 private:
  struct Slot {
    std::uint64_t deadline_ns;
    Timer* timer;
    bool operator<(const Slot& other) const {
      if (deadline_ns != other.deadline_ns) return deadline_ns < other.deadline_ns;
      return timer->sequence < other.timer->sequence;
    }
  };

  template <class T>
  struct LineAllocator {
    using value_type = T;
    static constexpr std::align_val_t line{64};
    LineAllocator() = default;
    template <class U>
    LineAllocator(const LineAllocator<U>&) {}
    template <class U>
    struct rebind {
      using other = LineAllocator<U>;
    };
    T* allocate(std::size_t count) {
      return static_cast<T*>(::operator new(count * sizeof(T), line));
    }
    void deallocate(T* memory, std::size_t) { ::operator delete(memory, line); }
    bool operator==(const LineAllocator&) const { return true; }
  };

  static constexpr std::size_t root = Arity - 1;
  static std::size_t parent(std::size_t child) { return child / Arity + Arity - 2; }
  static std::size_t first_child(std::size_t node) { return Arity * (node - Arity + 2); }

  void place(std::size_t index, const Slot& slot) {
    slots_[index] = slot;
    slot.timer->index = index;
  }

  void sift_up(std::size_t hole, const Slot slot) {
    while (hole > root && slot < slots_[parent(hole)]) {
      place(hole, slots_[parent(hole)]);
      hole = parent(hole);
    }
    place(hole, slot);
  }

  void sift_down(std::size_t hole, const Slot slot) {
    for (;;) {
      const std::size_t child = first_child(hole);
      if (child >= slots_.size()) break;
      const std::size_t end = child + Arity < slots_.size() ? child + Arity : slots_.size();
      std::size_t least = child;
      for (std::size_t other = child + 1; other < end; ++other) {
        if (slots_[other] < slots_[least]) least = other;
      }
      if (!(slots_[least] < slot)) break;
      place(hole, slots_[least]);
      hole = least;
    }
    place(hole, slot);
  }

  std::vector<Slot, LineAllocator<Slot>> slots_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace sundog::bench
