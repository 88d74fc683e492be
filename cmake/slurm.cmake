# SPDX-License-Identifier: Apache-2.0
# Slurm's public headers. Plugins leave Slurm's symbols undefined: whoever loads them has them. Linking libslurm would
# bring a second copy of its globals.
find_path(SLURM_INCLUDE_DIR slurm/spank.h HINTS $ENV{SLURM_ROOT}/include REQUIRED)
file(STRINGS ${SLURM_INCLUDE_DIR}/slurm/slurm_version.h slurm_version_line REGEX "SLURM_VERSION_NUMBER")
string(REGEX MATCH "0x[0-9a-fA-F]+" slurm_version_hex "${slurm_version_line}")
math(EXPR slurm_major "(${slurm_version_hex} >> 16) & 255")
math(EXPR slurm_minor "(${slurm_version_hex} >> 8) & 255")
math(EXPR slurm_micro "${slurm_version_hex} & 255")
message(STATUS "Slurm ${slurm_major}.${slurm_minor}.${slurm_micro} headers in ${SLURM_INCLUDE_DIR}")
math(EXPR slurm_release "${slurm_major} * 100 + ${slurm_minor}")
if(slurm_release LESS 2205)
    message(FATAL_ERROR "slurm-recipe needs Slurm 22.05 or newer; ${SLURM_INCLUDE_DIR} has ${slurm_major}.${slurm_minor}.${slurm_micro}")
elseif(slurm_release GREATER 2605)
    message(NOTICE "slurm-recipe has not been tried with Slurm ${slurm_major}.${slurm_minor}; 26.05 is the newest it knows")
endif()

add_library(slurm_headers INTERFACE)
target_include_directories(slurm_headers SYSTEM INTERFACE ${SLURM_INCLUDE_DIR})

# An object for Slurm's processes: never unloaded, finds its own symbols first, and lazy, since symbols that only clients or
# only slurmctld have must not be asked for elsewhere.
add_library(recipe_loadable INTERFACE)
target_compile_options(recipe_loadable INTERFACE -fno-gnu-unique)
target_link_options(recipe_loadable INTERFACE -Wl,-z,lazy -Wl,-z,nodelete -Wl,-Bsymbolic -Wl,--exclude-libs,ALL
    -Wl,--gc-sections)

# The same with the C++ library inside: no other version of it in the process can matter, and there is less to look up.
add_library(recipe_self_contained INTERFACE)
target_link_libraries(recipe_self_contained INTERFACE recipe_loadable)
target_link_options(recipe_self_contained INTERFACE -static-libstdc++ -static-libgcc)

# What plugstack.conf or JobSubmitPlugins name. `exports` lists its entry points.
function(recipe_slurm_plugin target exports)
    set_target_properties(${target} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${RECIPE_STAGE}/${RECIPE_PLUGIN_DIR}
        LINK_DEPENDS ${exports})
    target_link_libraries(${target} PRIVATE recipe_options recipe_loadable slurm_headers)
    target_link_options(${target} PRIVATE -Wl,--version-script=${exports})
    recipe_install(${target} ${RECIPE_PLUGIN_DIR})
endfunction()
