// UDP echo on Asio's coroutines.
#include <asio.hpp>
#include <cstdlib>

using asio::awaitable;
using asio::use_awaitable;
using asio::ip::udp;

namespace {

awaitable<void> serve(asio::ip::port_type port) {
  udp::socket socket(co_await asio::this_coro::executor, {udp::v4(), port});
  char data[2048];
  for (;;) {
    udp::endpoint peer;
    const auto count = co_await socket.async_receive_from(asio::buffer(data), peer, use_awaitable);
    co_await socket.async_send_to(asio::buffer(data, count), peer, use_awaitable);
  }
}

}  // namespace

int main(int, char** argv) {
  asio::io_context context(1);
  co_spawn(context, serve(static_cast<asio::ip::port_type>(std::atoi(argv[1]))), asio::detached);
  context.run();
}
