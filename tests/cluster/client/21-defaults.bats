#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# SBATCH_RECIPE, SALLOC_RECIPE and SLURM_RECIPE: a recipe for commands that were given none.

load ../helper

setup() {
    cluster_setup
    write_file said.py <<'PYTHON'
import os
os.write(1, "rank {RANK} of {WORLD_SIZE} of {RECIPE_NAME}\n".format_map(os.environ).encode())
PYTHON
    quick=("--recipe-set=launch.entry_script=$WORK/said.py")
    write_file script.sh <<'SHELL'
#!/bin/sh
echo "recipe ${RECIPE_NAME-none}"
SHELL
    write_file named.sh <<'SHELL'
#!/bin/sh
#SBATCH --recipe=llama_tiny_cpu_pretrain
echo "recipe ${RECIPE_NAME-none}"
SHELL
}

# with VARIABLE=NAME COMMAND...: leaves status and output.
with() {
    run as_user env "$@"
}

recipe_of_job() { # RUN_OUTPUT: what the job said of its recipe
    job_output "$(grep -E '^[0-9]+$' <<<"$1")" | sed -n 's/^recipe //p'
}

@test "a bare sbatch takes the recipe of SBATCH_RECIPE and runs its entry script" {
    with SBATCH_RECIPE=llama_tiny_cpu_pretrain sbatch --parsable --wait "${quick[@]}" </dev/null
    assert_success
    run job_output "$output"
    assert_output_matches '^rank 1 of 2 of .*llama_tiny_cpu_pretrain$'
}

@test "SBATCH_RECIPE goes with a script of one's own, with --wrap, and with one on stdin" {
    for how in "script.sh" "--wrap=./script.sh"; do
        with SBATCH_RECIPE=llama_tiny_cpu_pretrain sbatch --parsable --wait "$how" </dev/null
        assert_success
        [[ $(recipe_of_job "$output") == *llama_tiny_cpu_pretrain ]]
    done
    run as_user sh -c 'SBATCH_RECIPE=llama_tiny_cpu_pretrain sbatch --parsable --wait <script.sh'
    assert_success
    [[ $(recipe_of_job "$output") == *llama_tiny_cpu_pretrain ]]
}

@test "the command line beats SBATCH_RECIPE, and --recipe=none goes without" {
    with SBATCH_RECIPE=no_such_recipe sbatch --parsable --wait --recipe=llama_tiny_cpu_pretrain script.sh </dev/null
    assert_success
    [[ $(recipe_of_job "$output") == *llama_tiny_cpu_pretrain ]]
    with SBATCH_RECIPE=no_such_recipe sbatch --parsable --wait --recipe=none script.sh </dev/null
    assert_success
    assert_equal "$(recipe_of_job "$output")" none
    with SBATCH_RECIPE=none sbatch --parsable --wait script.sh </dev/null
    assert_success
    assert_equal "$(recipe_of_job "$output")" none
    with SBATCH_RECIPE= sbatch --parsable --wait script.sh </dev/null
    assert_success
    assert_equal "$(recipe_of_job "$output")" none
}

@test "SBATCH_RECIPE beats an #SBATCH line, and says so" {
    with SBATCH_RECIPE=llama3_2_1b_pretrain sbatch --parsable --hold -p train "$FITS_A10G" named.sh </dev/null
    assert_success
    assert_output_contains "recipe: warning: SBATCH_RECIPE=llama3_2_1b_pretrain beats the script's --recipe=llama_tiny_cpu_pretrain"
    assert_output_contains "[submit.default_recipe]"
    assert_output_contains "fix: --recipe=llama_tiny_cpu_pretrain"
    [[ $(job_field "$(grep -E '^[0-9]+$' <<<"$output")" JobName) == *3*2*1b* ]]
    with SBATCH_RECIPE=llama_tiny_cpu_pretrain sbatch --parsable --hold named.sh </dev/null
    assert_success
    refute_output_contains "submit.default_recipe"
}

@test "a refusal of a recipe that nobody typed says where it comes from" {
    with SBATCH_RECIPE=llama_tiny_cpu_pretran sbatch script.sh </dev/null
    assert_failure 1
    assert_output_contains "compose.unknown_recipe"
    assert_output_contains "recipe: hint: the recipe is that of SBATCH_RECIPE=llama_tiny_cpu_pretran [submit.default_recipe]"
    assert_output_contains "fix: --recipe=none"
    run no_jobs
    assert_success
}

@test "--recipe-set changes the recipe of SBATCH_RECIPE" {
    with SBATCH_RECIPE=llama_tiny_cpu_pretrain sbatch --parsable --hold --recipe-set=trainer.num_nodes=3 script.sh </dev/null
    assert_success
    assert_equal "$(job_field "$output" NumNodes)" 3-3
}

@test "salloc takes SALLOC_RECIPE, and srun inside goes on with that plan, whatever SLURM_RECIPE says" {
    with SALLOC_RECIPE=llama_tiny_cpu_pretrain SLURM_RECIPE=no_such_recipe salloc --recipe-set=trainer.num_nodes=2 \
        srun sh -c 'echo "nnodes $PET_NNODES recipe $RECIPE_NAME"'
    assert_success
    assert_output_count 2 '^nnodes 2 recipe .*llama_tiny_cpu_pretrain$'
    with SALLOC_RECIPE=no_such_recipe salloc --recipe=none true
    assert_success
    with SALLOC_RECIPE=no_such_recipe salloc true
    assert_failure
    assert_output_contains "the recipe is that of SALLOC_RECIPE=no_such_recipe"
}

@test "srun takes SLURM_RECIPE outside of jobs with a plan" {
    with SLURM_RECIPE=llama_tiny_cpu_pretrain srun --recipe-set=trainer.num_nodes=2 sh -c 'echo "nnodes $PET_NNODES"'
    assert_success
    assert_output_count 2 '^nnodes 2$'
    with SLURM_RECIPE=no_such_recipe srun --recipe=none sh -c 'echo "nnodes ${PET_NNODES-none}"'
    assert_success
    assert_output_contains "nnodes none"
    with SLURM_RECIPE=no_such_recipe srun true
    assert_failure 1
    assert_output_contains "the recipe is that of SLURM_RECIPE=no_such_recipe"
}

@test "a nested sbatch takes SBATCH_RECIPE and not the enclosing job's plan" {
    write_file outer.sh <<'SHELL'
#!/bin/bash
export SBATCH_RECIPE=llama_tiny_cpu_pretrain
sbatch --wait -o inner.log --recipe-set=run.name=inner script.sh
unset SBATCH_RECIPE
sbatch --wait -o plain.log script.sh
SHELL
    job=$(submit -p shared --recipe=llama_tiny_cpu_pretrain --recipe-set=run.name=outer outer.sh)
    wait_job "$job" 120
    assert_completed "$job"
    [[ $(cat inner.log) == "recipe "*llama_tiny_cpu_pretrain ]]
    [ -d results/inner ]
    assert_equal "$(cat plain.log)" "recipe none"
}

@test "a folder of SLURM_RECIPE_PATH that is not there is a warning that names it" {
    with SLURM_RECIPE_PATH=/no/recipes/here sbatch --parsable --wait --recipe=llama_tiny_cpu_pretrain script.sh </dev/null
    assert_success
    assert_output_contains "recipe: warning: there is no folder /no/recipes/here, so no recipe is looked up there [compose.search_path]"
    [[ $(recipe_of_job "$output") == *llama_tiny_cpu_pretrain ]]
}
