// Exceptions of all kinds, through the image's own unwinder (io/xen/library/exceptions.cpp): prints
// a line for each that arrived as it should, for the test to compare.
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sundog/io/run.hpp"
#include "sundog/io/xen/memory.hpp"
#include "sundog/runtime/yield.hpp"

namespace sundog {
namespace {

int alive_count = 0;

struct Alive {
  Alive() { ++alive_count; }
  ~Alive() { --alive_count; }
};

struct Left {
  virtual ~Left() = default;
  int left = 1;
};
struct Right {
  virtual ~Right() = default;
  int right = 2;
};
struct Both : Left, Right {};
struct Shared : virtual Right {};

// More arguments than there are registers: the call pushes some.
[[gnu::noinline]] void throw_far(int a, int b, int c, int d, int e, int f, int g, int h, int i) {
  const Alive alive;
  if (a + b + c + d + e + f + g + h + i == 45) throw Both();
}

[[gnu::noinline]] void throw_deep(int depth) {
  const Alive alive;
  if (depth == 0) throw std::runtime_error("from below");
  throw_deep(depth - 1);
}

void by_base() {
  try {
    const Alive alive;
    throw_far(1, 2, 3, 4, 5, 6, 7, 8, 9);
  } catch (const Right& right) {
    std::printf("base %d, %d alive\n", right.right, alive_count);
  }
  try {
    throw Shared();
  } catch (const Left&) {
    std::puts("wrong base");
  } catch (const Right& right) {
    std::printf("virtual base %d\n", right.right);
  }
  static Both both;
  try {
    throw &both;
  } catch (const Right* right) {
    std::printf("pointer to base %d\n", right->right);
  }
}

void passed_on() {
  try {
    try {
      throw_deep(100);
    } catch (const std::logic_error&) {
      std::puts("wrong type");
    } catch (...) {
      std::printf("anything, %d alive\n", alive_count);
      throw;
    }
  } catch (const std::exception& error) {
    std::printf("again: %s\n", error.what());
  }
  std::exception_ptr kept;
  try {
    throw 42;
  } catch (...) {
    kept = std::current_exception();
  }
  for (int time = 0; time < 2; ++time) {
    try {
      std::rethrow_exception(kept);
    } catch (int number) {
      std::printf("kept %d\n", number);
    }
  }
}

struct Root {
  virtual ~Root() = default;
};
struct Twig : Root {};
struct Branch : Root {};
struct Ambiguous : Twig, Branch {};  // two roots
struct VirtualTwig : virtual Root {};
struct VirtualBranch : virtual Root {};
struct Diamond : VirtualTwig, VirtualBranch {};  // one root
struct Hidden : private Twig {
  Twig& twig() { return *this; }
};
struct HiddenToo : Hidden, Branch {};

template <class Wanted, class Source>
char casts(Source& source) {
  return dynamic_cast<Wanted*>(&source) != nullptr ? '1' : '0';
}

template <class Caught, class Thrown>
char catches() {
  try {
    throw Thrown();
  } catch (const Caught&) {
    return '1';
  } catch (...) {
    return '0';
  }
}

template <class Caught, class Thrown>
char catches_null() {
  try {
    throw static_cast<Thrown*>(nullptr);
  } catch (Caught* pointer) {
    return pointer == nullptr ? '1' : 'x';
  } catch (...) {
    return '0';
  }
}

void by_class() {
  Ambiguous ambiguous;
  Diamond diamond;
  Hidden hidden;
  HiddenToo hidden_too;
  Twig twig;
  Root& of_diamond = static_cast<VirtualTwig&>(diamond);
  Root& of_ambiguous = static_cast<Branch&>(ambiguous);
  Root& of_hidden = hidden_too.twig();
  const char down[] = {casts<Diamond>(of_diamond),
                       casts<VirtualBranch>(of_diamond),
                       casts<Ambiguous>(of_ambiguous),
                       casts<Twig>(of_ambiguous),
                       casts<Branch>(of_ambiguous),
                       casts<Diamond>(of_ambiguous),
                       '\0'};
  const char hiding[] = {casts<Hidden>(hidden.twig()),
                         casts<HiddenToo>(of_hidden),
                         casts<Branch>(of_hidden),
                         casts<Twig>(of_hidden),
                         casts<Twig>(static_cast<Branch&>(hidden_too)),
                         casts<Ambiguous>(static_cast<Root&>(twig)),
                         '\0'};
  const char caught[] = {catches<Root, Ambiguous>(),
                         catches<Branch, Ambiguous>(),
                         catches<Root, Diamond>(),
                         catches<Twig, Hidden>(),
                         catches<Root, HiddenToo>(),
                         catches<Diamond, Root>(),
                         '\0'};
  const char null[] = {catches_null<const Root, Ambiguous>(),
                       catches_null<Root, Diamond>(),
                       catches_null<Branch, Ambiguous>(),
                       catches_null<const void, Twig>(),
                       catches_null<Twig, Root>(),
                       '\0'};
  std::printf("casts %s %s, caught %s, null %s\n", down, hiding, caught, null);
}

struct ThrowsInside {
  ~ThrowsInside() {
    try {
      throw 1;
    } catch (int) {
      ++caught_count;
    }
  }
  static inline int caught_count = 0;
};

void from_library() {
  try {
    const ThrowsInside inside;
    std::vector<int>(3).at(3) = 1;
  } catch (const std::out_of_range&) {
    std::printf("out of range, %d caught meanwhile\n", ThrowsInside::caught_count);
  }
  try {
    std::function<void()>()();
  } catch (const std::bad_function_call&) {
    std::puts("bad call");
  }
  try {
    std::string(3, 'x').substr(4);
  } catch (const std::out_of_range&) {
    std::puts("out of the string");
  }
}

Task<int> fail_later() {
  const Alive alive;
  co_await yield();
  throw std::invalid_argument("in a task");
}

Task<void> exceptions() {
  by_base();
  passed_on();
  from_library();
  by_class();
  try {
    co_await fail_later();
  } catch (const std::invalid_argument& error) {
    std::printf("awaited: %s, %d alive\n", error.what(), alive_count);
  }
  std::size_t before = 0;
  int count = 0;
  for (int time = 0; time < 10'000; ++time) {
    if (time == 1) before = xen::memory_use().free_bytes;  // the C library has its pages now
    try {
      throw_deep(3);
    } catch (const std::runtime_error&) {
      ++count;
    }
  }
  std::printf("%d more, %d alive, %zu bytes lost\n", count, alive_count,
              before - xen::memory_use().free_bytes);
}

}  // namespace
}  // namespace sundog

int main() { sundog::run(sundog::exceptions()); }
