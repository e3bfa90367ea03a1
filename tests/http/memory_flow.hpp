// MemoryFlow: two flows in memory, each the other's peer, and a loop with a clock that only moves
// when everybody waits: timeouts of minutes are tested in no time.
//
//   auto [client, server] = memory_flow_pair();
//   run_virtual(test(std::move(client), std::move(server)));
//
// A pipe between them has a capacity, so that writers wait for readers, and a largest piece that
// one read gives, so that messages arrive cut.
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "sundog/io/flow.hpp"
#include "sundog/io/loop.hpp"
#include "sundog/runtime/job.hpp"

namespace sundog::http {

// One direction. Counts its reads and writes for the tests' sake.
class MemoryPipe {
 public:
  std::string bytes;
  std::size_t capacity = 1 << 20;
  std::size_t piece_max = SIZE_MAX;
  std::size_t write_count = 0;
  bool finished = false;
  bool reader_gone = false;
  bool reset = false;

  // A task that waits until the pipe changes: one reader, one writer.
  class Change : private Wait {
   public:
    explicit Change(Change*& slot) : slot_(slot) {}
    ~Change() {
      if (slot_ == this) slot_ = nullptr;
    }
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame,
                       std::source_location at = std::source_location::current()) {
      if (suspend(frame, at)) slot_ = this;
    }
    void await_resume() const noexcept {}
    void happen() {
      slot_ = nullptr;
      wake();
    }

   private:
    std::string describe() const override { return "memory pipe"; }
    void cancel() noexcept override {
      if (slot_ != this) return;  // woken already
      slot_ = nullptr;
      unwind();
    }
    Change*& slot_;
  };

  Change change_for_reader() { return Change(reader_); }
  Change change_for_writer() { return Change(writer_); }
  void tell() {
    if (reader_ != nullptr) reader_->happen();
    if (writer_ != nullptr) writer_->happen();
  }

 private:
  Change* reader_ = nullptr;
  Change* writer_ = nullptr;
};

class MemoryFlow {
 public:
  MemoryFlow(std::shared_ptr<MemoryPipe> in, std::shared_ptr<MemoryPipe> out)
      : in_(std::move(in)), out_(std::move(out)) {}
  MemoryFlow(MemoryFlow&&) = default;
  MemoryFlow& operator=(MemoryFlow&&) = default;
  ~MemoryFlow() {
    if (in_ == nullptr) return;
    in_->reader_gone = true;
    in_->tell();
    out_->finished = true;
    out_->tell();
  }

  Task<std::size_t> read(MutableBytes buffer) {
    while (in_->bytes.empty() && !in_->finished && !in_->reset) co_await in_->change_for_reader();
    if (in_->reset) throw std::system_error(std::make_error_code(std::errc::connection_reset));
    const std::size_t count = std::min({buffer.size(), in_->bytes.size(), in_->piece_max});
    std::memcpy(buffer.data(), in_->bytes.data(), count);
    in_->bytes.erase(0, count);
    in_->tell();
    co_return count;
  }
  Task<void> write(Bytes bytes) {
    ++out_->write_count;
    co_await put(bytes);
  }
  Task<void> write(std::span<const Bytes> parts) {
    ++out_->write_count;
    for (const Bytes part : parts) co_await put(part);
  }
  Task<void> shutdown() {
    out_->finished = true;
    out_->tell();
    co_return;
  }

  // What the peer writes, and what it will read: to set their limits and look at their counts.
  MemoryPipe& incoming() { return *in_; }
  MemoryPipe& outgoing() { return *out_; }

 private:
  Task<void> put(Bytes bytes) {
    while (!bytes.empty()) {
      if (out_->reader_gone || out_->reset) {
        throw std::system_error(std::make_error_code(std::errc::broken_pipe));
      }
      const std::size_t room = out_->capacity - std::min(out_->capacity, out_->bytes.size());
      const std::size_t count = std::min(room, bytes.size());
      out_->bytes.append(reinterpret_cast<const char*>(bytes.data()), count);
      bytes = bytes.subspan(count);
      if (count != 0) out_->tell();
      if (!bytes.empty()) co_await out_->change_for_writer();
    }
  }

  std::shared_ptr<MemoryPipe> in_;
  std::shared_ptr<MemoryPipe> out_;
};

static_assert(Flow<MemoryFlow>);

inline std::pair<MemoryFlow, MemoryFlow> memory_flow_pair() {
  auto there = std::make_shared<MemoryPipe>();
  auto back = std::make_shared<MemoryPipe>();
  return {MemoryFlow(back, there), MemoryFlow(there, back)};
}

// A machine on which nothing happens but time.
class VirtualPoller {
 public:
  static constexpr Duration timers_apart{0};

  TimePoint now() const noexcept { return now_; }
  void wait(TimePoint deadline) {
    if (deadline != never) now_ = std::max(now_, deadline);
  }
  bool waiting() const noexcept { return false; }

 private:
  TimePoint now_{};
};

static_assert(Poller<VirtualPoller>);

// Runs the task on a machine of its own, whose clock begins at zero.
template <class T>
T run_virtual(Task<T> task) {
  VirtualPoller poller;
  Loop<VirtualPoller> loop(poller);
  return loop.run(std::move(task));
}

}  // namespace sundog::http
