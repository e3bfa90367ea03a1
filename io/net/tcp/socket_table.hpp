// SocketTable: all connections of a stack, found by their two ends. A hash table, keyed so that
// nobody outside can make one of its chains long, which grows with what is in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/tcp/tuple.hpp"

namespace sundog::net::tcp {

class TcpSocket;

class SocketTable {
 public:
  explicit SocketTable(RandomSource& random) noexcept : hash_(random) {}

  std::size_t size() const noexcept { return size_; }
  // Null when there is none.
  TcpSocket* find(const Tuple& tuple) const noexcept;
  // There is none with the same ends. False: there is no memory for the first one. (Later ones need
  // none: where the table cannot grow its chains become longer.)
  bool add(TcpSocket& socket) noexcept;
  void remove(TcpSocket& socket) noexcept;

  // One after the other, in no order: begin with null, end at null. The table must not change
  // meanwhile.
  TcpSocket* after(const TcpSocket* socket) const noexcept;

 private:
  static constexpr std::size_t bucket_count_min = 16;

  std::size_t bucket_of(const TcpSocket& socket) const noexcept;
  void grow() noexcept;

  TupleHash hash_;
  // A power of two of them, each the first of a chain.
  std::unique_ptr<TcpSocket*[]> buckets_;
  std::size_t bucket_count_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sundog::net::tcp
