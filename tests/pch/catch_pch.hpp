// Precompiled once for each test program: reading Catch2 takes longer than compiling most tests.
#pragma once
#include "tests/catch.hpp"
