#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bad input: a clear diagnostic on stderr, an exit status that is not 0, nothing submitted, nothing written.

load ../helper

refused() { # SBATCH_ARGUMENT...: leaves status and output for assertions
    run as_user sbatch "$@" </dev/null
    assert_failure
    refute_output_contains "Submitted"
    run_output=$output
    run no_jobs
    assert_success
    [ ! -e "$WORK/results" ]
    output=$run_output
}

recipe_file() { # NAME: stdin under a collection of our own, whose root is the shipped one
    mkdir -p mine/recipes
    cp -r "$CLUSTER_DIR"/opt/share/slurm-recipe/recipes_collection/{config.yaml,cluster} mine/
    cat >"mine/recipes/$1.yaml"
    chmod -R a+rX mine
    export SLURM_RECIPE_PATH=$WORK/mine
}

refused_file() { # NAME SET...
    run as_user env SLURM_RECIPE_PATH="$WORK/mine" sbatch --recipe="$1" "${@:2}" </dev/null
    assert_failure
    [ ! -e "$WORK/results" ]
}

@test "an unknown recipe is refused with the nearest names" {
    refused --recipe=llama_tiny_cpu_pretran
    assert_output_contains "llama_tiny_cpu_pretrain"
    assert_output_contains "compose.unknown_recipe"
}

