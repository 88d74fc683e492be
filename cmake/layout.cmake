# SPDX-License-Identifier: Apache-2.0
# One layout for the build tree and an installation, so that every part finds the others relative to itself:
#   bin/srecipe
#   <libdir>/librecipe.so.0                              for other programs, see docs/api.md
#   <libdir>/slurm/{spank_recipe,job_submit_recipe}.so   what Slurm loads
#   <libdir>/slurm-recipe/librecipe_spank.so             what the former loads when a recipe is used
#   share/slurm-recipe/{recipes_collection,etc}          data
set(RECIPE_LIB_DIR ${CMAKE_INSTALL_LIBDIR}/slurm-recipe)
set(RECIPE_PLUGIN_DIR ${CMAKE_INSTALL_LIBDIR}/slurm)
set(RECIPE_DATA_DIR ${CMAKE_INSTALL_DATAROOTDIR}/slurm-recipe)
file(RELATIVE_PATH RECIPE_LIB_FROM_PLUGIN /${RECIPE_PLUGIN_DIR} /${RECIPE_LIB_DIR})

set(RECIPE_STAGE ${CMAKE_BINARY_DIR})
file(MAKE_DIRECTORY ${RECIPE_STAGE}/${RECIPE_DATA_DIR})
foreach(data recipes_collection etc)
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${data} ${RECIPE_STAGE}/${RECIPE_DATA_DIR}/${data} SYMBOLIC)
    install(DIRECTORY ${data}/ DESTINATION ${RECIPE_DATA_DIR}/${data} USE_SOURCE_PERMISSIONS COMPONENT data
            PATTERN "__pycache__" EXCLUDE)
endforeach()

# What is shipped needs no debugging information beside it: it would be a multiple of the object's size. Packagers who keep
# that in files of its own turn this off.
option(RECIPE_INSTALL_STRIP "strip what is installed" ON)
if(RECIPE_INSTALL_STRIP)
    install(CODE "set(CMAKE_INSTALL_DO_STRIP TRUE)")
endif()

# Everything that is installed, without the tests.
add_custom_target(product)
function(recipe_install target destination)
    install(TARGETS ${target} RUNTIME DESTINATION ${destination} LIBRARY DESTINATION ${destination})
    add_dependencies(product ${target})
endfunction()
