// Serves the slide deck:  ./sundog run website [--port=8080] [--address=127.0.0.1] [--root=FOLDER]
#include <csignal>
#include <ctime>

#include "examples/website/config.hpp"
#include "examples/website/site.hpp"
#include "io/console.hpp"
#include "io/main.hpp"
#include "io/unix/signals.hpp"

namespace {

using namespace sundog;
using website::Website;

// Where a browser finds the site: an address that stands for all of this machine's is reached as
// localhost.
std::string url_of(const Address& address) {
  const bool any =
      address == Address::ip("0.0.0.0", address.port()) || address == Address::any(address.port());
  return "http://" + (any ? "localhost:" + std::to_string(address.port()) : address.to_string()) +
         "/";
}

Task<void> told_to_stop() {
  Signals stop({SIGTERM, SIGINT});
  const int number = co_await stop.next();
  log::info("stopping: signal {}", number);
}

Task<void> serve(Website& site) {
  print("{}\n", url_of(site.listener->local_address()));
  http::ServerOptions options;
  options.wall_clock_s = [] { return static_cast<std::int64_t>(std::time(nullptr)); };
  co_await website::serve_site(*site.pages, std::move(*site.listener), told_to_stop(), options);
}

}  // namespace

int main(int argc, char** argv) { return sundog::main(argc, argv, serve); }
