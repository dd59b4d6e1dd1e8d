# Run as a script: write HEADER with VERSION, the commit of SOURCE, and a checksum of all that the library is built
# from: its sources, COMPILER (name, version and flags), and the options that cmake/PursuitCompiler.cmake adds.
set(folders market pricing agents data experiments)
list(TRANSFORM folders REPLACE "(.+)" "${SOURCE}/\\1/*.[chd]*" OUTPUT_VARIABLE patterns) # .c, .h and .def
file(GLOB_RECURSE sources RELATIVE ${SOURCE} ${patterns})
list(FILTER sources EXCLUDE REGEX "^experiments/(cli|bench|evidence)/")
set(text "")
foreach(file IN LISTS sources ITEMS cmake/PursuitCompiler.cmake)
    file(SHA256 ${SOURCE}/${file} checksum)
    string(APPEND text "${checksum} ${file}\n")
endforeach()
string(SHA256 state "${text}")
string(SHA256 build "${COMPILER}\n${text}")

# A checkout knows its commit, and so does an archive made by git. A plain copy is known by its sources.
string(SUBSTRING ${state} 0 12 commit)
string(PREPEND commit "sources-")
if(EXISTS ${SOURCE}/cmake/commit.txt)
    file(STRINGS ${SOURCE}/cmake/commit.txt archived REGEX "^[0-9a-f]+$")
    if(archived)
        string(SUBSTRING ${archived} 0 12 commit)
    endif()
endif()
find_program(git_program git)
if(git_program)
    # `sudo make install` asks about another user's checkout; that is as good.
    set(git ${git_program} -c safe.directory=${SOURCE} -C ${SOURCE})
    # Of SOURCE itself, not of a checkout that happens to contain it.
    execute_process(COMMAND ${git} rev-parse --show-prefix --short=12 HEAD
                    OUTPUT_VARIABLE output RESULT_VARIABLE failed ERROR_QUIET)
    if(NOT failed AND output MATCHES "^\n([0-9a-f]+)\n$")
        set(commit ${CMAKE_MATCH_1})
        execute_process(COMMAND ${git} status --porcelain --untracked-files=no
                        OUTPUT_VARIABLE changes ERROR_QUIET)
        if(changes)
            string(APPEND commit "-modified")
        endif()
    endif()
endif()

set(text "#ifndef PURSUIT_VERSION_H\n#define PURSUIT_VERSION_H\n")
string(APPEND text "#define PURSUIT_VERSION \"${VERSION}\"\n#define PURSUIT_COMMIT \"${commit}\"\n")
string(APPEND text "#define PURSUIT_BUILD \"${build}\"\n#endif\n")
if(EXISTS ${HEADER})
    file(READ ${HEADER} present)
endif()
if(NOT "${present}" STREQUAL "${text}")
    file(WRITE ${HEADER} "${text}")
endif()
