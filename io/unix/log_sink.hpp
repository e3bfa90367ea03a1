// Where log messages go on Unix: to standard error, one line each, with the local time; in colours
// on a terminal.
//
//   2026-11-23 08:00:00.123 warning loop: a task held the loop for 52 ms ...
//
// Written by spdlog, which no header of this project includes. Lines from several threads do not
// mix.
#pragma once

namespace sundog {

// From now on; once, before the first message of another thread.
void log_to_standard_error();

}  // namespace sundog
