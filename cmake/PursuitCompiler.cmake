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
