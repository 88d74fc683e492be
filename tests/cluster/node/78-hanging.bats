#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Storage that never answers: nobody waits for it longer than the site says, and no node is drained for it.

load ../helper

bats_require_minimum_version 1.5.0

setup() {
    cluster_setup
    DEAD=$CLUSTER_DIR/dead-$BATS_TEST_NUMBER
    OTHER=
    server=
    places=(--recipe-set=base_results_dir="$WORK/results")
    write_file site.yaml <<<'node_check_seconds: 2'
}

teardown() {
    revive
    if [[ -n $OTHER ]]; then
        other_cluster_teardown
    else
        cluster_teardown
    fi
}

# Whoever touches $DEAD from now on waits in state D until the server ends.
kill_storage() {
    [[ -e /dev/fuse ]] || mknod /dev/fuse c 10 229 || skip "there is no /dev/fuse"
    mkdir -p "$DEAD"
    # Who waits for it where nobody should is to fail in the end.
    timeout 90 python3 "$RECIPE_ROOT/tests/cluster/support/silent_storage.py" "$DEAD" >"$WORK/server" 2>&1 3>&- &
    server=$!
    wait_until 10 test -s "$WORK/server"
    grep -qx silent "$WORK/server" || skip "there is no FUSE here: $(<"$WORK/server")"
}

# What waits for it goes on, and fails.
revive() {
    [[ -n $server ]] || return 0
    kill "$server" 2>/dev/null || true
    wait "$server" || true
    server=
}

cpu=(--recipe=llama_tiny_cpu_pretrain)

with_site() { as_user env SLURM_RECIPE_SITE="$WORK/site.yaml" "$@"; }

# timed CMD...: as `run`, which also leaves its seconds in $took.
timed() {
    local began=$SECONDS
    run "$@"
    took=$((SECONDS - began))
}

# assert_took_at_most SECONDS: beside what a busy machine needs for the rest.
assert_took_at_most() { ((took <= $1 + 8)) || fail "it took $took s"; }

assert_nothing_is_drained() {
    run sinfo -h -R
    assert_equal "$output" ""
}

# From now on the link leads to storage that does not answer.
move() { # LINK
    mkdir -p "$DEAD"
    ln -sfn "$DEAD" "$1"
    kill_storage
}

move_results() { move results; }

# in_dying_storage SRUN_ARGUMENT...: a job of two nodes. What the link `results` leads to is there until its step starts.
in_dying_storage() {
    mkdir -m 777 alive
    printf hsqs >alive/image.sqsh
    ln -s alive results
    with_site salloc -N2 "${cpu[@]}" "${places[@]}" \
        bash -c 'touch allocated; until [[ -e dead ]]; do sleep 0.1; done; began=$SECONDS; srun "$@"; rc=$?; echo "step: $rc after $((SECONDS - began)) s"' \
        bash "$@" >said 2>&1 3>&- &
    allocation=$!
    wait_until 60 test -e allocated
    move_results
    touch dead
    wait "$allocation" || true
    output=$(<said) status=0
    took=$(sed -nE 's/^step: [0-9]+ after ([0-9]+) s$/\1/p' said)
}

@test "a step that trains ends at once when its results directory does not answer" {
    in_dying_storage --recipe-step=train sh -c 'echo "runs here"; exec sleep 100'
    assert_output_matches "srun: error: recipe: $WORK/results.* does not answer within 2 s \[node\.no_answer\]$"
    assert_output_matches '^step: [1-9]'
    refute_output_contains "runs here"
    assert_took_at_most 7
    assert_nothing_is_drained
}

@test "a step that does not train goes on without it, and waits once" {
    in_dying_storage --recipe-step=helper sh -c 'echo "runs here"'
    assert_output_matches "srun: recipe: warning: $WORK/results.* does not answer within 2 s \[node\.no_answer\]$"
    assert_output_count 1 "does not answer"
    assert_output_count 2 '^runs here$'
    assert_output_matches '^step: 0 '
    assert_took_at_most 7
    assert_nothing_is_drained
}

@test "what does not answer is named: an image that only the manifest asks about" {
    places=(--recipe-set=base_results_dir="$WORK/others" --recipe-set=container="$WORK/results/image.sqsh")
    in_dying_storage --recipe-step=train sh -c 'echo "runs here"; exec sleep 100'
    assert_output_matches "srun: error: recipe: $WORK/results/image.sqsh does not answer within 2 s \[node\.no_answer\]$"
    refute_output_contains "runs here"
    assert_took_at_most 7
}

# srun does not look at it: slurmstepd's child hangs there, beside the step's own streams.
@test "a step whose output directory does not answer ends on its nodes, and srun with it" {
    places=(--recipe-set=base_results_dir="$WORK/others" --recipe-set=exp_manager.checkpoint_dir="$WORK/results/checkpoints")
    in_dying_storage --recipe-step=train sh -c 'echo "runs here"; exec sleep 100'
    assert_output_matches "recipe: on node n[12]: $WORK/results/checkpoints does not answer within 2 s; wait for its server, or leave the node out with -x \[node\.no_answer\]$"
    assert_output_matches '^step: [1-9]'
    refute_output_contains "runs here"
    assert_took_at_most 7
    wait_until 60 nodes_are_idle
    assert_nothing_is_drained
}

