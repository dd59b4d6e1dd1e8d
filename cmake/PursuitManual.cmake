# pursuit.1, written by the program itself from its parameter tables, so that it cannot fall behind.
set(manual_page ${PROJECT_BINARY_DIR}/pursuit.1)
add_custom_command(
    TARGET pursuit POST_BUILD
    COMMAND pursuit manual > ${manual_page}.partial
    COMMAND ${CMAKE_COMMAND} -E rename ${manual_page}.partial ${manual_page}
    COMMENT "Writing pursuit.1"
    VERBATIM)
