// The file server differs from the website in its devices alone: its pages are a folder's files.
#pragma once

#include <cstdint>
#include <string>

#include "sundog/io/devices.hpp"
#include "sundog/io/generic.hpp"

namespace file_server {

using namespace sundog;

struct FileServer : Configuration {
  FileServer() : Configuration("Serves a folder over HTTP.") {}

  Parameter<IpAddress> address{*this, "address", "where to listen; 0.0.0.0 or :: for all addresses",
                               IpAddress::loopback_v4()};
  Parameter<std::uint16_t> port{*this, "port", "the port to listen on; 0 for any that is free",
                                8080};
  Parameter<std::string> root{*this, "root", "the folder to serve", "."};

  KeyValueDevice<GenericFolder> pages{*this, "pages", root};
  StackDevice<GenericStack> stack{*this, "stack"};
  ListenerDevice<GenericStack::Listener> listener{*this, "listener", stack, address, port};
};

}  // namespace file_server
