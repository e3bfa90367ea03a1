// Multishot: one request to the kernel that brings things in again and again, ahead of the tasks
// that ask for them: the bytes of a stream (Inlet), datagrams (MessageQueue), connections
// (AcceptQueue).
//
// So nothing is asked of the kernel for each of them. What has come and is not taken yet is held,
// up to a limit; then the request is taken back, and begun again when what is held has been taken.
// Nothing is lost on the way, and all stays in order: what has come is taken before the kernel is
// asked again, and a task that is cancelled leaves it for the next.
//
// Belongs to a socket, and lives on after it until the kernel has given its last answer.
#pragma once

#include "sundog/io/unix/poller.hpp"
#include "sundog/io/unix/request.hpp"

namespace sundog::detail {

//             start()              is_full()
//   idle ----------------> receiving -------> stopping
//    ^                       |  |                 |  |
//    +---- last answer ------+--|-----------------+  |
//    |                          +---- abandon() -----+--> abandoned --- last answer ---> (deleted)
//    +---- abandon() --> (deleted)
class Multishot : protected Request {
 public:
  // The request is under way: what comes will come here.
  bool receiving() const noexcept { return state_ != State::idle; }

  // Instead of delete: the socket is being closed, nobody waits any more and nothing more will be
  // taken.
  void abandon() noexcept;
  struct Abandon {
    void operator()(Multishot* multishot) const noexcept { multishot->abandon(); }
  };

 protected:
  Multishot(int socket, const Call& what) noexcept : Request(socket, what) {}
  virtual ~Multishot() = default;

  // Idle.
  void start() noexcept;
  // Takes the request back: what it had brought still comes, then it is idle.
  void stop() noexcept;
  // To be called when it has changed whether a task waits for what comes: a program in which nobody
  // does must not wait for it either (UnixPoller::waiting).
  void hear() noexcept;

  // Something came; `result` is not negative. Keeps it, or hands it to a task.
  virtual void came(int result) noexcept = 0;
  // The request is idle again, after this result, which came() was told of if it was not negative.
  virtual void ended(int result) noexcept = 0;
  // So much is held that no more should come.
  virtual bool is_full() const noexcept = 0;
  virtual bool is_waited_for() const noexcept = 0;
  // Gives back all that is held.
  virtual void drop() noexcept = 0;

 private:
  enum class State : unsigned char { idle, receiving, stopping, abandoned };

  void completed(int result, bool more, bool left) noexcept final;

  State state_ = State::idle;
  bool unheard_ = false;
};

}  // namespace sundog::detail
