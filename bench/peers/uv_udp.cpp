// UDP echo on libuv; a reply is tried at once, as its documentation advises where order is free.
#include <netinet/in.h>
#include <uv.h>

#include <cstdlib>

namespace {

char datagram[65536];

void give_buffer(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
  *buffer = uv_buf_init(datagram, sizeof datagram);
}

void on_datagram(uv_udp_t* socket, ssize_t count, const uv_buf_t* buffer, const sockaddr* peer,
                 unsigned) {
  if (count <= 0 || peer == nullptr) return;
  const uv_buf_t reply = uv_buf_init(buffer->base, static_cast<unsigned>(count));
  uv_udp_try_send(socket, &reply, 1, peer);
}

}  // namespace

int main(int, char** argv) {
  uv_loop_t* const loop = uv_default_loop();
  uv_udp_t socket;
  uv_udp_init(loop, &socket);
  sockaddr_in address;
  uv_ip4_addr("0.0.0.0", std::atoi(argv[1]), &address);
  uv_udp_bind(&socket, reinterpret_cast<const sockaddr*>(&address), 0);
  const int status = uv_udp_recv_start(&socket, give_buffer, on_datagram);
  return status != 0 ? 1 : uv_run(loop, UV_RUN_DEFAULT);
}
