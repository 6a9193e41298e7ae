# SPDX-License-Identifier: MIT
# The engine once more with small limits, so that a few hundred bytes reach a second chunk, a second
# thread, a second group of a snapshot, a value that is too long.
set(small CHUNK_SIZE=256U WINDOW_SIZE=128U PARALLEL_WORTH_SIZE=512U PARALLEL_WORTH_ROWS=4U RANGE_WORTH_USERS=8U
  RANGE_START_REACH=4U FIELD_SIZE_MAX=300
  ROW_NEAR_SIZE=200 ARENA_BLOCK_SIZE=64U GROUP_SHIFT=2 CIRCLE_NAMED_MAX=4 CAUSE_COUNT_MAX=16
  LIBCSV_BLOCK_SIZE=512U)
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
