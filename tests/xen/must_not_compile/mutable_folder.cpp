// there are no folders on Xen yet: keep what need not last in memory
#include <string>

#include "sundog/io/devices.hpp"
#include "sundog/io/generic.hpp"
#include "sundog/io/main.hpp"

using namespace sundog;

struct Service : Configuration {
  Parameter<std::string> root{*this, "root", "the folder to keep notes in", "."};
  MutableKeyValueDevice<GenericMutableFolder> notes{*this, "notes", root};
};

Task<void> serve(Service& service) { co_await service.notes->remove("old"); }

int main(int argc, char** argv) { return sundog::main(argc, argv, serve); }