step_is_there() { squeue -h --steps -j "$1" | grep -q "^ *$1\.0 "; }

@test "a step that is cancelled while its nodes wait drains none of them" {
    write_file site.yaml <<<'node_check_seconds: 8'
    places=(--recipe-set=base_results_dir="$WORK/others" --recipe-set=exp_manager.checkpoint_dir="$WORK/results/checkpoints")
    mkdir -m 777 alive
    ln -s alive results
    job=$(with_site sbatch --parsable --hold -N2 "${cpu[@]}" "${places[@]}" -o out --wrap 'srun --recipe-step=train sleep 100')
    move_results
    scontrol release "$job"
    wait_until 60 step_is_there "$job"
    sleep 2
    local began=$SECONDS
    scancel "$job"
    wait_job "$job" 60
    wait_until 60 nodes_are_idle
    took=$((SECONDS - began))
    assert_took_at_most 13
    assert_nothing_is_drained
}

job_is_running() { [[ $(job_state "$1") == RUNNING ]]; }

@test "a batch job whose storage dies ends, and so does one that is cancelled while it waits" {
    mkdir -m 777 alive
    ln -s alive results
    write_file site.yaml <<<'node_check_seconds: 8'
    jobs=()
    for name in ends cancelled; do
        jobs+=("$(with_site sbatch --parsable --hold -N2 "${cpu[@]}" -o "$name.out" --recipe-set=base_results_dir="$WORK/results" --wrap 'srun --recipe-step=train sleep 100')")
        write_file site.yaml <<<'node_check_seconds: 2'
    done
    read -r cancelled ends <<<"${jobs[*]}"
    move_results
    scontrol release "${jobs[@]}"
    wait_until 30 job_is_running "$cancelled"
    sleep 1
    local began=$SECONDS
    scancel "$cancelled"
    wait_job "$cancelled" 60
    took=$((SECONDS - began))
    assert_took_at_most 13
    wait_job "$ends" 60
    assert_equal "$(job_state "$ends")" FAILED
    wait_until 60 nodes_are_idle
    assert_nothing_is_drained
}

# with_secrets TOOL ARGUMENT...
with_secrets() {
    with_site env XDG_STATE_HOME="$WORK/state" "$1" "${cpu[@]}" "${places[@]}" --recipe-set=++env_vars.HF_TOKEN=sesame-open-0123 "${@:2}"
}

# Where a job's secrets are kept until its storage dies.
make_state() {
    mkdir -m 777 alive
    ln -s alive state
}

kept_secrets() { find alive -type f | wc -l; }

# What ends a job removes its file of secrets, which lies in vain where nothing answers.
@test "a job whose secrets are on storage that dies ends as it would, and so does one that is cancelled" {
    local -A job
    make_state
    for name in ends cancelled; do
        printf '#!/bin/bash\ntouch begun-%s\nuntil [[ -e go-%s ]]; do sleep 0.1; done\n' $name $name | write_file $name.sh
        job[$name]=$(with_secrets sbatch --parsable -N1 -o $name.out $name.sh 2>/dev/null)
        wait_until 60 test -e begun-$name
    done
    assert_equal "$(kept_secrets)" 2
    move state
    local began=$SECONDS
    touch go-ends
    wait_job "${job[ends]}" 60
    scancel "${job[cancelled]}"
    wait_job "${job[cancelled]}" 60
    wait_until 60 nodes_are_idle
    took=$((SECONDS - began))
    assert_took_at_most 7
    assert_equal "$(job_state "${job[ends]}") $(job_state "${job[cancelled]}")" "COMPLETED CANCELLED"
    assert_nothing_is_drained
    assert_equal "$(kept_secrets)" 2
}

@test "salloc and srun end although the secrets of their job are on storage that dies" {
    local -A process
    write_file site.yaml <<<"node_check_seconds: 1"
    make_state
    for tool in salloc srun; do
        with_secrets $tool -N1 bash -c "touch begun-$tool; until [[ -e go-$tool ]]; do sleep 0.1; done" >said-$tool 2>&1 3>&- &
        process[$tool]=$!
        wait_until 60 test -e begun-$tool
    done
    move state
    local began=$SECONDS
    touch go-salloc go-srun
    wait "${process[salloc]}"
    wait "${process[srun]}"
    took=$((SECONDS - began))
    assert_took_at_most 1
    assert_nothing_is_drained
}

nodes_are_idle() { [[ -z $(sinfo -h -N -o '%T' | grep -v idle) ]]; }

# assert_refused WHOSE PATH: whose place it is that does not answer.
assert_refused() {
    assert_failure 1
    assert_output_matches "recipe: $1: $2 does not answer within 2 s; nothing was submitted \\[paths\\.no_answer\\]$"
    assert_output_contains "fix: wait for its file server, or name a place on another"
    assert_took_at_most 3
    assert_equal "$(squeue -h --all)" ""
}

