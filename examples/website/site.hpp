// The website's service: any store's pages, to every connection of any listener, until it is told
// to stop.
#pragma once

#include <utility>

#include "sundog/io/http/operator_pages.hpp"
#include "sundog/io/http/serve_files.hpp"
#include "sundog/io/http/server.hpp"
#include "sundog/io/key_value.hpp"
#include "sundog/runtime/scope.hpp"

namespace website {

using namespace sundog;

// `told_to_stop` ends when the site shall stop: then nobody new is let in, and what is under way is
// finished. `operator_pages`, if not null, stand before the site's own.
template <KeyValue Pages, Listener L>
Task<void> serve_site(Pages& pages, L listener, Task<void> told_to_stop,
                      http::ServerOptions options, http::FileOptions file_options = {},
                      const http::OperatorPages* operator_pages = nullptr) {
  const auto answer = [&pages, &file_options, operator_pages](auto& exchange) {
    if (operator_pages != nullptr && operator_pages->has(exchange))
      return operator_pages->answer(exchange);
    return http::serve_files(pages, exchange, file_options);
  };
  http::Server server(std::move(listener), answer, std::move(options));
  const auto stop = [&server](Task<void> told) -> Task<void> {
    co_await std::move(told);
    server.stop();
  };
  const auto serve = [&](Scope& tasks) -> Task<void> {
    tasks.spawn(stop, std::move(told_to_stop));
    co_await server.run();
  };
  co_await scope(serve);
}

}  // namespace website
