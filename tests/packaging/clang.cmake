# dsl/ and compiler/ under clang: `tidy` checks them, `clang` builds them without a warning and tests them (what is refused
# to compile is tried with both compilers anyway). (clang in C++20 cannot read LibTorch 1.13's headers, so runtime/ stays outside.)
find_program(RUN_CLANG_TIDY NAMES run-clang-tidy-14 run-clang-tidy)
if(RUN_CLANG_TIDY)
  add_custom_target(tidy
    COMMAND ${RUN_CLANG_TIDY} -quiet -extra-arg=-Wno-unknown-warning-option -p ${PROJECT_BINARY_DIR}
            "/compiler/src/|/(dsl|compiler)_headers/"
    VERBATIM USES_TERMINAL)
endif()

find_program(CLANG_19 NAMES clang++-19)
if(CLANG_19 AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(clang_build ${PROJECT_BINARY_DIR}/clang)
  add_custom_target(clang
    COMMAND ${CMAKE_COMMAND} -S ${PROJECT_SOURCE_DIR} -B ${clang_build} -G ${CMAKE_GENERATOR}
            -D CMAKE_BUILD_TYPE=Debug -D CMAKE_CXX_COMPILER=${CLANG_19} -D CMAKE_COMPILE_WARNING_AS_ERROR=ON
            -D ESPALIER_BUILD_RUNTIME=OFF
    COMMAND ${CMAKE_COMMAND} --build ${clang_build}
    COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${clang_build} --output-on-failure --parallel 2 --exclude-regex compile_fail
    VERBATIM USES_TERMINAL)
  add_test(NAME packaging.clang COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target clang)
  set_tests_properties(packaging.clang PROPERTIES LABELS packaging TIMEOUT 1800)
endif()
