# For images: cmake --toolchain PREFIX/lib/sundog/xen/toolchain.cmake, on top of a clang of your choice.
# Link-time optimisation needs an archiver of the compiler's own age.
set(sundog_DIR "${CMAKE_CURRENT_LIST_DIR}/lib/cmake/sundog")
find_program(CMAKE_AR llvm-ar-19)
find_program(CMAKE_RANLIB llvm-ranlib-19)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE MinSizeRel)
endif()
