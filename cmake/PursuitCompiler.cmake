# How everything is compiled. One binary runs on every machine of an architecture: no -march=native.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo" FORCE)
endif()

if(PURSUIT_SANITIZER)
    add_compile_options(-fsanitize=${PURSUIT_SANITIZER} -fno-omit-frame-pointer
                        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${PURSUIT_SANITIZER})
endif()

function(pursuit_compile_options target)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    # No contraction into fused multiply-adds: what comes out does not depend on whether the compiler may
    # fuse multiply and add.
    target_compile_options(${target} PRIVATE -ffp-contract=off)
    target_compile_options(
        ${target} PRIVATE -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
                          -Wcast-qual -Wpointer-arith -Wwrite-strings)
    if(PURSUIT_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
endfunction()

# Files of kernels (*_kernels.c) are compiled once more for each level of vector instructions; which one
# runs is found out when the program starts (market/base/simd.h). Without the traps and the errno of floating
# point, which nobody here asks for, compilers make vectors of loops with choices in them.
function(pursuit_kernels target)
    get_target_property(all ${target} SOURCES)
    list(FILTER all INCLUDE REGEX "_kernels\\.c$")
    set(options -fno-trapping-math -fno-math-errno)
    set_source_files_properties(${all} PROPERTIES COMPILE_OPTIONS "${options}")
    if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
        return()
    endif()
    target_compile_definitions(${target} PUBLIC PP_SIMD_LEVELS)
    set(avx2 -mavx2)
    set(avx512 -mavx512f -mavx512dq -mavx512bw -mavx512vl -mprefer-vector-width=512)
    foreach(level IN ITEMS avx2 avx512)
        add_library(${target}_${level} OBJECT ${all})
        pursuit_compile_options(${target}_${level})
        target_compile_definitions(${target}_${level} PRIVATE PP_SIMD_SUFFIX=${level} PP_SIMD_LEVELS)
        target_compile_options(${target}_${level} PRIVATE ${${level}})
        target_include_directories(${target}_${level} PRIVATE ${PROJECT_SOURCE_DIR})
        target_link_libraries(${target}_${level} PRIVATE GSL::gsl)
        target_sources(${target} INTERFACE $<TARGET_OBJECTS:${target}_${level}>)
        list(APPEND objects $<TARGET_OBJECTS:${target}_${level}>)
    endforeach()
    set(pursuit_kernel_objects ${objects} PARENT_SCOPE)
endfunction()
