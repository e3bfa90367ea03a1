// Server: accepts connections from any Listener and serves each of them, until it is asked to stop.
//
//   http::Server server(stack.listen(Endpoint::any(8080)), handler, options);
//   co_await server.run();                                  // until somebody calls server.stop()
//
// Holds at most connection_count_max connections, or as many as the listener says are possible. At
// the limit the one that was idle longest is closed for a new one; when all are busy it does not
// accept, and the listener's backlog holds the others. No connection's failure reaches it. A
// graceful stop lets in whoever had come (where the listener has finish(), after which accept()
// gives those and then fails with operation_canceled), closes the listener, lets requests under way
// finish for stop_timeout, then drops what is left; run() returns when all of it is done.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>

#include "sundog/io/flow.hpp"
#include "sundog/io/endpoint.hpp"
#include "sundog/io/http/buffer_pool.hpp"
#include "sundog/io/http/changes.hpp"
#include "sundog/io/http/clients.hpp"
#include "sundog/io/http/idle_connections.hpp"
#include "sundog/io/http/return_of_memory.hpp"
#include "sundog/io/http/serve.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scope.hpp"

namespace sundog::http {

template <class L, class Handler>
  requires Listener<L>
class Server {
 public:
  // The handler is copied for every connection; see serve().
  Server(L listener, Handler handler, ServerOptions options = {})
      : listener_(std::move(listener)),
        handler_(std::move(handler)),
        options_(std::move(options)) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves until stop(). Throws what the listener throws: it is broken then. Once; the server must
  // outlive the task.
  Task<void> run() {
    ReturnOfMemory memory(buffers_);
    memory_ = &memory;
    co_await scope([this](Scope& connections) { return accept_and_finish(connections); });
    memory_ = nullptr;
  }

  // Asks run() to end gracefully. To be called on the server's own thread, any number of times.
  void stop() {
    stop_.request();
    idle_.close_all();
    changes_.happened();
  }

  // How many connections it holds, idle ones too.
  std::size_t connection_count() const { return connection_count_; }

 private:
  using F = await_result_t<decltype(std::declval<L&>().accept())>;

  Task<void> accept_and_finish(Scope& connections) {
    find_limit();
    while (!stop_.requested()) {
      auto flow = co_await until_stopped(accept(), stop_);
      if (!flow) break;
      co_await make_room();
      spawn(connections, std::move(*flow));
    }
    co_await let_in_who_has_come(connections);
    listener_.reset();
    const bool finished = co_await try_timeout(until_all_have_ended(), options_.stop_timeout);
    if (!finished) {
      SUNDOG_PROBE("a stop did not wait for all connections");
      http_log.warning("stopping: {} connections did not finish in time", connection_count_);
      connections.cancel_tasks();
    }
  }

  void find_limit() {
    limit_ = options_.connection_count_max;
    if constexpr (BoundedListener<L>) {
      limit_ = std::min(limit_, listener_->connections_max());
    }
  }

  // When there is room, or can be made.
  Task<F> accept() {
    while (connection_count_ >= limit_ && idle_.empty()) {
      SUNDOG_PROBE("a server waited for connections to end");
      co_await changes_.next();
    }
    co_return co_await listener_->accept();
  }

  Task<void> make_room() {
    while (connection_count_ >= limit_ && !stop_.requested()) {
      if (idle_.close_longest()) {
        SUNDOG_PROBE("an idle connection was closed for a new one");
        tell_of_limit();
      }
      co_await changes_.next();
    }
  }

  // Once, until it has become much quieter.
  void tell_of_limit() {
    if (told_of_limit_) return;
    told_of_limit_ = true;
    http_log.warning(
        "{} connections, as many as {}: those that were idle longest are closed for new ones",
        limit_,
        limit_ < options_.connection_count_max ? "this machine or process can hold (ulimit -n)"
                                               : "the server was told to hold");
  }

  // Those whose connections are made would see a reset if the listener were just closed.
  Task<void> let_in_who_has_come(Scope& connections) {
    if constexpr (FinishingListener<L>) {
      listener_->finish();
      try {
        for (;;) {
          F flow = co_await listener_->accept();
          SUNDOG_PROBE("a connection was let in at the last moment");
          spawn(connections, std::move(flow));
        }
      } catch (const std::system_error& error) {
        if (error.code() != std::errc::operation_canceled) throw;
      }
    }
    co_return;
  }

  void spawn(Scope& connections, F flow) {
    memory_->rose_to(connection_count_ + 1);
    Clients::Visit visit;
    if (options_.connections_per_client_max != 0 && !enter(flow, visit)) return;
    try {
      connections.spawn(serve_counted(std::move(flow), Counted(*this), std::move(visit)));
    } catch (const std::bad_alloc&) {
      SUNDOG_PROBE("a connection was dropped for want of memory");
      http_log.error("no memory for another connection: it is dropped");
    }
  }

  // False: its client has enough connections.
  bool enter(const F& flow, Clients::Visit& visit) {
    if constexpr (requires { Endpoint(flow.peer_address()); }) {
      try {
        const IpAddress client = Endpoint(flow.peer_address()).address();
        visit = clients_.enter(client, options_.connections_per_client_max);
        if (!visit) SUNDOG_PROBE("a client had as many connections as one may have");
        return static_cast<bool>(visit);
      } catch (const std::system_error&) {
        SUNDOG_PROBE("a client has no address, or has gone");
      }
    }
    return true;
  }

  // Counts a connection from before its task begins to the end of its frame, however it ends.
  class Counted {
   public:
    explicit Counted(Server& server) : server_(&server) { ++server.connection_count_; }
    Counted(Counted&& other) noexcept : server_(std::exchange(other.server_, nullptr)) {}
    Counted& operator=(Counted&&) = delete;
    ~Counted() {
      if (server_ != nullptr) server_->connection_ended();
    }

   private:
    Server* server_;
  };

  Task<void> serve_counted(F flow, Counted counted, Clients::Visit visit) {
    static_cast<void>(counted);
    static_cast<void>(visit);
    try {
      co_await detail::serve_with(std::move(flow), handler_, options_,
                                  ServerShared(&stop_, &idle_, &buffers_));
    } catch (const std::exception& error) {
      SUNDOG_PROBE("a connection failed and the server went on");
      http_log.error("connection dropped: {}", error.what());
    }
  }

  void connection_ended() {
    --connection_count_;
    if (memory_ != nullptr) memory_->fell_to(connection_count_);
    if (connection_count_ < limit_ / 2) told_of_limit_ = false;
    changes_.happened();
  }

  Task<void> until_all_have_ended() {
    while (connection_count_ > 0) co_await changes_.next();
  }

  BufferPool buffers_;
  ReturnOfMemory* memory_ = nullptr;  // run() has it
  std::optional<L> listener_;
  Handler handler_;
  ServerOptions options_;
  StopFlag stop_;
  // A connection has ended or become idle, or a stop was requested: for who makes room, then for
  // the end.
  Changes changes_;
  IdleConnections idle_{changes_};
  Clients clients_;
  std::size_t limit_ = 0;
  std::size_t connection_count_ = 0;
  bool told_of_limit_ = false;
};

}  // namespace sundog::http
