#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the other tests stand on: the cluster itself, without anything of ours in the jobs.

load ../helper

@test "every node is up and idle" {
    run sinfo -h -o '%P %D %T'
    assert_success
    assert_output_contains "cpu* 4 idle"
    assert_output_contains "shared 4 idle"
}

@test "an ordinary user's step runs on four nodes as that user" {
    # shellcheck disable=SC2016
    run as_user srun -N4 sh -c 'echo "$SLURMD_NODENAME $(id -un)"'
    assert_success
    local node
    for node in n1 n2 n3 n4; do
        assert_output_contains "$node $CLUSTER_USER"
    done
}

@test "a user's command starts in the test's directory, with the environment of a login" {
    run as_user env
    assert_success
    assert_output_matches "^PWD=$WORK\$"
    assert_output_matches "^HOME=$CLUSTER_DIR/home/$CLUSTER_USER\$"
    refute_output_matches '^(BATS|CLUSTER|SLURM_JOB)'
}

@test "a node's host name is not its NodeName" {
    run as_user srun -w n2 hostname
    assert_success
    assert_output_contains "$(hostname)"
    refute_output_matches '^n2$'
}

@test "a batch job is waited for, and its state and log are there after its end" {
    job=$(submit -N2 --wrap 'srun -l echo here')
    wait_job "$job" 20
    assert_completed "$job"
    assert_equal "$(job_field "$job" NumNodes)" 2
    run job_output "$job"
    assert_output_contains "0: here"
    assert_output_contains "1: here"
}

@test "a failed batch job is a failed job" {
    job=$(submit --wrap 'exit 3')
    wait_job "$job" 20
    assert_equal "$(job_state "$job")" FAILED
    assert_equal "$(job_field "$job" ExitCode)" 3:0
}

@test "two jobs fit on the same nodes at once" {
    first=$(submit -N4 -n4 -c2 --wrap 'sleep 30')
    second=$(submit -N4 -n4 -c2 --wrap 'sleep 30')
    wait_until 10 both_run "$first" "$second"
}

@test "two whole-node jobs share the nodes of the partition shared" {
    first=$(submit -p shared -N4 --exclusive --mem=0 --wrap 'sleep 30')
    second=$(submit -p shared -N4 --exclusive --mem=0 --wrap 'sleep 30')
    wait_until 10 both_run "$first" "$second"
}

both_run() {
    [[ $(job_state "$1") == RUNNING && $(job_state "$2") == RUNNING ]]
}

@test "simulated g5.48xlarge nodes give out eight A10G" {
    run sinfo -h -p train -o '%D %G %f %c %m'
    assert_output_contains "4 gpu:a10g:8 g5.48xlarge 192 747110"
    # shellcheck disable=SC2016
    run as_user srun -p train -N2 --gpus-per-node=8 sh -c 'echo "$SLURMD_NODENAME $CUDA_VISIBLE_DEVICES"'
    assert_success
    assert_output_contains "g1 0,1,2,3,4,5,6,7"
    assert_output_contains "g2 0,1,2,3,4,5,6,7"
}

@test "torchrun meets over four nodes with variables set by hand" {
    # This documents the platform: what a launcher has to set for torchrun's c10d rendezvous. On one host every agent finds
    # that the endpoint is itself, so only is_host tells them apart.
    write_file world.py <<'PYTHON'
import os
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
one = torch.ones(1)
dist.all_reduce(one)
print(f"rank {dist.get_rank()} of {dist.get_world_size()} sums {int(one.item())}", flush=True)
# gloo of Debian 13's torch 2.6 now and then waits for ever in destroy_process_group().
os._exit(0)
PYTHON
    write_file step.sh <<'SHELL'
#!/bin/sh
export PET_NNODES=4 PET_NPROC_PER_NODE=2 PET_NODE_RANK="$SLURM_NODEID"
export PET_RDZV_BACKEND=c10d PET_RDZV_ENDPOINT=127.0.0.1:"$1" PET_RDZV_ID="$SLURM_JOB_ID"
export PET_RDZV_CONF=is_host=$((SLURM_NODEID == 0))
exec torchrun world.py
SHELL
    job=$(submit -N4 --wrap "srun ./step.sh $((20000 + RANDOM % 10000))")
    wait_job "$job" 120
    assert_completed "$job"
    run job_output "$job"
    local rank
    for rank in 0 1 2 3 4 5 6 7; do
        assert_output_contains "rank $rank of 8 sums 8"
    done
}
