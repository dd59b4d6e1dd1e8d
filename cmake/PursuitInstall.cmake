# What `cmake --install` puts where, and the files by which other projects find it.
include(CMakePackageConfigHelpers)

# What users may include. Test `package` compiles each alone, so none can lean on one that is not here, and holds
# what the library exports against what these headers declare PP_API.
set(public_headers
    market/accounts.h market/choice.h market/config.h market/customers.h market/economics.h market/base/error.h market/distribution.h
    market/base/param.h market/base/param_rows.h market/population/population.h market/prices.h market/random.h market/schema.h
    market/base/stop.h market/breakdown.h
    pricing/break_even.h pricing/config.h pricing/conversion.h pricing/history.h pricing/limits.h pricing/pipeline.h pricing/portfolio.h
    agents/agent.h agents/planning/sale_model.h
    data/csv/read.h data/results/results.h data/results/read.h data/hdf5/value_type.h
    experiments/engine/run.h experiments/setup/experiment.h experiments/scenario/problems.h
    experiments/scenario/scenario.h experiments/scenario/schema.h experiments/scenario/starter.h
    experiments/stats/stats.h)
foreach(header IN LISTS public_headers)
    get_filename_component(folder ${header} DIRECTORY)
    install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pursuit/${folder})
endforeach()
install(FILES experiments/pursuit.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pursuit)

install(TARGETS pursuit_library EXPORT pursuitTargets)
install(EXPORT pursuitTargets NAMESPACE pursuit:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pursuit)

if(TARGET pursuit)
    install(TARGETS pursuit)
    install(FILES ${manual_page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()

configure_package_config_file(
    cmake/pursuitConfig.cmake.in ${PROJECT_BINARY_DIR}/pursuitConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pursuit)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pursuitConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pursuitConfig.cmake ${PROJECT_BINARY_DIR}/pursuitConfigVersion.cmake
              cmake/FindLibYAML.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pursuit)

file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_to_prefix ${pc_to_prefix})
configure_file(cmake/pursuit.pc.in ${PROJECT_BINARY_DIR}/pursuit.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pursuit.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

file(GLOB scenarios CONFIGURE_DEPENDS scenarios/*.yaml)
install(FILES ${scenarios} DESTINATION ${CMAKE_INSTALL_DATADIR}/pursuit/scenarios)
foreach(document LICENSE README.md CHANGELOG.md)
    if(EXISTS ${PROJECT_SOURCE_DIR}/${document})
        install(FILES ${document} DESTINATION ${CMAKE_INSTALL_DOCDIR})
    endif()
endforeach()
