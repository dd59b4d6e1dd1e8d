# Run as a script: write HEADER with VERSION and the commit of SOURCE ("unknown" outside a checkout).
set(commit "unknown")
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
string(APPEND text "#define PURSUIT_VERSION \"${VERSION}\"\n#define PURSUIT_COMMIT \"${commit}\"\n#endif\n")
if(EXISTS ${HEADER})
    file(READ ${HEADER} present)
endif()
if(NOT "${present}" STREQUAL "${text}")
    file(WRITE ${HEADER} "${text}")
endif()
