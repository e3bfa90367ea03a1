#include "sundog/io/net/tcp/socket_table.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "sundog/io/net/tcp/tcp_socket.hpp"

namespace sundog::net::tcp {

TcpSocket* SocketTable::find(const Tuple& tuple) const noexcept {
  if (size_ == 0) return nullptr;
  const auto hash = static_cast<std::uint32_t>(hash_(tuple));
  TcpSocket* socket = buckets_[hash & (bucket_count_ - 1)];
  while (socket != nullptr && (socket->hash_ != hash || socket->tuple_ != tuple)) {
    socket = socket->next_in_bucket_;
  }
  return socket;
}

std::size_t SocketTable::bucket_of(const TcpSocket& socket) const noexcept {
  return socket.hash_ & (bucket_count_ - 1);
}

bool SocketTable::add(TcpSocket& socket) noexcept {
  if (size_ >= bucket_count_) grow();
  if (bucket_count_ == 0) return false;
  socket.hash_ = static_cast<std::uint32_t>(hash_(socket.tuple_));
  TcpSocket*& first = buckets_[bucket_of(socket)];
  socket.next_in_bucket_ = first;
  first = &socket;
  ++size_;
  return true;
}

void SocketTable::remove(TcpSocket& socket) noexcept {
  TcpSocket** place = &buckets_[bucket_of(socket)];
  while (*place != &socket) place = &(*place)->next_in_bucket_;
  *place = std::exchange(socket.next_in_bucket_, nullptr);
  --size_;
}

void SocketTable::grow() noexcept {
  const std::size_t count = std::max(bucket_count_min, 2 * bucket_count_);
  std::unique_ptr<TcpSocket*[]> larger(new (std::nothrow) TcpSocket* [count] {});
  if (larger == nullptr) return;
  const std::unique_ptr<TcpSocket*[]> before = std::exchange(buckets_, std::move(larger));
  const std::size_t count_before = std::exchange(bucket_count_, count);
  for (std::size_t index = 0; index < count_before; ++index) {
    for (TcpSocket* socket = before[index]; socket != nullptr;) {
      TcpSocket* const next = socket->next_in_bucket_;
      TcpSocket*& first = buckets_[bucket_of(*socket)];
      socket->next_in_bucket_ = first;
      first = socket;
      socket = next;
    }
  }
}

TcpSocket* SocketTable::after(const TcpSocket* socket) const noexcept {
  std::size_t index = 0;
  if (socket != nullptr) {
    if (socket->next_in_bucket_ != nullptr) return socket->next_in_bucket_;
    index = bucket_of(*socket) + 1;
  }
  for (; index < bucket_count_; ++index) {
    if (buckets_[index] != nullptr) return buckets_[index];
  }
  return nullptr;
}

}  // namespace sundog::net::tcp
