# Flags and helpers shared by every folder.

add_library(understudy_warnings INTERFACE)
target_compile_options(understudy_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # g++ also warns of members that a designated initializer leaves to their own constructors.
  target_compile_options(understudy_warnings INTERFACE -Wno-missing-field-initializers)
endif()

# Products and sums are never fused: the bits of the arithmetic must not depend on the compiler or the machine.
add_compile_options(-ffp-contract=off)

# Executables too: a precompiled header serves only sources with the same kind of position-independent code.
add_compile_options(-fPIC)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  else()
    add_compile_options(-fpch-preprocess)
  endif()
endif()

# Two precompiled headers: one for all of torch's C++ frontend, one for tensors and operators alone, which compiles
# several times faster in sources that need no more.
foreach(_pch torch aten)
  file(WRITE "${PROJECT_BINARY_DIR}/pch/${_pch}.cc" "// Anchor of a precompiled header.\n")
  add_library(pch_${_pch} OBJECT "${PROJECT_BINARY_DIR}/pch/${_pch}.cc")
  target_link_libraries(pch_${_pch} PRIVATE understudy_torch understudy_warnings)
endforeach()
target_precompile_headers(pch_torch PRIVATE <torch/torch.h>)
target_precompile_headers(pch_aten PRIVATE <ATen/ATen.h>)

# understudy_library(NAME [PCH torch|aten] [PUBLIC target...] [PRIVATE target...] [EXCLUDE file...]): one static library
# from all other sources of the calling folder. Every include is written from the project's root, so that the layering
# test can read it.
function(understudy_library name)
  cmake_parse_arguments(ARG "" "PCH" "PUBLIC;PRIVATE;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  foreach(excluded ${ARG_EXCLUDE})
    list(REMOVE_ITEM sources "${CMAKE_CURRENT_SOURCE_DIR}/${excluded}")
  endforeach()
  if(NOT sources)
    file(WRITE "${PROJECT_BINARY_DIR}/pch/empty.cc" "")
    set(sources "${PROJECT_BINARY_DIR}/pch/empty.cc")
  endif()
  add_library(understudy_${name} STATIC ${sources})
  target_include_directories(understudy_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(understudy_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} understudy_warnings)
  if(ARG_PCH)
    target_precompile_headers(understudy_${name} REUSE_FROM pch_${ARG_PCH})
  endif()
endfunction()

# Everything that `make test-gpu` builds.
add_custom_target(gpu_tests)

# understudy_test(NAME [PCH ...] [RANKS n...] [LABEL label] [LINK target...] [SOURCES ...] [TIMEOUT s]): one test program.
# RANKS starts it under mpirun with each number of ranks. LABEL gpu: a test that skips without a GPU, which is shown.
function(understudy_test name)
  cmake_parse_arguments(ARG "" "PCH;LABEL;TIMEOUT" "LINK;SOURCES;RANKS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(NOT ARG_SOURCES)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_LINK} understudy_warnings GTest::gmock)
  if(NOT ARG_RANKS)
    target_link_libraries(${name} PRIVATE GTest::gtest_main)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
  endif()
  foreach(ranks ${ARG_RANKS})
    add_test(NAME ${name}_${ranks}_ranks COMMAND mpirun --allow-run-as-root --oversubscribe --bind-to none -n ${ranks}
                                                 $<TARGET_FILE:${name}>)
    set_tests_properties(${name}_${ranks}_ranks PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} PROCESSORS 2)
  endforeach()
  if(ARG_LABEL STREQUAL "gpu")
    add_dependencies(gpu_tests ${name})
    get_property(tests DIRECTORY PROPERTY TESTS)
    list(FILTER tests INCLUDE REGEX "^${name}(_[0-9]+_ranks)?$")
    set_tests_properties(${tests} PROPERTIES SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
  endif()
  if(ARG_PCH)
    target_precompile_headers(${name} REUSE_FROM pch_${ARG_PCH})
  endif()
endfunction()
