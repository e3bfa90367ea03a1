// there are no disks on Xen yet: use one in memory
#include <string>

#include "sundog/io/devices.hpp"
#include "sundog/io/generic.hpp"
#include "sundog/io/main.hpp"

using namespace sundog;

struct Service : Configuration {
  Parameter<std::string> image{*this, "image", "the disk's image", "disk.img"};
  BlockDevice<GenericDisk> disk{*this, "disk", image};
};

Task<void> serve(Service& service) { co_await service.disk->flush(); }

int main(int argc, char** argv) { return sundog::main(argc, argv, serve); }
