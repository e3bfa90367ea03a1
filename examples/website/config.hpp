// What the website is made of, and what it can be told when it starts. The service itself is
// site.hpp.
#pragma once

#include <string>
#include <utility>

#include "examples/website/embedded_deck.hpp"
#include "examples/website/site_configuration.hpp"
#include "sundog/io/devices.hpp"
#include "sundog/io/either_key_value.hpp"
#include "sundog/io/embedded_files.hpp"
#include "sundog/io/generic.hpp"

namespace website {

using namespace sundog;

// The folder `root`, or the deck that was compiled in where none is given.
class Pages : public EitherKeyValue<GenericFolder, EmbeddedFiles> {
 public:
  using EitherKeyValue::EitherKeyValue;
  static Task<Pages> connect(const std::string& root, const EmbeddedFiles& deck) {
    if (root.empty()) co_return Pages(deck);
    co_return Pages(co_await GenericFolder::connect(root));
  }
};

struct Website : SiteConfiguration {
  Website() : SiteConfiguration("Serves the slides that teach Sundog.") {}

  ParameterGroup store{*this, "What to serve"};
  Parameter<std::string> root{*this, "root", "a folder to serve instead of the slides compiled in",
                              ""};

  KeyValueDevice<Pages> pages{*this, "pages", root, embedded_deck};
  WallClockDevice<GenericWallClock> clock{*this, "clock"};
  StackDevice<GenericStack> stack{*this, "stack"};
  ListenerDevice<GenericStack::Listener> listener{*this, "listener", stack, address, port};
};

}  // namespace website