@test "sbatch, srun and salloc say what does not answer, and submit nothing" {
    kill_storage
    for command in "sbatch --wrap true" "srun true" "salloc true"; do
        # shellcheck disable=SC2086 # words
        set -- $command
        timed with_site "$1" --recipe="$DEAD/recipe.yaml" "${@:2}"
        assert_refused --recipe "$DEAD/recipe.yaml"
        timed with_site "$1" "${cpu[@]}" --recipe-set=base_results_dir="$DEAD/results" "${@:2}"
        assert_refused run.results_dir "$DEAD/results/.*"
        timed with_site env SLURM_RECIPE_PATH="$DEAD/collection" "$1" "${cpu[@]}" "${@:2}"
        assert_refused SLURM_RECIPE_PATH "$DEAD/collection.*"
    done
    assert_equal "$(squeue -h --all)" ""
}

@test "links, logs and a site's own folders lead to what does not answer as well" {
    ln -s "$DEAD" link
    kill_storage
    timed with_site sbatch "${cpu[@]}" --recipe-set=base_results_dir="$WORK/link/results"
    assert_refused run.results_dir "$WORK/link/results/.*"
    timed with_site sbatch "${cpu[@]}" -o "$DEAD/%j.out"
    assert_refused '--output, --error or --input' "$DEAD/%j\.out"
    printf 'node_check_seconds: 2\ncollections: [%s/recipes]\n' "$DEAD" >site.yaml
    timed with_site sbatch "${cpu[@]}"
    assert_refused "the site's collections" "$DEAD/recipes.*"
    printf 'node_check_seconds: 2\nhardware: [%s/hardware.yaml]\n' "$DEAD" >site.yaml
    timed with_site sbatch -p train --recipe=llama3_2_1b_pretrain "$FITS_A10G" --recipe-set=instance_type=g5.48xlarge
    assert_refused "the site's hardware" "$DEAD/hardware.yaml"
}

@test "srecipe says what does not answer, whatever it is asked" {
    kill_storage
    for command in "list" "check llama_tiny_cpu_pretrain" "show llama_tiny_cpu_pretrain" "doctor"; do
        # shellcheck disable=SC2086 # words
        timed with_site srecipe -C "$DEAD/collection" $command
        assert_failure 1
        assert_output_matches "error: .*$DEAD/collection.* does not answer within (2|10) s \\[paths\\.no_answer\\]$"
        assert_took_at_most 11
    done
    timed with_site srecipe check llama_tiny_cpu_pretrain base_results_dir="$DEAD/results"
    assert_failure 1
    assert_output_matches "error: run\\.results_dir: $DEAD/results/.* does not answer within 2 s \\[paths\\.no_answer\\]$"
    assert_took_at_most 3
}

@test "srecipe waits for no file that it is given by name, and a portal's call of librecipe ends as well" {
    kill_storage
    for command in "fit --measurements $DEAD/runs.jsonl" "fit llama_tiny_cpu_pretrain --plot $DEAD/memory.svg" \
        "new mine.yaml --program $DEAD/train.py"; do
        # shellcheck disable=SC2086 # words
        timed with_site timeout 60 srecipe $command
        assert_failure 1
        assert_output_matches "$DEAD/[^ ]* does not answer within (2|10) s \\[paths\\.no_answer\\]$"
        assert_took_at_most 11
    done
    library=$(find "$RECIPE_BUILD/lib" -name librecipe.so.0 -print -quit)
    timed with_site env RECIPE_LIBRARY="$library" timeout 60 python3 "$RECIPE_ROOT/docs/examples/check.py" -C "$DEAD/collection" llama_tiny_cpu_pretrain
    assert_failure 1
    assert_output_matches "error: .*$DEAD/collection.* does not answer within (2|10) s \\[paths\\.no_answer\\]$"
    assert_took_at_most 11
}

has_ended() { ! kill -0 "$1" 2>/dev/null; }

@test "slurmctld starts, is reconfigured and ends while a file of the site's does not answer" {
    OTHER=$(mktemp -d "${TMPDIR:-/tmp}/recipe-other.XXXXXX")
    kill_storage
    printf 'node_check_seconds: 2\nhardware: [%s/hardware.yaml]\n' "$DEAD" >recipe.yaml
    local began=$SECONDS
    "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" --nodes 1 --train-nodes 0 --etc recipe.yaml 3>&-
    took=$((SECONDS - began))
    assert_took_at_most 10
    grep -q 'error: job_submit/recipe: its file server does not answer \[paths.no_answer\]' "$OTHER/log/slurmctld.log"
    grep -q "error: job_submit/recipe: *at $DEAD/hardware.yaml" "$OTHER/log/slurmctld.log"
    timed env SLURM_CONF="$OTHER/etc/slurm.conf" scontrol reconfigure
    assert_success
    assert_took_at_most 3
    timed "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" sbatch --parsable --hold --wrap true </dev/null
    assert_success
    controller=$(<"$OTHER/run/slurmctld.pid")
    env SLURM_CONF="$OTHER/etc/slurm.conf" scontrol shutdown slurmctld
    wait_until 30 has_ended "$controller"
}
