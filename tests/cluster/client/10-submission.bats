#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# sbatch --recipe without a script, with one, and everything that stdin can be.

load ../helper

tiny=(--recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.max_steps=2)
# A recipe whose entry script only says that it ran: what is tested here is the submission, not the training.
quick=(--recipe=llama_tiny_cpu_pretrain)

setup() {
    cluster_setup
    write_file said.py <<'PYTHON'
import os
os.write(1, "rank {RANK} of {WORLD_SIZE}\n".format_map(os.environ).encode())
PYTHON
    quick+=("--recipe-set=launch.entry_script=$WORK/said.py")
}

@test "a recipe without a script trains on four nodes and leaves its checkpoints where it said" {
    job=$(submit "${tiny[@]}" --recipe-set=trainer.num_nodes=4 \
        --recipe-set=exp_manager.checkpoint_callback_params.every_n_train_steps=1 </dev/null)
    wait_job "$job" 120
    assert_completed "$job"
    run job_output "$job"
    assert_output_contains "world size 8"
    assert_output_contains "loss first"
    assert_output_matches "checkpoint $WORK/results/.*/$job/checkpoints/"
    checkpoint=$(grep -oE "$WORK/results/.*/step-[0-9]+" <<<"$output" | tail -n 1)
    [ -s "$checkpoint/progress.json" ]
    for resolved in "$(dirname "$(dirname "$checkpoint")")"/recipe-*.yaml; do
        [ -s "$resolved" ]
    done
}

@test "the resolved configuration on the nodes is the one that srecipe shows" {
    write_file cat.py <<'PYTHON'
import os
if os.environ["RANK"] == "0":
    print(open(os.environ["RECIPE_CONFIG"]).read())
PYTHON
    run as_user sbatch --parsable --wait --recipe=llama_tiny_cpu_pretrain "--recipe-set=launch.entry_script=$WORK/cat.py" \
        "--recipe-set=exp_manager.exp_dir=$WORK/x" --recipe-set=run.name=shown </dev/null
    assert_success
    job=$(head -n 1 <<<"$output")
    run as_user srecipe show llama_tiny_cpu_pretrain "exp_manager.exp_dir=$WORK/x" run.name=shown --select recipes
    assert_success
    diff <(job_output "$job" | grep -v '^$') <(echo "$output")
}

@test "stdin closed, /dev/null, an empty pipe and an empty file all mean the recipe's own script" {
    : | run as_user sbatch --parsable "${quick[@]}"
    assert_success
    run as_user sbatch --parsable "${quick[@]}" </dev/null
    assert_success
    run as_user sh -c 'exec sbatch --parsable "$@" <&-' sh "${quick[@]}"
    assert_success
    write_file empty </dev/null
    run as_user sh -c 'exec sbatch --parsable "$@" <empty' sh "${quick[@]}"
    assert_success
    run as_user sh -c ': | sbatch --parsable "$@"' sh "${quick[@]}"
    assert_success
    wait_job "$output"
    assert_completed "$output"
    run job_output "$output"
    assert_output_contains "rank 1 of 2"
}

@test "an environment without PWD, as cron leaves it, is enough" {
    run as_user env -u PWD sbatch --parsable --hold "${quick[@]}" </dev/null
    assert_success
    [[ $(job_field "$output" StdOut) == "$WORK"/results/* ]]
}

@test "a terminal on stdin means the recipe's own script" {
    run as_user script -qec "sbatch --parsable ${quick[*]}" /dev/null
    assert_success
    job=$(grep -oE '[0-9]+' <<<"$output" | tail -n 1)
    wait_job "$job"
    assert_completed "$job"
}

@test "a script on stdin is used" {
    write_file script.sh <<'SHELL'
#!/bin/sh
echo "my own script, plan ${SLURM_SPANK_RECIPE_PLAN:+there}"
SHELL
    run as_user sh -c 'sbatch --parsable --wait "$@" <script.sh' sh "${quick[@]}"
    assert_success
    run job_output "$output"
    assert_output_contains "my own script, plan there"
    run as_user sh -c '(sleep 0.3; cat script.sh) | sbatch --parsable --wait "$@"' sh "${quick[@]}"
    assert_success
    run job_output "$output"
    assert_output_contains "my own script, plan there"
}

@test "an open pipe without data is waited for, with one line that says so" {
    run as_user sh -c 'sleep 3 | timeout 10 sbatch --parsable "$@"' sh "${quick[@]}"
    assert_output_count 1 'waiting for a batch script on stdin; </dev/null'
}

@test "a loop around sbatch with a script keeps the lines of its stdin" {
    write_file script.sh <<'SHELL'
#!/bin/sh
true
SHELL
    run as_user sh -c 'printf "a\nb\nc\n" | while read -r line; do
        sbatch --parsable "$@" script.sh >/dev/null && echo "line $line"; done' sh "${quick[@]}"
    assert_success
    assert_output_contains "line c"
    run as_user sh -c 'printf "a\nb\n" | while read -r line; do
        sbatch --parsable "$@" --wrap true >/dev/null && echo "line $line"; done' sh "${quick[@]}"
    assert_output_contains "line b"
}

@test "#SBATCH lines name the recipe as well as the command line does" {
    run as_user srecipe script llama_tiny_cpu_pretrain "launch.entry_script=$WORK/said.py" trainer.num_nodes=2
    assert_success
    write_file saved.sh <<<"$output"
    run as_user sbatch --parsable --wait saved.sh
    assert_success
    run job_output "$output"
    assert_output_contains "rank 3 of 4"
}

@test "the job gets the recipe's name, log and time limit, and the user's word beats them" {
    run as_user sbatch --parsable --hold "${quick[@]}" </dev/null
    assert_equal "$(job_field "$output" JobName)" "$(as_user srecipe show llama_tiny_cpu_pretrain --select recipes.run.name)"
    assert_equal "$(job_field "$output" TimeLimit)" 00:10:00
    assert_output_matches '^[0-9]+$'
    [[ $(job_field "$output" StdOut) == "$WORK"/results/*/log-*_"$output".out ]]
    run as_user sbatch --parsable --hold "${quick[@]}" -J mine -t 7 -o here-%j.log </dev/null
    assert_equal "$(job_field "$output" JobName)" mine
    assert_equal "$(job_field "$output" TimeLimit)" 00:07:00
    assert_equal "$(job_field "$output" StdOut)" "$WORK/here-$output.log"
}

