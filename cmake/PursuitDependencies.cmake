# Everything the build needs. What is missing is reported at once, with the Debian package that brings it.
set(missing "")

function(pursuit_require found name package)
    if(NOT found)
        set(missing "${missing}\n  ${name} not found: install ${package} ${ARGN}" PARENT_SCOPE)
    endif()
endfunction()

if(CMAKE_C_COMPILER_ID MATCHES Clang)
    set(openmp_package libomp-dev)
else()
    set(openmp_package gcc)
endif()

set(HDF5_PREFER_PARALLEL FALSE)
find_package(GSL QUIET)
find_package(HDF5 QUIET COMPONENTS C HL)
find_package(LibYAML QUIET)
find_package(OpenMP QUIET COMPONENTS C)
find_package(XxHash QUIET)
if(PURSUIT_MPI) # AUTO counts as true
    # CMake's search for MPI stops the configuration where a wrapper names headers that are not installed
    # (Debian's openmpi-bin without libopenmpi-dev). So the wrapper compiles a program first.
    find_program(MPI_C_COMPILER NAMES mpicc HINTS ${MPI_HOME} ENV MPI_HOME PATH_SUFFIXES bin
                 DOC "MPI compiler for C")
    mark_as_advanced(MPI_C_COMPILER)
    set(mpi_fails 0)
    if(MPI_C_COMPILER)
        set(mpi_test ${PROJECT_BINARY_DIR}/CMakeFiles/mpi_test)
        file(WRITE ${mpi_test}.c "#include <mpi.h>\nint main(int argc, char **argv)\n"
                                 "{ return MPI_Init(&argc, &argv) || MPI_Finalize(); }\n")
        execute_process(COMMAND ${MPI_C_COMPILER} ${mpi_test}.c -o ${mpi_test}
                        RESULT_VARIABLE mpi_fails OUTPUT_QUIET ERROR_QUIET)
    endif()
    if(mpi_fails EQUAL 0)
        find_package(MPI QUIET COMPONENTS C)
    else()
        message(STATUS "Without MPI: ${MPI_C_COMPILER} cannot compile a program (headers may be missing)")
    endif()
endif()

pursuit_require("${GSL_FOUND}" "GSL" libgsl-dev)
if(HDF5_FOUND AND HDF5_IS_PARALLEL)
    set(HDF5_FOUND FALSE)
endif()
pursuit_require("${HDF5_FOUND}" "HDF5" libhdf5-dev "(serial, C and HL)")
pursuit_require("${LibYAML_FOUND}" "libyaml" libyaml-dev)
pursuit_require("${OpenMP_C_FOUND}" "OpenMP" ${openmp_package})
pursuit_require("${XxHash_FOUND}" "xxHash" libxxhash-dev)
if(PURSUIT_MPI AND NOT PURSUIT_MPI STREQUAL "AUTO")
    pursuit_require("${MPI_C_FOUND}" "MPI" libopenmpi-dev "(or configure with -DPURSUIT_MPI=OFF)")
endif()
if(BUILD_TESTING)
    find_package(CMocka QUIET)
    pursuit_require("${CMocka_FOUND}" "cmocka" libcmocka-dev "(or configure with -DBUILD_TESTING=OFF)")
endif()

if(PURSUIT_SANITIZER STREQUAL "thread")
    # libgomp's barriers are invisible to ThreadSanitizer; Archer tells it about libomp's.
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-resource-dir OUTPUT_VARIABLE resource_dir
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    find_library(PURSUIT_ARCHER archer HINTS "${resource_dir}/../../.." "${resource_dir}/../..")
    pursuit_require("${PURSUIT_ARCHER}" "libarcher" libomp-dev "(ThreadSanitizer needs clang and it)")
endif()

if(missing)
    message(FATAL_ERROR "What pursuit needs is missing:${missing}\n"
                        "On Debian and Ubuntu, scripts/install-deps installs all of it.")
endif()
