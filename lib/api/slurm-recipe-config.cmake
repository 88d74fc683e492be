# SPDX-License-Identifier: Apache-2.0
# find_package(slurm-recipe) gives the target slurm-recipe::recipe.
include(${CMAKE_CURRENT_LIST_DIR}/slurm-recipe-targets.cmake)
