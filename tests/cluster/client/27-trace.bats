#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # bats sets stderr
# What sbatch, srun, the nodes and slurmctld tell of their work: at Slurm's own levels, and without secrets.
# The cluster's daemons log at debug.

load ../helper

secret=barley-shut-4567
tiny=(--parsable --hold --recipe=llama_tiny_cpu_pretrain)

# log_since_start NAME: what a daemon has logged since the test began.
log_since_start() {
    local log=$CLUSTER_DIR/log/$1.log
    tail -c "+$((${LOG_STARTS[$log]:-0} + 1))" "$log"
}

slurmctld_said() { log_since_start slurmctld | grep -qE "$1"; }

@test "without -v sbatch tells nothing" {
    run --separate-stderr as_user sbatch "${tiny[@]}" </dev/null
    assert_success
    assert_equal "$stderr" ""
}

@test "sbatch -v tells what was decided, and -vv how" {
    run --separate-stderr as_user sbatch -v "${tiny[@]}" -N 2 </dev/null
    assert_success
    output=$stderr
    assert_output_matches "^sbatch: recipe: site settings: $CLUSTER_DIR/etc/recipe\.yaml$"
    assert_output_matches '^sbatch: recipe: sets --time='
    assert_output_matches '^sbatch: recipe: planned in [0-9.]+ ms$'
    assert_output_matches '^sbatch: recipe: plan: [0-9]+ bytes of at most 32768, digest [0-9a-f]{12}, 0 secrets apart from it$'
    assert_output_matches "^sbatch: recipe: -N 2 wins over the recipe's trainer\.num_nodes$"
    assert_output_matches "^sbatch: recipe: results: $WORK/results/"
    refute_output_contains "looks for recipes in"

    run --separate-stderr as_user sbatch -vv "${tiny[@]}" -N 2 </dev/null
    assert_success
    output=$stderr
    assert_output_matches '^sbatch: debug:  recipe: --recipe=llama_tiny_cpu_pretrain, --recipe-set 0 times$'
    assert_output_matches '^sbatch: debug:  recipe: looks for recipes in .*/recipes_collection$'
    assert_output_matches '^sbatch: debug:  recipe: found .*/llama_tiny_cpu_pretrain\.yaml$'
    assert_output_matches '^sbatch: debug:  recipe: Slurm was given -N 2$'
    assert_output_matches '^sbatch: debug:  recipe: compose: [0-9.]+ ms$'
    assert_output_matches '^sbatch: debug:  recipe: [0-9]+ rules apply, [0-9]+ do not: '
    assert_output_matches "^sbatch: debug:  recipe: no script was given: the recipe's own is used$"
    assert_output_matches '^sbatch: recipe: planned in [0-9.]+ ms$'
}

@test "RECIPE_LOG shows it where Slurm's own level does not" {
    run --separate-stderr as_user env RECIPE_LOG=info sbatch "${tiny[@]}" </dev/null
    assert_success
    output=$stderr
    assert_output_matches '^recipe: planned in [0-9.]+ ms$'
    refute_output_contains "looks for recipes in"
    run --separate-stderr as_user env RECIPE_LOG=debug sbatch "${tiny[@]}" -v </dev/null
    output=$stderr
    assert_output_matches '^recipe: looks for recipes in '
    # Each line once.
    assert_output_count 1 'recipe: planned in '
    run --separate-stderr as_user env RECIPE_LOG=all sbatch "${tiny[@]}" </dev/null
    assert_success
    assert_equal "$stderr" "sbatch: recipe: warning: RECIPE_LOG is all, which is none of off, info and debug"
}

@test "--recipe=none is said, and a job without a recipe tells nothing" {
    run --separate-stderr as_user env SBATCH_RECIPE=llama_tiny_cpu_pretrain sbatch -v --parsable --hold --recipe=none --wrap true
    assert_success
    output=$stderr
    assert_output_matches '^sbatch: recipe: no recipe is used, as --recipe=none says$'
    run --separate-stderr as_user env RECIPE_LOG=debug sbatch -vv --parsable --hold --wrap true
    output=$stderr
    refute_output_contains "recipe:"
}

