// Echo:  ./sundog run echo [--address=127.0.0.1:7007]   and then, elsewhere:  nc localhost 7007
#include "examples/echo/config.hpp"
#include "examples/echo/echo.hpp"
#include "sundog/io/console.hpp"
#include "sundog/io/main.hpp"
#include "sundog/io/stop_request.hpp"
#include "sundog/runtime/pick.hpp"

namespace {

using namespace sundog;

Task<void> serve(echo::Echo& service) {
  print("listening on {}\n", service.listener->local_address().to_string());
  StopRequest stop;
  co_await pick(echo::serve(std::move(*service.listener)), stop.next());
}

}  // namespace

int main(int argc, char** argv) { return sundog::main(argc, argv, serve); }
