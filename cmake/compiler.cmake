# SPDX-License-Identifier: Apache-2.0
# Warnings and hardening, the same for everything that we compile.
add_library(recipe_options INTERFACE)
target_compile_options(recipe_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align -Woverloaded-virtual
    -Wno-missing-field-initializers -Wconversion -Wsign-conversion -Wnull-dereference -Wformat=2 -Wimplicit-fallthrough
    -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports null dereferences and uninitialised members inside its own <expected> and <variant> when it inlines.
    target_compile_options(recipe_options INTERFACE -Wno-null-dereference -Wno-maybe-uninitialized -Wduplicated-cond -Wlogical-op)
endif()
# Functions and lines, so that a backtrace can be read. Variables and types would double the time of a build.
string(REGEX REPLACE "-g( |$)" "-g1\\1" CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_CXX_FLAGS_RELWITHDEBINFO}")
if(CMAKE_BUILD_TYPE MATCHES "Rel")
    target_compile_options(recipe_options INTERFACE
        $<$<NOT:$<BOOL:$<TARGET_PROPERTY:RECIPE_UNOPTIMIZED>>>:-U_FORTIFY_SOURCE>
        $<$<NOT:$<BOOL:$<TARGET_PROPERTY:RECIPE_UNOPTIMIZED>>>:-D_FORTIFY_SOURCE=2>)
endif()
target_link_options(recipe_options INTERFACE -Wl,-z,relro -Wl,-z,now)

# Of g++ 12 alone: each compiler warns of other things, and what is new in one must not keep anybody from building.
option(RECIPE_WERROR "treat the warnings of g++ 12 as errors" OFF)
if(RECIPE_WERROR AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^12\\.")
    target_compile_options(recipe_options INTERFACE -Werror)
endif()

set(RECIPE_SANITIZE "" CACHE STRING "sanitizers, for example address,undefined")
if(RECIPE_SANITIZE)
    target_compile_options(recipe_options INTERFACE -fsanitize=${RECIPE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(recipe_options INTERFACE -fsanitize=${RECIPE_SANITIZE})
endif()
