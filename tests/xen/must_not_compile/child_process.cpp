// there is no Unix process around a program on Xen
#include "sundog/io/unix/process.hpp"

void list() { sundog::Process::start({"/bin/ls"}); }
