// TCP echo on libuv, after the shape of its guide: one buffer a read, freed when the write is done.
#include <netinet/in.h>
#include <uv.h>

#include <cstdlib>

namespace {

struct Write {
  uv_write_t request;
  uv_buf_t buffer;
};

void give_buffer(uv_handle_t*, std::size_t size, uv_buf_t* buffer) {
  buffer->base = static_cast<char*>(std::malloc(size));
  buffer->len = size;
}

void close_handle(uv_stream_t* stream) {
  uv_close(reinterpret_cast<uv_handle_t*>(stream),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); });
}

void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  if (count <= 0) {
    std::free(buffer->base);
    if (count < 0) close_handle(stream);
    return;
  }
  auto* const write = new Write{};
  write->buffer = uv_buf_init(buffer->base, static_cast<unsigned>(count));
  uv_write(&write->request, stream, &write->buffer, 1, [](uv_write_t* request, int) {
    auto* const done = reinterpret_cast<Write*>(request);
    std::free(done->buffer.base);
    delete done;
  });
}

void on_connection(uv_stream_t* server, int status) {
  if (status < 0) return;
  auto* const client = new uv_tcp_t;
  auto* const stream = reinterpret_cast<uv_stream_t*>(client);
  uv_tcp_init(server->loop, client);
  if (uv_accept(server, stream) < 0) return close_handle(stream);
  uv_tcp_nodelay(client, 1);
  uv_read_start(stream, give_buffer, on_read);
}

}  // namespace

int main(int, char** argv) {
  uv_loop_t* const loop = uv_default_loop();
  uv_tcp_t server;
  uv_tcp_init(loop, &server);
  sockaddr_in address;
  uv_ip4_addr("0.0.0.0", std::atoi(argv[1]), &address);
  uv_tcp_bind(&server, reinterpret_cast<const sockaddr*>(&address), 0);
  const int status = uv_listen(reinterpret_cast<uv_stream_t*>(&server), SOMAXCONN, on_connection);
  return status != 0 ? 1 : uv_run(loop, UV_RUN_DEFAULT);
}
