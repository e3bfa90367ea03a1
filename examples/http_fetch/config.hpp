// What http_fetch is made of, and what it can be told when it starts.
#pragma once

#include <string>

#include "sundog/io/devices.hpp"
#include "sundog/io/generic.hpp"

namespace http_fetch {

using namespace sundog;
using namespace std::chrono_literals;

struct HttpFetch : Configuration {
  HttpFetch() : Configuration("Fetches a page and prints it.") {}

  Parameter<std::string> url{*this, "url", "what to fetch; http only", "http://localhost:8080/"};
  Parameter<bool> head{*this, "head", "fetch the head alone, and print it", false};
  Parameter<std::string> data{*this, "data", "send this with POST, instead of asking with GET", ""};
  Parameter<std::string> output{
      *this, "output", "a file to put the page in; what is there of it from before is completed",
      ""};
  Parameter<bool> progress{*this, "progress", "shows how far it has come", true};
  Parameter<Duration> limit{*this, "limit", "how long all of it may take", 30s};
  Parameter<int> redirects{*this, "redirects", "how many redirects to follow", 10, {0, 100}};

  StackDevice<GenericStack> stack{*this, "stack"};
  ResolverDevice<GenericResolver> resolver{*this, "resolver", stack};
};

}  // namespace http_fetch
