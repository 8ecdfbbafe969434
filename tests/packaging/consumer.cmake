# A project of its own finds what was installed, component by component.
add_test(NAME packaging.consumer
  COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/consumer.sh ${PROJECT_BINARY_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/consumer
          ${CMAKE_CURRENT_BINARY_DIR}/consumer -G ${CMAKE_GENERATOR} -D CMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
          -D CMAKE_BUILD_TYPE=$<CONFIG> -D CMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS})
set_tests_properties(packaging.consumer PROPERTIES LABELS packaging ENVIRONMENT OMP_NUM_THREADS=1 TIMEOUT 300)
