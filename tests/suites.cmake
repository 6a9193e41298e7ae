# SPDX-License-Identifier: MIT
# The suites of the later stages, of the program, and of the independent reading in Python.
find_package(PkgConfig REQUIRED)
pkg_check_modules(JANSSON_TEST REQUIRED IMPORTED_TARGET jansson)

foreach(unit diff partners judge replace snapshot_read snapshot_write escape privacy report
    report_jsonl report_text_plan plan_forecast plan_guards plan_names plan_people plan_replay plan_round_trip
    plan_scope plan_slot_map plan_text plan_tree plan_tree_order)
  add_suite(${unit} muster_static 240 unit/test_${unit}.c)
endforeach()
# How far ranges are looked for, and a seed that is known.
add_suite(diff_walks muster_small 120 unit/test_diff_walks.c)
add_suite(diff_collisions muster_static 60 unit/test_diff_collisions.c)
target_link_options(test_diff_collisions PRIVATE -Wl,--wrap=getrandom)

add_suite(options muster_static 60 unit/test_options.c ${PROJECT_SOURCE_DIR}/tools/options.c
  ${PROJECT_SOURCE_DIR}/tools/terminal.c ${PROJECT_SOURCE_DIR}/tools/utf8.c)
target_include_directories(test_options PRIVATE ${PROJECT_SOURCE_DIR}/tools)

add_suite(spec muster_static 300 spec/test_spec.c spec/spec_example.c spec/spec_run.c
  spec/spec_value.c spec/spec_compare.c)
target_compile_definitions(test_spec PRIVATE MUSTER_PROGRAM="$<TARGET_FILE:muster>"
  MUSTER_SPEC_DIR="${CMAKE_CURRENT_SOURCE_DIR}/spec")
target_link_libraries(test_spec PRIVATE PkgConfig::JANSSON_TEST)
add_dependencies(test_spec muster)

add_suite(cli muster_static 300 cli/test_cli.c cli/test_commands.c cli/test_edges.c
  cli/test_inputs.c cli/cli_run.c)
target_compile_definitions(test_cli PRIVATE MUSTER_PROGRAM="$<TARGET_FILE:muster>")
add_dependencies(test_cli muster)

set(oracle ${CMAKE_CURRENT_SOURCE_DIR}/oracle)
add_test(NAME oracle COMMAND Python3::Interpreter -B ${oracle}/test_oracle.py)
set_tests_properties(oracle PROPERTIES TIMEOUT 240 COST 80)
foreach(case check:1500 plan:500 diff:500 leavers:200 records:1000)
  string(REPLACE ":" ";" parts ${case})
  list(GET parts 0 what)
  list(GET parts 1 count)
  add_test(NAME oracle_${what} COMMAND Python3::Interpreter -B ${oracle}/run.py
    --muster $<TARGET_FILE:muster> --seed 1 --count ${count} --jobs 2 --what ${what})
  set_tests_properties(oracle_${what} PROPERTIES TIMEOUT 400 COST 80)
endforeach()

add_test(NAME suites COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/suites/run.py
  --muster $<TARGET_FILE:muster> --suites ${PROJECT_SOURCE_DIR}/corpora/suites)
set_tests_properties(suites PROPERTIES TIMEOUT 60)

# Faults on purpose, each part by itself. Those that count allocations or time system calls do not
# share the machine with others.
foreach(part allocations short-counts system-calls kills power world damage output privacy sameness)
  add_test(NAME faults_${part} COMMAND Python3::Interpreter -B
    ${CMAKE_CURRENT_SOURCE_DIR}/faults/run.py --muster $<TARGET_FILE:muster>
    --library $<TARGET_FILE:muster_shared> --only ${part})
  # A part that cannot be run here is not one that has passed.
  set_tests_properties(faults_${part} PROPERTIES TIMEOUT 300
    SKIP_REGULAR_EXPRESSION "${part} +skipped: ")
endforeach()
set_tests_properties(faults_world PROPERTIES RUN_SERIAL ON)

add_test(NAME consumer COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/consumer/run ${PROJECT_BINARY_DIR}
  ${PROJECT_SOURCE_DIR})
set_tests_properties(consumer PROPERTIES TIMEOUT 120)
