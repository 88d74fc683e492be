// SPDX-License-Identifier: Apache-2.0
// The variables that carry pyxis' options. C types only, for spank_recipe.so.
//
// Slurm hands a plugin's options from srun to the nodes as _SLURM_SPANK_OPTION_<plugin>_<option>. Slurm 22.05 leaves
// these out with srun --export=NONE and passes them to the plugins alone, so that srun repeats what its user gave under
// names that survive every --export.
#pragma once

namespace recipe::spank {

#define RECIPE_PYXIS_OPTION "_SLURM_SPANK_OPTION_pyxis_"
#define RECIPE_OWN_PYXIS_OPTION "SLURM_RECIPE_OWN_"

struct PyxisVariable {
    const char* option;  // Slurm's variable
    const char* own;     // set by srun: the user gave the option
};

#define RECIPE_PYXIS_VARIABLE(name) {RECIPE_PYXIS_OPTION name, RECIPE_OWN_PYXIS_OPTION name}
inline constexpr PyxisVariable pyxis_variables[] = {
    RECIPE_PYXIS_VARIABLE("container_image"),         RECIPE_PYXIS_VARIABLE("container_mounts"),
    RECIPE_PYXIS_VARIABLE("container_workdir"),       RECIPE_PYXIS_VARIABLE("container_name"),
    RECIPE_PYXIS_VARIABLE("container_save"),          RECIPE_PYXIS_VARIABLE("container_mount_home"),
    RECIPE_PYXIS_VARIABLE("no_container_mount_home"), RECIPE_PYXIS_VARIABLE("container_remap_root"),
    RECIPE_PYXIS_VARIABLE("no_container_remap_root"), RECIPE_PYXIS_VARIABLE("container_entrypoint"),
    RECIPE_PYXIS_VARIABLE("no_container_entrypoint"), RECIPE_PYXIS_VARIABLE("container_entrypoint_log"),
    RECIPE_PYXIS_VARIABLE("container_writable"),      RECIPE_PYXIS_VARIABLE("container_readonly"),
    RECIPE_PYXIS_VARIABLE("container_env"),           RECIPE_PYXIS_VARIABLE("container_unshare"),
};
#undef RECIPE_PYXIS_VARIABLE

}  // namespace recipe::spank
