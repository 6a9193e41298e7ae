# SPDX-License-Identifier: MIT
# The engine once more, with small limits.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS small_limits)
file(STRINGS small_limits small REGEX "^[A-Z]")
get_target_property(names muster_objects SOURCES)
foreach(name IN LISTS names)
  set(source ${PROJECT_SOURCE_DIR}/engine/${name})
  get_source_file_property(width ${source} DIRECTORY ${PROJECT_SOURCE_DIR}/engine COMPILE_OPTIONS)
  if(width)
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${width}")
  endif()
  list(APPEND sources ${source})
endforeach()
list(APPEND sources ${PROJECT_SOURCE_DIR}/engine/csv/scanner_libcsv.c fuzz.c
  fuzz_reading.c)

function(add_small library)
  add_library(${library} STATIC ${sources})
  target_compile_definitions(${library} PUBLIC ${small})
  target_include_directories(${library} PUBLIC ${PROJECT_SOURCE_DIR}/include
    ${PROJECT_SOURCE_DIR}/engine ${CMAKE_CURRENT_SOURCE_DIR} PRIVATE ${XXHASH_INCLUDE})
  target_link_libraries(${library} PRIVATE muster_warnings PUBLIC Threads::Threads ${CSV_LIBRARY})
endfunction()
