#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Names beyond ASCII, in the poorest of locales.

load ../helper

poorest=(env LC_ALL=C LANG=C)

setup() {
    cluster_setup
    mkdir -p "Sammlung-ä/recipes/größe"
    cp -r "$CLUSTER_DIR"/opt/share/slurm-recipe/recipes_collection/{config.yaml,cluster,entrypoints} Sammlung-ä/
    sed -e 's/^  name:.*/  name: Größe-模型/' \
        "$CLUSTER_DIR"/opt/share/slurm-recipe/recipes_collection/recipes/training/llama/llama_tiny_cpu_pretrain.yaml >"Sammlung-ä/recipes/größe/模型.yaml"
    chmod -R a+rX Sammlung-ä
    write_file прог.py <<'PYTHON'
import os
os.write(1, b"name %s results %s greeting %s\n" % tuple(os.environb[name] for name in (b"RECIPE_NAME", b"RECIPE_RESULTS_DIR", b"GREETING")))
open(os.environb[b"RECIPE_CONFIG"], "rb").read().decode()
PYTHON
    plain=("${poorest[@]}" "SLURM_RECIPE_PATH=$WORK/Sammlung-ä")
    # Hydra's grammar wants quotes around them.
    sets=("--recipe-set=launch.entry_script='$WORK/прог.py'" "--recipe-set=+env_vars.GREETING='привет'"
          "--recipe-set=base_results_dir='$WORK/résultats'")
}

@test "srecipe lists, shows and checks them" {
    run as_user "${plain[@]}" srecipe list
    assert_success
    assert_output_contains "größe/模型"
    run as_user "${plain[@]}" srecipe show 模型 --select run.name
    assert_success
    assert_equal "$output" "Größe-模型"
    run as_user "${plain[@]}" srecipe check größe/模型 "base_results_dir='$WORK/résultats'"
    assert_success
    run as_user "${plain[@]}" srecipe check modèle
    assert_failure 1
    assert_output_contains '`modèle`'
}

@test "sbatch: the job's name, log, directories and environment arrive intact" {
    run as_user "${plain[@]}" sbatch --parsable --wait --recipe=模型 "${sets[@]}" </dev/null
    assert_success
    job=$(grep -E '^[0-9]+$' <<<"$output")
    assert_equal "$(job_field "$job" JobName)" "Größe-模型"
    assert_equal "$(job_field "$job" StdOut)" "$WORK/résultats/Größe-模型/log-Größe-模型_$job.out"
    run job_output "$job"
    assert_output_contains "name größe/模型 results $WORK/résultats/Größe-模型/$job greeting привет"
}

@test "srun and salloc: the same" {
    say='echo "name $RECIPE_NAME results $RECIPE_RESULTS_DIR greeting $GREETING"'
    run as_user "${plain[@]}" srun --recipe=模型 "${sets[@]}" sh -c "$say"
    assert_success
    assert_output_matches "name größe/模型 results $WORK/résultats/Größe-模型/[0-9]+ greeting привет"
    run as_user "${plain[@]}" salloc --recipe=模型 "${sets[@]}" srun sh -c "$say"
    assert_success
    assert_output_matches "name größe/模型 results $WORK/résultats/Größe-模型/[0-9]+ greeting привет"
}

@test "a refusal on the client shows the text and points into it" {
    run as_user "${plain[@]}" sbatch --recipe=模型 --recipe-set=trainer.größe=1 </dev/null
    assert_failure 1
    assert_output_contains "trainer.größe"
    run as_user "${plain[@]}" sbatch --recipe=modèle </dev/null
    assert_failure 1
    assert_output_contains '`modèle`'
}

@test "slurmctld's refusal of such a job arrives in words" {
    # Forced past the client, so that slurmctld is the one that refuses.
    run as_user "${plain[@]}" sbatch -p train --recipe=llama3_2_1b_pretrain "$FITS_A10G" "--recipe-set=run.name='Größe'" \
        --recipe-set=trainer.num_nodes=4 --recipe-set=model.tensor_model_parallel_degree=3 --recipe-force </dev/null
    assert_failure
    assert_output_contains "sbatch: error: recipe: model.shard_degree: 4 nodes × 8 devices"
}
