// Mailbox<T>: messages between loops on different threads.
//
//   Mailbox<std::string> box;                                // on the receiving loop's thread
//   Mailbox<std::string>::Sender sender = box.sender();      // copies may go to any thread
//   const bool sent = sender.send("hello");                  // never waits; false if full or gone
//   const std::string message = co_await box.receive();
//
// Messages of one sender arrive in the order in which they were sent. A full box refuses: the
// sender decides what to do.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "sundog/io/unix/notifier.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

template <class T>
class Mailbox {
  struct Shared {
    std::mutex mutex;
    std::deque<T> messages;
    std::size_t messages_max = 0;
    Notifier* receiver = nullptr;  // null when the box is gone
  };

 public:
  // How many messages a box holds unless told otherwise.
  static constexpr std::size_t messages_max_default = 1024;

  // The other end. Any thread may hold copies of it, longer than the box lives, too.
  class Sender {
   public:
    // False, and the message is dropped, when the box is full or gone. From any thread.
    bool send(T message) const {
      const std::lock_guard lock(shared_->mutex);
      if (shared_->receiver == nullptr || shared_->messages.size() >= shared_->messages_max) {
        SUNDOG_PROBE("a mailbox was full, or gone");
        return false;
      }
      shared_->messages.push_back(std::move(message));
      // Under the lock: the notifier cannot go away meanwhile.
      shared_->receiver->notify();
      return true;
    }

   private:
    friend class Mailbox;
    explicit Sender(std::shared_ptr<Shared> shared) noexcept : shared_(std::move(shared)) {}
    std::shared_ptr<Shared> shared_;
  };

  explicit Mailbox(std::size_t messages_max = messages_max_default)
      : shared_(std::make_shared<Shared>()) {
    shared_->messages_max = messages_max;
    shared_->receiver = &arrived_;
  }
  ~Mailbox() {
    const std::lock_guard lock(shared_->mutex);
    shared_->receiver = nullptr;
  }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // A sender to this box.
  Sender sender() const noexcept { return Sender(shared_); }

  // Waits for the next message. One task at a time. Cancelled, it loses none.
  Task<T> receive() {
    for (;;) {
      if (std::optional<T> message = take()) co_return std::move(*message);
      co_await arrived_.wait();
    }
  }

 private:
  std::optional<T> take() {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->messages.empty()) return std::nullopt;
    std::optional<T> message(std::move(shared_->messages.front()));
    shared_->messages.pop_front();
    return message;
  }

  std::shared_ptr<Shared> shared_;
  Notifier arrived_;
};

}  // namespace sundog
