// What a child of fork() may do.
//
// A fork copies the memory and the descriptors of a process, and one of its threads: the one that
// called. The main loop of that thread, its ring or epoll, and every other thread stay with the
// parent. So:
//
//  - Forked outside of run(), the child is a process like any other: it may exit, exec, and run()
//    tasks, with threads, signals and a log of its own. (To start another program, Process is
//    simpler, and closes the descriptors that the child should not have.)
//  - Forked inside of a task, the child has left the loop. It may exec, _exit, exit, or run() a
//    task of its own, all before the task that forked waits or ends: whatever comes back to the
//    loop that is the parent's aborts, with a message that says so. The same goes for a child that
//    offloaded work forks, and the end of that work. Tasks, notifiers and mailboxes
//    of the parent's loop do nothing there; a socket or file can be closed.
//
// The parent notices nothing of either. Both hold the same open sockets, files and offsets, as
// after any fork(): a connection ends for the peer when the last of them has closed it. Fair
// choices go on from the same state in both. vfork() and clone() are not fork(): nothing here
// learns of them, and their children may only exec.
//
// LeakSanitizer, at the exit of a child, takes the parent's threads for its own, and may report
// memory to which only they or the parent's ring pointed: let the child _exit, or run it with
// ASAN_OPTIONS=detect_leaks=0.
#pragma once

#include <cstdint>

namespace sundog {

namespace detail {
extern constinit std::uint32_t fork_generation;
}

// How many forks this process is away from the one that began: another number than in the process
// that an object was made in means that the object is somebody else's.
inline std::uint32_t fork_generation() noexcept { return detail::fork_generation; }

}  // namespace sundog
