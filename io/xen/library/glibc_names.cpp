// Two names of glibc's that musl lacks. The stock libstdc++ was built for glibc and refers to them.
extern "C" {
// libstdc++ then counts shared_ptr's references without locks.
char __libc_single_threaded = 1;
void* __dso_handle = nullptr;
}
