// What hello_key can be told when it starts.
#pragma once

#include "sundog/io/configuration.hpp"

namespace hello_key {

using namespace sundog;
using namespace std::chrono_literals;

struct HelloKey : Configuration {
  HelloKey() : Configuration("Says something, again and again.") {}

  Parameter<std::string> hello{*this, "hello", "what to say", "Hello World!"};
  Parameter<int> count{*this, "count", "how often", 4, {1, 1000}};
  Parameter<Duration> pause{*this, "pause", "how long to wait in between", 250ms};
};

}  // namespace hello_key