@test "YAML that does not parse is shown with its line" {
    recipe_file broken <<'YAML'
run:
  name: x
 trainer: [1, 2
YAML
    refused_file broken
    assert_output_matches 'broken\.yaml:[34]:'
    assert_output_contains "trainer: [1, 2"
}

@test "an unknown key in an override is refused with the nearest keys" {
    refused --recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.num_node=4
    assert_output_contains "trainer.num_nodes"
    assert_output_contains "--recipe-set 1"
}

@test "a wrong type is refused" {
    refused --recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.devices=many
    assert_output_contains "trainer.devices"
}

@test "an interpolation to nowhere or in a circle is refused" {
    refused --recipe=llama_tiny_cpu_pretrain '--recipe-set=run.name=${nowhere.at.all}'
    assert_output_contains "nowhere"
    refused --recipe=llama_tiny_cpu_pretrain '--recipe-set=run.name=${recipes.run.name}'
    assert_output_contains "run.name"
}

@test "what is too large to travel is refused with its size and the way out" {
    { printf 'run: {name: big, results_dir: "${base_results_dir}/big"}\ntrainer: {num_nodes: 1, devices: 1, accelerator: cpu}\n'
      printf 'model: {data: {use_synthetic_data: true}}\nother: ["${recipes.blob}", "${recipes.blob}", "${recipes.blob}", "${recipes.blob}"]\nblob:\n'
      seq -f '- "%0100.0f"' 1 10200; } | recipe_file big
    refused_file big
    assert_output_matches 'other: the resolved recipe has 5[0-9]{6} bytes; 4194304 is the most that travels with a job; other has 4[0-9]{6} of them \[plan\.too_large\]'
    assert_output_contains "fix: keep long lists and texts of other in files that the program reads"
    sets=()
    for i in $(seq 12); do sets+=("--recipe-set=++env_vars.LONG_$i=$(printf '%03000d' 0)"); done
    refused --recipe=llama_tiny_cpu_pretrain "${sets[@]}"
    assert_output_matches 'env_vars: the launch plan has 7[0-9]{4} bytes without its configuration; 32768 is the most that travels with a job; env_vars has 3[0-9]{4} of them \[plan\.too_large\]'
    assert_output_contains "fix: export long variables in the batch script"
    refused --recipe=llama_tiny_cpu_pretrain "${sets[@]/env_vars/recipes.run}"
    assert_output_matches 'the launch plan has 3[0-9]{4} bytes without its configuration; 32768 is the most that travels with a job; --recipe-set has 3[0-9]{4} of them \[plan\.too_large\]'
    assert_output_contains "fix: write what --recipe-set says into a recipe of your own: srecipe new mine.yaml --from RECIPE"
}

@test "the lab's mistakes are refused with a fix each" {
    gpu=(-p train --recipe=llama3_2_1b_pretrain --recipe-set=instance_type=g5.48xlarge)
    refused "${gpu[@]}" --recipe-set=model.fp8=True
    assert_output_contains "model.fp8"
    assert_output_contains "A10G"
    assert_output_contains "--recipe-set=model.fp8=False"
    refused "${gpu[@]}" --recipe-set=trainer.devices=16
    assert_output_contains "trainer.devices"
    refused "${gpu[@]}" --recipe-set=trainer.num_nodes=4 --recipe-set=model.tensor_model_parallel_degree=3
    assert_output_contains "tensor_model_parallel_degree"
    refused --recipe=llama_tiny_cpu_pretrain --recipe-set=base_results_dir=results
    assert_output_contains "results"
}

@test "a recipe that the devices have no memory for is refused with a change that fits" {
    refused -p train --recipe=llama3_2_1b_pretrain --recipe-set=instance_type=g5.48xlarge
    assert_output_contains "memory.does_not_fit"
    fix=$(sed -n 's/^sbatch: error: recipe: *fix: //p' <<<"$output")
    # shellcheck disable=SC2086 # the fix is words to paste
    run as_user sbatch --parsable --hold -p train --recipe=llama3_2_1b_pretrain --recipe-set=instance_type=g5.48xlarge $fix </dev/null
    assert_success
    assert_output_matches '^[0-9]+$'
}

@test "--recipe-force submits what a rule refuses, and the job says so" {
    run as_user sbatch --parsable --hold -p train --recipe=llama3_2_1b_pretrain --recipe-set=instance_type=g5.48xlarge --recipe-force </dev/null
    assert_success
    assert_output_contains "warning"
    assert_output_contains "memory.does_not_fit"
    job=$(grep -E '^[0-9]+$' <<<"$output")
    run scontrol show job "$job"
    assert_output_contains "Comment=recipe-force: memory.does_not_fit"
}

@test "--recipe-force does not bypass the controller's own checks" {
    run as_user sbatch -p train --recipe=llama3_2_1b_pretrain "$FITS_A10G" --recipe-set=trainer.num_nodes=4 \
        --recipe-set=model.tensor_model_parallel_degree=3 --recipe-force </dev/null
    assert_failure
    assert_output_contains "recipe: warning: model.tensor_model_parallel_degree"
    assert_output_contains "sbatch: error: recipe: model.shard_degree: 4 nodes"
    run no_jobs
    assert_success
}

@test "the lab's line is accepted" {
    run as_user sbatch --parsable --hold -p train --recipe=llama3_2_1b_pretrain --recipe-set=instance_type=g5.48xlarge \
        --recipe-set=trainer.num_nodes=4 --recipe-set=model.tensor_model_parallel_degree=4 --recipe-set=model.fp8=False \
        --recipe-set=model.data.use_synthetic_data=true --recipe-set=container=/fsx/images/train.sqsh </dev/null
    assert_success
    job=$(grep -E '^[0-9]+$' <<<"$output")
    assert_equal "$(job_field "$job" NumNodes)" 4-4
}

@test "--recipe-set without a recipe is refused" {
    refused --recipe-set=trainer.num_nodes=4 --wrap true
    assert_output_contains "--recipe=NAME"
}

@test "several mistakes are reported together" {
    refused --recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.num_node=4 --recipe-set=trainer.device=4
    assert_output_contains "trainer.num_node"
    assert_output_contains "trainer.device"
}

# A client that forges plans: the options of a build without our SPANK plugin, the plan by hand.
forge() { # PLAN SBATCH_ARGUMENT...
    local plan=$1
    shift
    as_user env "SLURM_SPANK_RECIPE_PLAN=$plan" sbatch --parsable "$@"
}

@test "a plan in the caller's environment is not taken for the job's" {
    run forge '{"version":2}' --wrap 'echo "plan ${SLURM_SPANK_RECIPE_PLAN-none}"'
    assert_success
    wait_job "$output"
    run job_output "$output"
    assert_output_contains "plan none"
}

@test "a forged plan for a step fails the task with a reason and drains nothing" {
    for plan in 'garbage' '{"version":2}' '{"version":99}' "$(printf '[%.0s' {1..30000})" "$(head -c 60000 /dev/zero | tr '\0' x)"; do
        run as_user env "SLURM_SPANK_RECIPE_PLAN=$plan" srun true
        assert_failure
        assert_output_contains "recipe: "
    done
}

@test "where several nodes must not write is refused at the prompt, with a way out" {
    refused_for() { # CODE KEY=VALUE...
        local code=$1 sets=()
        shift
        for set in "$@"; do sets+=("--recipe-set=$set"); done
        run as_user sbatch --recipe=llama_tiny_cpu_pretrain "${sets[@]}" </dev/null
        assert_failure 1
        assert_output_contains "[$code]"
        assert_output_contains "fix: "
    }
    refused_for paths.node_local exp_manager.exp_dir=/dev/shm/x trainer.num_nodes=2
    assert_output_contains "exp_manager.exp_dir is /dev/shm/x (with exp_manager.checkpoint_dir), in the memory of each node (tmpfs): 2 nodes do not share it, and it is gone after the job"
    refused_for paths.relative exp_manager.exp_dir=runs
    mkdir "$WORK/foreign"
    refused_for paths.not_writable exp_manager.exp_dir="$WORK/foreign/x"
    refused_for container.missing container="$WORK/missing.sqsh"
    assert_output_contains "container $WORK/missing.sqsh is not there, and $WORK is [container.missing]"
}

@test "commands of launch.setup come first, and srun gets what cluster.srun_args says" {
    write_file train.sh <<'SHELL'
#!/bin/bash
echo "set up: $GREETING"
SHELL
    chmod 755 "$WORK/train.sh"
    run as_user sbatch --parsable --wait --recipe=llama_tiny_cpu_pretrain -o out \
        --recipe-set=launch.entry_script="$WORK/train.sh" --recipe-set=launch.launcher=direct --recipe-set=trainer.devices=2 \
        --recipe-set=launch.setup="['export GREETING=\"hello you\"']" --recipe-set=cluster.srun_args="[--label,null]" </dev/null
    assert_success
    run cat out
    assert_output_count 1 '^0: set up: hello you$'
    assert_output_count 1 '^1: set up: hello you$'
}
