// Server: accepts connections from any Listener and serves each of them, until it is asked to stop.
//
//   http::Server server(stack.listen(Endpoint::any(8080)), handler, options);
//   co_await server.run();                                  // until somebody calls server.stop()
//
// Holds at most connection_count_max connections: at the limit it does not accept, and the
// listener's backlog holds the others. No connection's failure reaches it. A graceful stop closes
// the listener, lets requests under way finish for stop_timeout, then drops what is left; run()
// returns when all of it is done.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "sundog/io/flow.hpp"
#include "sundog/io/http/serve.hpp"
#include "sundog/runtime/future.hpp"
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
    co_await scope([this](Scope& connections) { return accept_and_finish(connections); });
  }

  // Asks run() to end gracefully. To be called on the server's own thread, any number of times.
  void stop() { stop_.request(); }

  // How many connections it holds, idle ones too.
  std::size_t connection_count() const { return connection_count_; }

 private:
  using F = await_result_t<decltype(std::declval<L&>().accept())>;

  Task<void> accept_and_finish(Scope& connections) {
    while (!stop_.requested()) {
      auto flow = co_await until_stopped(accept(), stop_);
      if (flow) spawn(connections, std::move(*flow));
    }
    listener_.reset();
    const bool finished = co_await try_timeout(until_count_is_below(1), options_.stop_timeout);
    if (!finished) {
      SUNDOG_PROBE("a stop did not wait for all connections");
      http_log.warning("stopping: {} connections did not finish in time", connection_count_);
      connections.cancel_tasks();
    }
  }

  Task<F> accept() {
    co_await until_count_is_below(options_.connection_count_max);
    co_return co_await listener_->accept();
  }

  void spawn(Scope& connections, F flow) {
    try {
      connections.spawn(serve_counted(std::move(flow), Counted(*this)));
    } catch (const std::bad_alloc&) {
      SUNDOG_PROBE("a connection was dropped for want of memory");
      http_log.error("no memory for another connection: it is dropped");
    }
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

  Task<void> serve_counted(F flow, Counted counted) {
    static_cast<void>(counted);
    try {
      co_await serve(std::move(flow), handler_, options_, &stop_);
    } catch (const std::exception& error) {
      SUNDOG_PROBE("a connection failed and the server went on");
      http_log.error("connection dropped: {}", error.what());
    }
  }

  void connection_ended() {
    --connection_count_;
    if (count_waiter_ && connection_count_ < count_wanted_) {
      auto waiter = std::move(*count_waiter_);
      count_waiter_.reset();
      waiter.wakeup();
    }
  }

  // Only one waits at a time: the acceptor, then the end.
  Task<void> until_count_is_below(std::size_t count) {
    while (connection_count_ >= count) {
      SUNDOG_PROBE("a server waited for connections to end");
      auto below = wait<void>();
      count_wanted_ = count;
      count_waiter_.emplace(std::move(below.second));
      co_await below.first;
    }
  }

  std::optional<L> listener_;
  Handler handler_;
  ServerOptions options_;
  StopFlag stop_;
  std::size_t connection_count_ = 0;
  std::size_t count_wanted_ = 0;
  std::optional<Wakener<void>> count_waiter_;
};

}  // namespace sundog::http
