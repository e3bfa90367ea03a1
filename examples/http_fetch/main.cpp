// A client:  ./sundog run http_fetch --url=http://localhost:8080/
//
// Prints the status, an empty line and the content; with --head the response's fields as well. With
// --output=FILE the content goes to a file, and a fetch that was broken off is taken up again.
#include "sundog/io/main.hpp"
#include "examples/http_fetch/config.hpp"
#include "examples/http_fetch/download.hpp"
#include "examples/http_fetch/progress_bar.hpp"
#include "sundog/io/connect.hpp"
#include "sundog/io/console.hpp"
#include "sundog/io/http/fetch.hpp"

using namespace sundog;
using http_fetch::Download;
using http_fetch::HttpFetch;
using http_fetch::ProgressBar;

Task<void> fetch_and_print(HttpFetch& asked) {
  http::FetchOptions options;
  if (*asked.head) options.method = http::Method::head;
  if (asked.data.given()) {
    options.method = http::Method::post;
    options.content = *asked.data;
  }
  options.timeout = *asked.limit;
  options.redirect_count_max = static_cast<std::size_t>(*asked.redirects);

  const auto connect_to = [&](std::string host, std::uint16_t port) {
    return connect(*asked.stack, *asked.resolver, std::move(host), port);
  };
  if (!asked.output->empty()) {
    // How long a page of any size may take is only known to who asks for it.
    if (!asked.limit.given()) options.timeout = std::chrono::hours(24 * 365);
    http::Client client(connect_to);
    ProgressBar bar(*asked.progress && is_console_watched());
    GenericPartFile file = co_await GenericPartFile::open(*asked.output);
    Download download(*asked.url, file, options, bar);
    co_await download.run(client);
    co_return;
  }
  const http::Response response = co_await http::fetch(connect_to, *asked.url, options);
  print("{} {}\n", http::code_of(response.status), response.reason);
  if (*asked.head) {
    for (const auto& field : response.fields) print("{}: {}\n", field.first, field.second);
  }
  print("\n");
  write_console(response.content);
}

int main(int argc, char** argv) { return sundog::main(argc, argv, fetch_and_print); }
