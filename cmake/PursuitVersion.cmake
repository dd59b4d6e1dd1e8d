# pursuit_version.h: PURSUIT_VERSION, PURSUIT_COMMIT and PURSUIT_BUILD, looked up at every build but rewritten only
# when they change, so that a results file says which code made it.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
set(compiler "${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION} ${CMAKE_SYSTEM_PROCESSOR}"
             "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${build_type}} ${PURSUIT_SANITIZER}")
list(JOIN compiler " " compiler)
set(version_header ${PROJECT_BINARY_DIR}/generated/pursuit_version.h)
set(write_version ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DHEADER=${version_header}
                  -DVERSION=${PROJECT_VERSION} -DCOMPILER=${compiler} -P ${PROJECT_SOURCE_DIR}/cmake/WriteVersion.cmake)
add_library(pursuit_version INTERFACE)
target_include_directories(pursuit_version INTERFACE ${PROJECT_BINARY_DIR}/generated)
if(NOT version_header MATCHES "#")
    add_custom_target(pursuit_version_header COMMAND ${write_version} BYPRODUCTS ${version_header}
                      COMMENT "Looking up the commit" VERBATIM)
    add_dependencies(pursuit_version pursuit_version_header)
else()
    # CMake refuses a rule for a file whose path has a #. So the commit is looked up when CMake configures,
    # which it does again once a source changes.
    execute_process(COMMAND ${write_version})
    file(GLOB_RECURSE inputs market/*.[chd]* pricing/*.[chd]* agents/*.[chd]* data/*.[chd]* experiments/*.[chd]*)
    file(GLOB log .git/logs/HEAD)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${inputs} ${log})
endif()
