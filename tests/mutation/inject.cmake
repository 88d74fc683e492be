# SPDX-License-Identifier: Apache-2.0
# Read by the project() call of the mutated copy: everything that is linked there can ask recipe_mutant().
add_library(recipe_mutants STATIC ${CMAKE_CURRENT_LIST_DIR}/recipe_mutant.cpp)
set_target_properties(recipe_mutants PROPERTIES CXX_STANDARD 23 CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
# Whoever installs the product does not install this.
link_libraries($<BUILD_INTERFACE:recipe_mutants>)
# Test programs have this already.
add_compile_options($<$<NOT:$<BOOL:$<TARGET_PROPERTY:RECIPE_UNOPTIMIZED>>>:-O0>)
