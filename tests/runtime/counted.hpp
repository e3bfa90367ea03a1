// Counted: a value that knows how many of its kind are alive, to find what is destroyed twice, too
// late or never.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sundog::test {

class Counted {
 public:
  explicit Counted(int value = 0) noexcept : value_(value) { ++alive; }
  Counted(const Counted& other) noexcept : value_(other.value_) { ++alive; }
  Counted(Counted&& other) noexcept : value_(std::exchange(other.value_, -1)) { ++alive; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&& other) noexcept {
    value_ = std::exchange(other.value_, -1);
    return *this;
  }
  ~Counted() { --alive; }

  // What it was made with; -1 when moved from.
  int value() const noexcept { return value_; }

  static inline int alive = 0;

 private:
  int value_;
};

// Writes a word into a list when it is destroyed.
class Farewell {
 public:
  Farewell(std::vector<std::string>& list, std::string word)
      : list_(list), word_(std::move(word)) {}
  ~Farewell() { list_.push_back(word_); }
  Farewell(const Farewell&) = delete;
  Farewell& operator=(const Farewell&) = delete;

 private:
  std::vector<std::string>& list_;
  std::string word_;
};

}  // namespace sundog::test
