// The file server differs from the website in its devices alone: its pages are a folder's files.
#pragma once

#include <string>

#include "examples/website/site_configuration.hpp"
#include "sundog/io/devices.hpp"
#include "sundog/io/generic.hpp"

namespace file_server {

using namespace sundog;

struct FileServer : website::SiteConfiguration {
  FileServer() : SiteConfiguration("Serves a folder over HTTP.") {}

  ParameterGroup store{*this, "What to serve"};
  Parameter<std::string> root{*this, "root", "the folder to serve", "."};

  KeyValueDevice<GenericFolder> pages{*this, "pages", root};
  WallClockDevice<GenericWallClock> clock{*this, "clock"};
  StackDevice<GenericStack> stack{*this, "stack"};
  ListenerDevice<GenericStack::Listener> listener{*this, "listener", stack, address, port};
};

}  // namespace file_server
