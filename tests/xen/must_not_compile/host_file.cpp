// there is no Unix process around a program on Xen
#include "sundog/io/unix/file.hpp"

sundog::Task<void> read() { auto file = co_await sundog::File::open("notes", O_RDONLY); }
