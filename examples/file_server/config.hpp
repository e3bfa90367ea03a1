// The file server differs from the website in its devices alone: its pages are a folder's files.
#pragma once

#include <cstdint>
#include <string>

#include "examples/website/port.hpp"
#include "sundog/io/devices.hpp"
#include "sundog/io/unix/folder.hpp"

namespace file_server {

using namespace sundog;

struct FileServer : Configuration {
  FileServer() : Configuration("Serves a folder over HTTP.") {}

  Parameter<std::string> address{*this, "address", "the IP address to listen on", "127.0.0.1"};
  Parameter<std::uint16_t> port{*this, "port", "the port to listen on; 0 for any that is free",
                                8080};
  Parameter<std::string> root{*this, "root", "the folder to serve", "."};

  KeyValueDevice<Folder> pages{*this, "pages", root};
  ListenerDevice<website::Port> listener{*this, "listener", address, port};
};

}  // namespace file_server
