// PairingHeap: a tree of timers linked through themselves (Fredman, Sedgewick, Sleator and Tarjan,
// "The pairing heap", 1986). Inserting is one comparison and needs no memory; taking the earliest
// pairs up the root's children, which costs O(log n) amortised and a cache miss for each. Equal
// deadlines leave in the order they came, by a sequence number.
#pragma once

#include <cstdint>

namespace sundog::bench {

class PairingHeap {
 public:
  struct Timer {
    std::uint64_t deadline_ns = 0;
    std::uint64_t sequence = 0;
    Timer* child = nullptr;
    Timer* sibling = nullptr;
    Timer* previous = nullptr;  // elder sibling, or the parent of the eldest
  };

  void insert(Timer& timer, std::uint64_t deadline_ns) {
    timer.deadline_ns = deadline_ns;
    timer.sequence = next_sequence_++;
    timer.child = timer.sibling = timer.previous = nullptr;
    root_ = root_ == nullptr ? &timer : meld(root_, &timer);
  }

  void cancel(Timer& timer) {
    if (&timer == root_) {
      root_ = merge_pairs(root_->child);
      return;
    }
    if (timer.previous->child == &timer) {
      timer.previous->child = timer.sibling;
    } else {
      timer.previous->sibling = timer.sibling;
    }
    if (timer.sibling != nullptr) timer.sibling->previous = timer.previous;
    Timer* const orphans = merge_pairs(timer.child);
    if (orphans != nullptr) root_ = meld(root_, orphans);
  }

  // The earliest timer, taken out; nullptr when there is none.
  Timer* pop(std::uint64_t& deadline_ns) {
    Timer* const first = root_;
    if (first == nullptr) return nullptr;
    deadline_ns = first->deadline_ns;
    root_ = merge_pairs(first->child);
    return first;
  }

 private:
  static bool before(const Timer& left, const Timer& right) {
    if (left.deadline_ns != right.deadline_ns) return left.deadline_ns < right.deadline_ns;
    return left.sequence < right.sequence;
  }

  static Timer* meld(Timer* left, Timer* right) {
    if (before(*right, *left)) {
      Timer* const swapped = left;
      left = right;
      right = swapped;
    }
    right->previous = left;
    right->sibling = left->child;
    if (left->child != nullptr) left->child->previous = right;
    left->child = right;
    return left;
  }

  // Two passes, both loops: a heap of a million children must not recurse.
  static Timer* merge_pairs(Timer* first) {
    Timer* pairs = nullptr;  // a stack, linked through `sibling`
    while (first != nullptr) {
      Timer* const second = first->sibling;
      Timer* const rest = second != nullptr ? second->sibling : nullptr;
      first->sibling = first->previous = nullptr;
      Timer* pair = first;
      if (second != nullptr) {
        second->sibling = second->previous = nullptr;
        pair = meld(first, second);
      }
      pair->sibling = pairs;
      pairs = pair;
      first = rest;
    }
    Timer* merged = nullptr;
    while (pairs != nullptr) {
      Timer* const next = pairs->sibling;
      pairs->sibling = nullptr;
      merged = merged == nullptr ? pairs : meld(merged, pairs);
      pairs = next;
    }
    return merged;
  }

  Timer* root_ = nullptr;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace sundog::bench
