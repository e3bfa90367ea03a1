// Refuses compilers that turn correct coroutines into wrong programs, before they do.
//
// g++ 12 destroys the temporaries of a co_await twice and skips bodies (GCC PR 99576, 106188);
// clang before 17 may write to a frame after it was suspended (llvm-project#56301).
#pragma once

#if __cplusplus < 202002L
#error "Sundog is C++20: add -std=c++20 to the compiler's flags"
#elif defined(__clang__)
#if __clang_major__ < 17
#error "this clang miscompiles coroutines: use clang 17 or later, on Debian 12 clang++-19"
#endif
#elif defined(__GNUC__) && __GNUC__ < 13
#error "this g++ miscompiles coroutines: use clang 17 or later, on Debian 12 clang++-19, or g++ 13"
#endif
