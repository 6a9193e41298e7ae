# SPDX-License-Identifier: MIT
# The targets of the network: the program's own sources without main(), over the engine with small
# limits.
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(FUZZ_NETWORK QUIET IMPORTED_TARGET jansson libcurl libmicrohttpd)
endif()
if(NOT FUZZ_NETWORK_FOUND OR NOT MUSTER_WITH_CURL OR NOT MUSTER_WITH_SANDBOX)
  return()
endif()
set(tools ${PROJECT_SOURCE_DIR}/tools)
get_target_property(names muster_network SOURCES)
list(FILTER names EXCLUDE REGEX "main")
list(TRANSFORM names PREPEND ${tools}/)
add_library(muster_small_tools STATIC ${names} fuzz_network.c)
target_include_directories(muster_small_tools PUBLIC ${tools} ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(muster_small_tools PRIVATE muster_warnings
  PUBLIC muster_small PkgConfig::FUZZ_NETWORK Threads::Threads)
add_target(replies muster_small_tools)
add_target(requests muster_small_tools)
