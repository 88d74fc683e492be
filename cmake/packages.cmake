# SPDX-License-Identifier: Apache-2.0
# The packages that our objects are made with. Those with code to link are linked statically: an sbatch that uses a recipe
# loads one object, and what it runs is what was tested.
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)

# Debian ships fmt as a shared library and as headers with everything in them. The first would be one more object to load,
# the second compiles the implementation with every file (two thirds of its time). So it is compiled once, here.
add_library(recipe_fmt STATIC cmake/packages/fmt.cpp)
target_include_directories(recipe_fmt SYSTEM PUBLIC $<TARGET_PROPERTY:fmt::fmt,INTERFACE_INCLUDE_DIRECTORIES>)
target_link_libraries(recipe_fmt PRIVATE recipe_options)
target_compile_options(recipe_fmt PRIVATE -ffunction-sections -fdata-sections)

# spdlog's headers, which one file of ours includes (lib/trace), for the same reason: Debian ships the compiled form as a shared
# library only.
add_library(recipe_spdlog INTERFACE)
target_include_directories(recipe_spdlog SYSTEM INTERFACE
    $<TARGET_PROPERTY:spdlog::spdlog_header_only,INTERFACE_INCLUDE_DIRECTORIES>)
target_compile_definitions(recipe_spdlog INTERFACE SPDLOG_FMT_EXTERNAL=1)

# yaml-cpp from its archive: its own CMake files name the shared library in some releases and the archive in others.
find_library(RECIPE_YAML_CPP NAMES libyaml-cpp.a DOC "yaml-cpp's static library (libyaml-cpp-dev in Debian)" REQUIRED)
find_path(RECIPE_YAML_CPP_HEADERS NAMES yaml-cpp/eventhandler.h DOC "the folder of yaml-cpp's headers" REQUIRED)
add_library(recipe_yaml_cpp STATIC IMPORTED)
set_target_properties(recipe_yaml_cpp PROPERTIES IMPORTED_LOCATION ${RECIPE_YAML_CPP})
target_include_directories(recipe_yaml_cpp SYSTEM INTERFACE ${RECIPE_YAML_CPP_HEADERS})
