// first: nobody would receive a value
#include "sundog/runtime/hooks.hpp"

sundog::Task<int> seven() { co_return 7; }
void body() { sundog::at_exit(seven); }