@test "a results directory that cannot be made costs a warning, not the log" {
    run as_user sbatch --parsable --wait "${quick[@]}" --recipe-set=base_results_dir=/proc/nothing --wrap 'echo logged' </dev/null
    assert_success
    assert_output_contains "paths.results_denied"
    assert_output_contains "paths.results_not_created"
    job=$(grep -E '^[0-9]+$' <<<"$output")
    run job_output "$job"
    assert_output_contains logged
}

@test "a nested sbatch does not inherit the recipe, an srun inside the job does" {
    write_file outer.sh <<'SHELL'
#!/bin/bash
echo "inner job $(sbatch --parsable --wait --wrap 'echo "plan ${SLURM_SPANK_RECIPE_PLAN:-none} config ${RECIPE_CONFIG:-none}"' -o inner.log)"
srun --ntasks=1 --nodes=1 sh -c 'echo "step config $RECIPE_CONFIG nnodes $PET_NNODES"'
srun --recipe=none --ntasks=1 --nodes=1 sh -c 'echo "switched off ${RECIPE_CONFIG:-none} ${PET_NNODES:-none}"'
SHELL
    job=$(submit -p shared "${quick[@]}" outer.sh)
    wait_job "$job"
    assert_completed "$job"
    assert_equal "$(cat inner.log)" "plan none config none"
    run job_output "$job"
    assert_output_matches "step config $WORK/results/.*\.yaml nnodes 1"
    assert_output_contains "switched off none none"
}

@test "every task of an array has its own directory" {
    run as_user sbatch --parsable --wait --array=1-2 "${quick[@]}" --wrap 'echo "dir $RECIPE_RESULTS_DIR"' </dev/null
    assert_success
    run job_output "$output"
    assert_output_matches "dir $WORK/results/.*/[0-9]+_1\$"
    assert_output_matches "dir $WORK/results/.*/[0-9]+_2\$"
}

@test "a recipe job from inside an array task has a directory of its own number" {
    write_file inner.sh <<'SHELL'
#!/bin/bash
echo "inner $SLURM_JOB_ID in $RECIPE_RESULTS_DIR"
SHELL
    write_file outer.sh <<'SHELL'
#!/bin/bash
sbatch --wait -o inner.log --recipe=llama_tiny_cpu_pretrain inner.sh
SHELL
    job=$(submit -p shared --array=7 outer.sh)
    wait_job "$job"
    inner=$(sed -n 's/^inner \([0-9]*\) in .*/\1/p' inner.log)
    [[ $(cat inner.log) == "inner $inner in $WORK/results/"*"/$inner" ]]
}

@test "memory that Slurm cannot count is refused, and nothing is left" {
    run as_user sbatch "${quick[@]}" --recipe-set=cluster.mem=8796093022208T </dev/null
    assert_failure 1
    assert_output_contains "cluster.mem"
    assert_output_contains "launch.kind"
    [ ! -e results ]
}

@test "env_vars: typed beats exported beats recipe" {
    run as_user env EXPORTED=mine TYPED=mine sbatch --parsable --wait "${quick[@]}" --recipe-set=+env_vars.TYPED=typed \
        --wrap 'echo "typed $TYPED exported $EXPORTED debug $NCCL_DEBUG"' </dev/null
    assert_success
    run job_output "$output"
    assert_output_contains "typed typed exported mine debug WARN"
}

@test "--parsable, -Q and --export=NONE work as without a recipe" {
    run --separate-stderr as_user sbatch --parsable "${quick[@]}" </dev/null
    [[ $output =~ ^[0-9]+$ ]]
    run as_user sbatch --parsable --wait --export=NONE "${quick[@]}" </dev/null
    assert_success
    run job_output "$(grep -E '^[0-9]+$' <<<"$output")"
    assert_output_contains "rank 0 of 2"
}
