# Why this compiler cannot be used, in sundog_NOT_FOUND_MESSAGE; unset when it can.
unset(sundog_NOT_FOUND_MESSAGE)
if(NOT CMAKE_CXX_COMPILER_ID)
  set(sundog_NOT_FOUND_MESSAGE
      "Sundog is C++: write project(NAME LANGUAGES CXX) before find_package(sundog).")
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  set(sundog_NOT_FOUND_MESSAGE
      "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles everyday coroutines without a word. Use clang 17 or later, \
or g++ 13 or later: in a fresh build folder, cmake -DCMAKE_CXX_COMPILER=clang++-19 ...")
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 17)
  set(sundog_NOT_FOUND_MESSAGE
      "clang ${CMAKE_CXX_COMPILER_VERSION} may write to a coroutine's frame after suspending it. Use clang 17 or \
later: in a fresh build folder, cmake -DCMAKE_CXX_COMPILER=clang++-19 ...")
endif()