@test "slurmctld at debug tells its decision and the age of what it decided by" {
    run as_user sbatch "${tiny[@]}" -N 2 </dev/null
    assert_success
    wait_until 10 slurmctld_said 'job_submit/recipe: accepted a job'
    output=$(log_since_start slurmctld)
    assert_output_matches 'debug: +job_submit/recipe: plan of [0-9]+ bytes: recipe .*llama_tiny_cpu_pretrain, 2 nodes of 2 devices, digest [0-9a-f]{12}$'
    assert_output_matches 'debug: +job_submit/recipe: fills in: '
    assert_output_matches "job_submit/recipe: accepted a job of user $(id -u "$CLUSTER_USER") by an inventory of [0-9]+ nodes, [0-9.]+ s old, in [0-9]+ us$"

    run as_user sbatch --parsable --hold -p train --recipe=llama3_2_1b_pretrain --recipe-set=instance_type=p5.48xlarge </dev/null
    assert_failure
    wait_until 10 slurmctld_said 'job_submit/recipe: refused a job of user [0-9]+ by an inventory of'
    output=$(log_since_start slurmctld)
    assert_output_matches 'debug: +job_submit/recipe: finds cluster\.[a-z_]+ \(error\)$'
}

@test "slurmctld follows scontrol setdebug, without a restart" {
    scontrol setdebug info
    run as_user sbatch "${tiny[@]}" </dev/null
    assert_success
    sleep 0.5
    output=$(log_since_start slurmctld)
    scontrol setdebug debug
    refute_output_contains "job_submit/recipe: accepted"
    run as_user sbatch "${tiny[@]}" </dev/null
    wait_until 10 slurmctld_said 'job_submit/recipe: accepted a job'
}

@test "the nodes tell their checks, where the tasks meet and the variables, and no secret" {
    write_file said.py <<'PYTHON'
print("ran")
PYTHON
    job=$(as_user sbatch --parsable --recipe=llama_tiny_cpu_pretrain "--recipe-set=launch.entry_script=$WORK/said.py" -N 2 \
        "--recipe-set=++env_vars.HF_TOKEN=$secret" "--recipe-set=++env_vars.WHERE=https://me:$secret@host/x" -vv </dev/null 2>err)
    wait_job "$job"
    assert_completed "$job"
    output=$(<err)
    assert_output_contains "recipe: secrets: "
    refute_output_contains "$secret"

    output=$(cat "$CLUSTER_DIR"/log/slurmd-n*.log)
    assert_output_matches "recipe: node checks: [0-9]+ places in [0-9.]+ ms, nothing is wrong"
    assert_output_matches "debug: +recipe: checked $WORK/results/.*: [0-9.]+ ms"
    assert_output_matches 'recipe: training/llama/llama_tiny_cpu_pretrain: the batch script$'
    assert_output_matches 'recipe: training/llama/llama_tiny_cpu_pretrain: torchrun, node 2 of 2, 1 of 2 tasks here'
    assert_output_matches "recipe: the tasks meet at 127\.0\.0\.1, port [0-9]+ \(by the job's and the step's number\), through "
    assert_output_matches 'debug: +recipe: HF_TOKEN=\*\*\*'
    assert_output_matches 'debug: +recipe: WHERE=https://\*\*\*@host/x'
    assert_output_matches 'debug: +recipe: PET_NNODES=2$'
    refute_output_contains "$secret"
}

@test "srun -v tells where the step's first task is" {
    run as_user salloc -Q -N 2 --recipe=llama_tiny_cpu_pretrain srun -v -N 2 --ntasks-per-node=1 true
    assert_success
    assert_output_matches "^srun: recipe: the step's first task is on n[0-9]+, address 127\.0\.0\.1$"
    assert_output_matches '^srun: recipe: node checks: [0-9]+ places in [0-9.]+ ms, nothing is wrong$'
}
