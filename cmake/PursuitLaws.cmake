# law_tables.c: nodes of the laws that the published market has by default, so that a program need not tabulate them when it
# starts. A small program made of market/ alone writes it. Where that cannot run, the tables are empty; nor does CMake take a
# rule for a file whose path has a #.
set(law_tables ${PROJECT_BINARY_DIR}/generated/law_tables.c)
if((CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR) OR law_tables MATCHES "#")
    file(CONFIGURE OUTPUT ${law_tables}
         CONTENT "#include \"market/law_tables.h\"\nconst pp_law_table pp_law_tables[] = {{0, 0, 0, NULL}};\n\
const double pp_law_cumulative[1];\nconst size_t pp_law_cumulative_count = 0;\n")
else()
    file(GLOB_RECURSE market_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/market/*.c)
    add_executable(tabulate_laws ${PROJECT_SOURCE_DIR}/cmake/tabulate_laws.c ${market_sources})
    pursuit_compile_options(tabulate_laws)
    target_compile_definitions(tabulate_laws PRIVATE PP_LAW_RECORD)
    target_include_directories(tabulate_laws PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(tabulate_laws PRIVATE GSL::gsl OpenMP::OpenMP_C pursuit_version m)
    add_custom_command(
        OUTPUT ${law_tables}
        COMMAND tabulate_laws ${law_tables}.partial
        COMMAND ${CMAKE_COMMAND} -E rename ${law_tables}.partial ${law_tables}
        DEPENDS tabulate_laws
        COMMENT "Tabulating the published market's laws"
        VERBATIM)
endif()
target_sources(pursuit_objects PRIVATE ${law_tables})
