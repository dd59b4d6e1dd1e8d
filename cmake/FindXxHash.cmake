# xxHash's XXH3, its header alone: XxHash::XxHash. Debian: libxxhash-dev.
find_path(XxHash_INCLUDE_DIR xxhash.h)
mark_as_advanced(XxHash_INCLUDE_DIR)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(XxHash DEFAULT_MSG XxHash_INCLUDE_DIR)
if(XxHash_FOUND AND NOT TARGET XxHash::XxHash)
    # Imported, so its headers are system headers and our warnings do not apply to them.
    add_library(XxHash::XxHash INTERFACE IMPORTED)
    set_target_properties(XxHash::XxHash PROPERTIES INTERFACE_INCLUDE_DIRECTORIES
                                                    "${XxHash_INCLUDE_DIR}")
endif()
