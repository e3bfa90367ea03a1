// The domain's console: a page of two rings shared with the toolstack's console daemon
// (xen/io/console.h).
//
// Writing never blocks and never fails. What does not fit into the ring (2 KiB) is kept in a buffer
// of backlog_bytes and moves on as the daemon reads; what does not fit there either is dropped, and
// the count of dropped bytes is printed once there is room. The daemon limits a domain's rate on
// purpose, so that waiting for it would let anybody who prints stop the domain.
//
// Before open_console, bytes go to Xen's own log through port 0xE9 (`xl dmesg`): an exit for each
// byte, for early messages only.
#pragma once

#include <cstddef>
#include <string_view>

namespace sundog::xen {

// What is kept while the ring is full.
inline constexpr std::size_t backlog_bytes = 16 * 1024;

// Maps the ring that the toolstack made and listens for the daemon's events. To be done again after
// a resume.
void open_console();

// Line feeds become carriage return and line feed.
void write_console(std::string_view text) noexcept;
// The same without telling the daemon yet, which costs a hypercall: for a text that comes in
// pieces.
void append_console(std::string_view text) noexcept;

// Waits until the daemon has read everything, or for a second: for the moments before the domain
// stops.
void drain_console() noexcept;

// What was typed: copies at most `size` bytes and returns how many; 0 when nothing waits.
std::size_t read_console(char* buffer, std::size_t size) noexcept;

// Called from the poller whenever input has come; one reader at a time, null for none.
void on_console_input(void (*callback)(void*), void* context) noexcept;

}  // namespace sundog::xen
