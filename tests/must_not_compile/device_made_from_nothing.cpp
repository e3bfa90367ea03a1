// the implementation has no constructor (nor `connect`) that takes these inputs
#include "sundog/io/devices.hpp"
#include "sundog/io/embedded_files.hpp"

namespace {

struct Site : sundog::Configuration {
  sundog::Parameter<int> root{*this, "root", "which folder", 1};
  sundog::KeyValueDevice<sundog::EmbeddedFiles> files{*this, "files", root};
};

Site site;

}  // namespace
