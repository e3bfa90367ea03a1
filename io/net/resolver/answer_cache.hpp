// AnswerCache: answers that may still be given, positive and negative (RFC 2308), each for as long
// as its server allowed.
//
// Entries and bytes are limited; what was asked for least recently makes room. A plain data
// structure that is told the time.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "sundog/io/dns/name.hpp"
#include "sundog/io/dns/type.hpp"
#include "sundog/io/net/resolver/answer.hpp"
#include "sundog/io/net/resolver/limits.hpp"
#include "sundog/runtime/language/list.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::net {

class AnswerCache {
 public:
  explicit AnswerCache(std::size_t entries_max = cache_entries_max,
                       std::size_t bytes_max = cache_bytes_max) noexcept
      : entries_max_(entries_max), bytes_max_(bytes_max) {}

  // Null if it is not known, or not any more. Valid until the next call.
  const Answer* find(const dns::Name& name, dns::Type type, TimePoint now) noexcept;
  // Keeps the answer, if it is final and may be kept. Throws std::bad_alloc, and is then as it was.
  void put(const dns::Name& name, dns::Type type, const Answer& answer, TimePoint now);
  void clear() noexcept;

  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Entry : ListLink {
    Answer answer;
    TimePoint until;
    std::size_t bytes = 0;
    const std::string* key = nullptr;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  void erase(Entries::iterator at) noexcept;

  const std::size_t entries_max_;
  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  Entries entries_;
  List<Entry> by_use_;  // the one that was used last comes last
};

}  // namespace sundog::net
