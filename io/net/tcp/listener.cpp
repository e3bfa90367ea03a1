#include "sundog/io/net/tcp/listener.hpp"

namespace sundog::net::tcp {

DirectConnection AcceptOne::await_resume() {
  if (error_ != std::errc{}) {
    throw std::system_error(std::make_error_code(error_),
                            "cannot accept at " + listener_->bound().to_string());
  }
  return DirectConnection(std::exchange(accepted_, SocketHandle()));
}

bool AcceptOne::try_now() {
  if (listener_->closed()) {
    error_ = std::errc::bad_file_descriptor;
    return true;
  }
  if (listener_->backlog_count() == 0) {
    if (!listener_->finished()) return false;
    error_ = std::errc::operation_canceled;
    return true;
  }
  accepted_ = listener_->take();
  return true;
}

std::string AcceptOne::describe() const {
  return "connection at " + listener_->bound().to_string();
}

}  // namespace sundog::net::tcp
