// The main function of every Catch2 test program. Version 3 brings its own, and then this file is
// not compiled.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
