// because 'wrong_device::Shelf' does not satisfy 'KeyValue'
#include "sundog/io/devices.hpp"

namespace wrong_device {

class Shelf {};

struct Site : sundog::Configuration {
  sundog::KeyValueDevice<Shelf> files{*this, "files"};
};

}  // namespace wrong_device
