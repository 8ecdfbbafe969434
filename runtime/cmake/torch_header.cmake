# torch/torch.h costs 25 s in every file, 5 s once it is precompiled; whatever includes LibTorch reuses this one. The
# others skip it: loading it takes 4 s, and what they leave out would go unseen.
file(CONFIGURE OUTPUT torch_header.cpp CONTENT "")
add_library(torch_header OBJECT ${CMAKE_CURRENT_BINARY_DIR}/torch_header.cpp)
target_link_libraries(torch_header PRIVATE torch spdlog::spdlog OpenMP::OpenMP_CXX)
target_precompile_headers(torch_header PRIVATE <torch/torch.h>)

# Which of the files include LibTorch, directly or through a header of runtime/ or of this folder. (As configured: a
# guess that has aged costs only time.)
function(find_torch_includers found_variable)
  file(GLOB_RECURSE undecided CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/runtime/include/*.hpp ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  list(APPEND undecided ${ARGN})
  list(REMOVE_DUPLICATES undecided)
  set(targets "<torch/|<ATen/|<c10/")
  set(found)
  set(grew TRUE)
  while(grew)
    set(grew FALSE)
    foreach(file IN LISTS undecided)
      file(STRINGS ${file} line REGEX "^#include .*(${targets})" LIMIT_COUNT 1)
      if(line)
        list(APPEND found ${file})
        list(REMOVE_ITEM undecided ${file})
        cmake_path(GET file FILENAME name)
        string(APPEND targets "|[/<\"]${name}[>\"]")
        set(grew TRUE)
      endif()
    endforeach()
  endwhile()
  set(${found_variable} ${found} PARENT_SCOPE)
endfunction()

# Lets those sources of a target that include LibTorch reuse the precompiled header. at::parallel_for is a template, which
# runs on one thread in files that are compiled without OpenMP.
function(reuse_torch_header target)
  get_target_property(sources ${target} SOURCES)
  find_torch_includers(includers ${sources})
  list(REMOVE_ITEM sources ${includers})
  set_source_files_properties(${sources} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  target_precompile_headers(${target} REUSE_FROM torch_header)
  target_link_libraries(${target} PRIVATE OpenMP::OpenMP_CXX)
endfunction()
