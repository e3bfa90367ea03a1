// there are no folders on Xen yet: compile the files into the program
#include <string>

#include "sundog/io/devices.hpp"
#include "sundog/io/generic.hpp"
#include "sundog/io/main.hpp"

using namespace sundog;

struct Service : Configuration {
  Parameter<std::string> root{*this, "root", "the folder to serve", "."};
  KeyValueDevice<GenericFolder> pages{*this, "pages", root};
};

Task<void> serve(Service& service) {
  const auto page = co_await service.pages->get("index.html");
  static_cast<void>(page->size());
}

int main(int argc, char** argv) { return sundog::main(argc, argv, serve); }
