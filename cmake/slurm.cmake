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

# A shared object that Slurm loads: exports its entry points alone, is never unloaded, finds its own symbols first.
function(recipe_slurm_plugin target)
    set_target_properties(${target} PROPERTIES PREFIX ""
        LIBRARY_OUTPUT_DIRECTORY ${RECIPE_STAGE}/${RECIPE_PLUGIN_DIR}
        BUILD_RPATH_USE_ORIGIN ON
        BUILD_RPATH "$ORIGIN/${RECIPE_LIB_FROM_PLUGIN}" INSTALL_RPATH "$ORIGIN/${RECIPE_LIB_FROM_PLUGIN}")
    target_link_libraries(${target} PRIVATE recipe_options slurm_headers)
    target_compile_options(${target} PRIVATE -fno-gnu-unique)
    # Not -z now: symbols that only clients or only slurmctld have must stay lazy.
    target_link_options(${target} PRIVATE -Wl,-z,lazy -Wl,-z,nodelete -Wl,-Bsymbolic -Wl,--exclude-libs,ALL
        -Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/exports.map)
    set_target_properties(${target} PROPERTIES LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/exports.map)
    install(TARGETS ${target} LIBRARY DESTINATION ${RECIPE_PLUGIN_DIR})
endfunction()
