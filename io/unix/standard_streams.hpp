// The descriptors 0, 1 and 2 are standard input, output and error, whatever becomes of them.
//
// A program that is started with one of them closed would get its number for the first socket or
// file that it opens; from then on log lines and reports go to a peer, or over a user's file. So
// main() and run() first put /dev/null in the place of each that is closed: its input is at its
// end, its output goes nowhere.
//
// That is done when a main loop begins, not all the time: code that closes one of the three while
// it runs must put something else there at once (dup2(2) does both in one step).
#pragma once

namespace sundog {

// Throws std::system_error where not even a descriptor is available.
void occupy_standard_streams();

}  // namespace sundog
