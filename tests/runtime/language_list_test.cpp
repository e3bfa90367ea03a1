#include "sundog/runtime/language/list.hpp"

#include <vector>

#include "tests/catch.hpp"

using sundog::List;
using sundog::ListLink;

namespace {

class Thing : private ListLink {
 public:
  explicit Thing(int number) : number_(number) {}
  int number() const { return number_; }
  using ListLink::listed;

 private:
  friend class List<Thing>;
  int number_;
};

std::vector<int> numbers(const List<Thing>& list) {
  std::vector<int> all;
  for (const Thing* thing = list.first(); thing != nullptr; thing = list.after(*thing)) {
    all.push_back(thing->number());
  }
  return all;
}

}  // namespace

TEST_CASE("a list keeps its order while things join at either end and leave from anywhere") {
  List<Thing> list;
  CHECK(list.empty());
  CHECK(list.first() == nullptr);
  Thing one(1);
  Thing two(2);
  Thing three(3);
  list.add(two);
  list.add(three);
  list.add_first(one);
  CHECK(numbers(list) == std::vector<int>{1, 2, 3});
  list.remove(two);
  CHECK_FALSE(two.listed());
  CHECK(numbers(list) == std::vector<int>{1, 3});
  list.add(two);
  CHECK(two.listed());
  list.remove(one);
  CHECK(numbers(list) == std::vector<int>{3, 2});
  CHECK(list.take_first() == &three);
  CHECK(list.take_first() == &two);
  CHECK(list.take_first() == nullptr);
  CHECK(list.empty());
}

TEST_CASE("a list takes over another whole, in its order, and leaves it empty") {
  List<Thing> list;
  List<Thing> other;
  Thing one(1);
  Thing two(2);
  Thing three(3);
  list.append(other);
  CHECK(list.empty());
  list.add(one);
  other.add(two);
  other.add(three);
  list.append(other);
  CHECK(other.empty());
  CHECK(numbers(list) == std::vector<int>{1, 2, 3});
  other.append(list);
  CHECK(list.empty());
  CHECK(numbers(other) == std::vector<int>{1, 2, 3});
}
