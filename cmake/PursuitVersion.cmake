# pursuit_version.h: PURSUIT_VERSION and PURSUIT_COMMIT, looked up at every build but rewritten only when
# they change, so that a results file says which code made it.
set(version_header ${PROJECT_BINARY_DIR}/generated/pursuit_version.h)
add_custom_target(
    pursuit_version_header
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DHEADER=${version_header}
            -DVERSION=${PROJECT_VERSION} -P ${PROJECT_SOURCE_DIR}/cmake/WriteVersion.cmake
    BYPRODUCTS ${version_header}
    COMMENT "Looking up the commit"
    VERBATIM)
add_library(pursuit_version INTERFACE)
add_dependencies(pursuit_version pursuit_version_header)
target_include_directories(pursuit_version INTERFACE ${PROJECT_BINARY_DIR}/generated)
