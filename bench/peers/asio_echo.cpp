// TCP echo on Asio's coroutines, after the shape of its own C++20 echo example.
#include <asio.hpp>
#include <cstdlib>

using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;

namespace {

awaitable<void> echo(tcp::socket socket) {
  try {
    char data[4096];
    for (;;) {
      const auto count = co_await socket.async_read_some(asio::buffer(data), use_awaitable);
      co_await async_write(socket, asio::buffer(data, count), use_awaitable);
    }
  } catch (const std::system_error&) {
    // the peer has finished
  }
}

awaitable<void> serve(asio::ip::port_type port) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::acceptor acceptor(executor, {tcp::v4(), port});
  for (;;) {
    auto socket = co_await acceptor.async_accept(use_awaitable);
    socket.set_option(tcp::no_delay(true));
    co_spawn(executor, echo(std::move(socket)), asio::detached);
  }
}

}  // namespace

int main(int, char** argv) {
  asio::io_context context(1);
  co_spawn(context, serve(static_cast<asio::ip::port_type>(std::atoi(argv[1]))), asio::detached);
  context.run();
}
