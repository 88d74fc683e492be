#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# srecipe doctor on a real cluster: what it finds good, and each thing that it finds wrong.

load ../helper

setup() {
    cluster_setup
    mkdir mine
    plugin=$(awk '/spank_recipe/ {print $2}' "$CLUSTER_DIR/etc/plugstack.conf")
    prefix=$CLUSTER_DIR/opt
}

doctor() { # ENV_ARGUMENT...
    run as_user env "$@" srecipe doctor
}

# The doctor hears of another configuration than the cluster has.
doctor_with_config() { # SED_SCRIPT: of what scontrol says
    mkdir -p bin
    printf '#!/bin/sh\n%s "$@" | sed "%s"\n' "$(command -v scontrol)" "$1" | write_file bin/scontrol
    chmod -R a+rX bin mine
    run as_user env PATH="$WORK/bin:$prefix/bin:/usr/bin:/bin" srecipe doctor
}

@test "a good installation is good, line by line" {
    doctor
    assert_success
    assert_output_contains "good: $CLUSTER_DIR/etc/plugstack.conf:1: required $plugin"
    assert_output_matches "^good: $plugin, built for Slurm [0-9]+\.[0-9]+\.[0-9]+\$"
    assert_output_matches "^good: .*/librecipe_spank\.so\$"
    assert_output_matches "^good: .*/job_submit_recipe\.so, built for Slurm [0-9.]+\$"
    assert_output_matches "^good: $CLUSTER_DIR/etc/recipe\.yaml\$"
    assert_output_matches "^good: $prefix/share/slurm-recipe/recipes_collection, [1-9][0-9]* recipes\$"
    refute_output_matches '^(error|warning|hint):'
}

plugstack() { # LINE...: as the cluster's plugstack.conf, for the doctor
    printf '%s\n' "$@" >mine/plugstack.conf
    doctor_with_config "s|^PlugStackConfig .*|PlugStackConfig = $WORK/mine/plugstack.conf|"
}

@test "a plugstack.conf without the plugin, with two, with a weak one, and one that includes itself" {
    plugstack "# required $plugin"
    assert_failure 1
    assert_output_contains "error: no line names spank_recipe.so, so that no command knows --recipe [doctor.plugstack]"
    plugstack "required $plugin" "required $plugin"
    assert_failure 1
    assert_output_contains "2 lines name spank_recipe.so; Slurm loads it once for each [doctor.plugstack]"
    plugstack "optional $plugin"
    assert_success
    assert_output_contains "warning: an optional plugin's refusals are ignored"
    plugstack "required spank_recipe.so"
    assert_success
    assert_output_contains "warning: Slurm opens a plugin twice whose path is not absolute"
    plugstack "include $WORK/mine/plugstack.conf"
    assert_failure 1
    assert_output_contains "files include one another without end"
    plugstack "include $WORK/mine/plug*.d/*.conf"
    assert_failure 1
    mkdir mine/plugstack.conf.d
    printf 'required %s\n' "$plugin" >mine/plugstack.conf.d/00-recipe.conf
    plugstack "include $WORK/mine/plug*.d/*.conf"
    assert_success
    assert_output_contains "good: $WORK/mine/plugstack.conf.d/00-recipe.conf:1: required $plugin"
}

@test "a plugin that is not there, is none, is of another Slurm, or lacks its library" {
    plugstack "required /nowhere/spank_recipe.so"
    assert_failure 1
    assert_output_contains "error: /nowhere/spank_recipe.so is not there, or is no plugin of Slurm [doctor.plugin]"
    head -c 3000 "$plugin" >mine/spank_recipe.so
    plugstack "required $WORK/mine/spank_recipe.so"
    assert_failure 1
    assert_output_contains "error: $WORK/mine/spank_recipe.so is not there, or is no plugin of Slurm [doctor.plugin]"
    cp "$plugin" mine/spank_recipe.so
    plugstack "required $WORK/mine/spank_recipe.so"
    assert_failure 1
    assert_output_contains "the plugin's library $WORK/slurm-recipe/librecipe_spank.so is not there [doctor.plugin]"
    doctor_with_config '/^slurm/s/ [0-9].*/ 99.05.1/; /^SLURM_VERSION/s/=.*/= 99.05.2/'
    assert_failure 1
    assert_output_contains "$plugin was built for Slurm"
    assert_output_contains "and Slurm is 99.05.1 here: it is not loaded [doctor.plugin]"
    assert_output_contains "and Slurm is 99.05.2 here: it is not loaded [doctor.plugin]"
}

@test "job_submit that is not named, or not on this host, is no error" {
    doctor_with_config '/^JobSubmitPlugins/s/=.*/= lua/'
    assert_success
    assert_output_contains "warning: JobSubmitPlugins does not name recipe: slurmctld checks no plan against the cluster [doctor.job_submit]"
    assert_output_contains "fix: JobSubmitPlugins=recipe"
    doctor_with_config '/^JobSubmitPlugins/s/=.*/= lua,recipe/; /^PluginDir/s/=.*/= \/nowhere/'
    assert_success
    assert_output_contains "hint: job_submit_recipe.so is in no directory of PluginDir on this host; controllers need it, others do not [doctor.job_submit]"
}

@test "the site file and the collections are the ones that sbatch takes" {
    printf 'collectons: []\n' >mine/site.yaml
    plugstack "required $plugin site=$WORK/mine/site.yaml"
    assert_failure 1
    assert_output_contains "collectons"
    assert_output_contains "[site.file]"
    printf 'collections: [/no/recipes]\n' >mine/site.yaml
    plugstack "required $plugin site=$WORK/mine/site.yaml recipes=/none/either"
    assert_failure 1
    assert_output_contains "good: $WORK/mine/site.yaml"
    assert_output_contains "error: /no/recipes/recipes is not there, cannot be read, or holds no recipes [doctor.collection]"
    assert_output_contains "error: /none/either/recipes is not there, cannot be read, or holds no recipes [doctor.collection]"
    printf 'policy: {require_recipe: [train]}\n' >mine/site.yaml
    plugstack "required $plugin site=$WORK/mine/site.yaml"
    assert_success
    assert_output_contains "warning: policy: slurmctld, which alone holds jobs to a policy, reads $CLUSTER_DIR/etc/recipe.yaml and not this file, unless SLURM_RECIPE_SITE in its own environment names it [doctor.policy]"
    plugstack "required $plugin sites=x"
    assert_failure 1
    assert_output_contains "[site.plugin_argument]"
    doctor SLURM_RECIPE_PATH=/no/recipes/of/mine
    assert_success
    assert_output_contains "warning: there is no folder /no/recipes/of/mine"
}

@test "without a cluster the doctor says so and looks at the rest" {
    mkdir bin
    printf '#!/bin/sh\necho "slurm_load_ctl_conf error: Unable to contact slurm controller" >&2\nexit 1\n' | write_file bin/scontrol
    chmod -R a+rX bin
    run as_user env PATH="$WORK/bin:$prefix/bin:/usr/bin:/bin" srecipe doctor
    assert_failure 1
    assert_output_contains "error: no cluster answers \`scontrol show config\`: slurm_load_ctl_conf error: Unable to contact slurm controller [doctor.slurm]"
    assert_output_contains "good: $prefix/share/slurm-recipe/recipes_collection"
    run as_user env PATH="$prefix/bin" /usr/bin/env srecipe doctor
    assert_failure 1
    assert_output_contains "[doctor.slurm]"
}
