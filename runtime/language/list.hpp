// List: an intrusive doubly linked list.
//
//   struct Waiter : ListLink {
//     void wake();
//   };
//   Waiter waiter;              // stays where it is as long as it is in the list
//   List<Waiter> waiters;
//   waiters.add(waiter);
//   while (Waiter* next = waiters.take_first()) next->wake();
//
// Adding, and leaving from anywhere, takes a few instructions and no memory: the lists here run
// through frames of coroutines and requests to the kernel. A thing is in one list at a time. The
// list owns nothing; a thing must leave it before it ends.
//
// All of the work is in ListCore, which is not a template: a program contains it once, however many
// kinds of lists there are.
#pragma once

namespace sundog {

// A place in a list: the base class of whatever is to stand in one.
class ListLink {
 public:
  ListLink() noexcept = default;
  ListLink(const ListLink&) = delete;
  ListLink& operator=(const ListLink&) = delete;

  // It is in a list.
  bool listed() const noexcept { return next_ != nullptr; }

 protected:
  ~ListLink() = default;

 private:
  friend class ListCore;
  ListLink* next_ = nullptr;  // null in no list
  ListLink* previous_ = nullptr;
};

// A ring, closed by the list itself, so that the ends are no special cases.
class ListCore {
 public:
  ListCore(const ListCore&) = delete;
  ListCore& operator=(const ListCore&) = delete;

  bool empty() const noexcept { return ends_.next_ == &ends_; }

 protected:
  ListCore() noexcept { clear(); }
  ~ListCore() = default;

  // The first one, and the one behind `link`; null when there is none.
  ListLink* first_link() const noexcept { return known(ends_.next_); }
  ListLink* link_after(const ListLink& link) const noexcept { return known(link.next_); }

  // Adding takes a link that is in no list; taking out, one that is in some list.
  void add_last(ListLink& link) noexcept { insert(link, ends_); }
  void add_first(ListLink& link) noexcept { insert(link, *ends_.next_); }
  static void take_out(ListLink& link) noexcept {
    link.previous_->next_ = link.next_;
    link.next_->previous_ = link.previous_;
    link.next_ = nullptr;
  }
  // Moves everything that is in `other` to the end of this list.
  void append_all(ListCore& other) noexcept {
    if (other.empty()) return;
    ListLink* const first = other.ends_.next_;
    ListLink* const last = other.ends_.previous_;
    ends_.previous_->next_ = first;
    first->previous_ = ends_.previous_;
    last->next_ = &ends_;
    ends_.previous_ = last;
    other.clear();
  }

 private:
  class Ends : public ListLink {};

  void clear() noexcept { ends_.next_ = ends_.previous_ = &ends_; }
  static void insert(ListLink& link, ListLink& before) noexcept {
    link.next_ = &before;
    link.previous_ = before.previous_;
    before.previous_->next_ = &link;
    before.previous_ = &link;
  }
  // Null at the end.
  ListLink* known(ListLink* link) const noexcept { return link == &ends_ ? nullptr : link; }

  Ends ends_;
};

// T is derived from ListLink; where it keeps that to itself, List<T> is its friend.
template <class T>
class List : private ListCore {
 public:
  using ListCore::empty;

  // Null when there is none.
  T* first() const noexcept { return thing(first_link()); }
  // The one behind it.
  T* after(const T& one) const noexcept { return thing(link_after(one)); }

  // At the end. It must be in no list.
  void add(T& one) noexcept { add_last(one); }
  // At the front.
  void add_first(T& one) noexcept { ListCore::add_first(one); }
  // It must be in this list.
  void remove(T& one) noexcept { take_out(one); }
  // The first, which leaves the list; null when there is none.
  T* take_first() noexcept {
    T* const one = first();
    if (one != nullptr) take_out(*one);
    return one;
  }
  // All of another list, in their order, go to the end of this one.
  void append(List& other) noexcept { append_all(other); }

 private:
  static T* thing(ListLink* link) noexcept { return static_cast<T*>(link); }
};

}  // namespace sundog
