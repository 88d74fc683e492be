#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# slurmctld lets go of a plan once it is checked. Nothing that a job needs may be lost by that.

load ../helper

setup() { other_cluster_setup; }
teardown() { other_cluster_teardown; }

tiny=(--recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.num_nodes=2)

there() { run "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" "$@" </dev/null; }

state_there() { SLURM_CONF=$OTHER/etc/slurm.conf job_state "$1"; }

has_ended_there() { SLURM_CONF=$OTHER/etc/slurm.conf job_has_ended "$1"; }

@test "Prolog gets no plan, and steps of requeued jobs do" {
    write_file prolog <<SHELL
#!/bin/sh
env | grep -c RECIPE_PLAN >>$OTHER/home/prolog-\$SLURM_JOB_ID
true
SHELL
    echo "Prolog=$WORK/prolog" >"$WORK/extra.conf"
    "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" --nodes 2 --train-nodes 0 --slurm-conf-extra "$WORK/extra.conf" 3>&-
    write_file once.sh <<'SHELL'
#!/bin/bash
export PATH=/usr/bin:/bin SLURM_EXPORT_ENV=ALL # which --export=NONE takes away
srun sh -c 'echo "start $SLURM_RESTART_COUNT: rank $PET_NODE_RANK of $PET_NNODES"'
[[ ${SLURM_RESTART_COUNT:-0} -gt 0 ]] || scontrol requeue "$SLURM_JOB_ID"
SHELL
    for export in ALL NONE; do
        there sbatch --parsable -N 2 --export "$export" --open-mode=append -o "$OTHER/home/$CLUSTER_USER/out-$export" "${tiny[@]}" "$WORK/once.sh"
        assert_success
        job=$(tail -n 1 <<<"$output")
        wait_until 60 grep -qs 'start : rank 1 of 2\|start 0: rank 1 of 2' "$OTHER/home/$CLUSTER_USER/out-$export"
        sleep 3 # a slurmd refuses credentials made in the second in which it ended the job
        SLURM_CONF=$OTHER/etc/slurm.conf scontrol update JobId="$job" StartTime=now || true
        wait_until 200 has_ended_there "$job"
        assert_equal "$(state_there "$job")" COMPLETED
        run cat "$OTHER/home/$CLUSTER_USER/out-$export"
        assert_output_count 2 '^start 1: rank [01] of 2$'
        run sort -u "$OTHER/home/prolog-$job"
        assert_equal "$output" 0
    done
}

@test "a controller that is started again has the job, and its files the plan" {
    "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" --nodes 2 --train-nodes 0 3>&-
    there sbatch --parsable --hold "${tiny[@]}"
    assert_success
    job=$(tail -n 1 <<<"$output")
    kill "$(cat "$OTHER/run/slurmctld.pid")"
    wait_until 30 grep -q 'slurmctld ended with' "$OTHER/log/supervisor.log"
    slurmctld -D -f "$OTHER/etc/slurm.conf" >/dev/null 2>&1 3>&- &
    controller=$!
    wait_until 30 env SLURM_CONF="$OTHER/etc/slurm.conf" scontrol show job "$job"
    comment=$(SLURM_CONF=$OTHER/etc/slurm.conf job_field "$job" AdminComment)
    kill "$controller"
    wait "$controller" || true
    assert_equal "$comment" recipe=training/llama/llama_tiny_cpu_pretrain
    run grep -c RECIPE_PLAN= "$OTHER/state/job_state"
    assert_equal "$output" 0
    run grep -rl SLURM_SPANK_RECIPE_PLAN= "$OTHER/state"
    assert_output_matches "job\.$job/environment"
}
