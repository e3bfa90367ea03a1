// What the C library has and a domain has no use for, defined here so that the library's own stays
// out of the image: translated messages, and locks between threads.
#include <libintl.h>
#include <pthread.h>

extern "C" {
// libstdc++ passes the texts of its exceptions through this.
char* gettext(const char* text) noexcept { return const_cast<char*>(text); }

// One thread: every lock is free.
int pthread_mutex_lock(pthread_mutex_t*) noexcept { return 0; }
int pthread_mutex_unlock(pthread_mutex_t*) noexcept { return 0; }
}
