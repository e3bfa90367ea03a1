// What the C library has and a domain has no use for, defined here so that the library's own stays
// out of the image: translated messages, locks between threads, and the signal that ends a process.
#include <libintl.h>
#include <pthread.h>

#include <cstdlib>

#include "sundog/io/xen/crash.hpp"

extern "C" {
// libstdc++ passes the texts of its exceptions through this.
char* gettext(const char* text) noexcept { return const_cast<char*>(text); }

void abort() noexcept { sundog::xen::crash("abort() was called"); }

// One thread: every lock is free.
int pthread_mutex_lock(pthread_mutex_t*) noexcept { return 0; }
int pthread_mutex_unlock(pthread_mutex_t*) noexcept { return 0; }
void __lock(volatile int*) noexcept {}  // the C library's own
void __unlock(volatile int*) noexcept {}
}
