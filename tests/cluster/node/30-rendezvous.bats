#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# torchrun's rendezvous, made on each node by the SPANK plugin, with real torchrun.

load ../helper

setup() {
    cluster_setup
    write_file world.py <<'PYTHON'
import os
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
one = torch.ones(1)
dist.all_reduce(one)
job = os.environ["SLURM_JOB_ID"] + "." + os.environ["SLURM_STEP_ID"]
jobs = [None] * dist.get_world_size()
dist.all_gather_object(jobs, job)
line = f"rank {dist.get_rank()} of {dist.get_world_size()} sums {int(one.item())} with {sorted(set(jobs))}\n"
os.write(1, line.encode())
# gloo of Debian 13's torch 2.6 now and then waits for ever in destroy_process_group().
os._exit(0)
PYTHON
    recipe=(--recipe=llama_tiny_cpu_pretrain "--recipe-set=launch.entry_script=$WORK/world.py")
}

@test "two jobs at once on the same four nodes do not meet" {
    first=$(as_user sbatch --parsable -p shared -N 4 "${recipe[@]}" </dev/null)
    second=$(as_user sbatch --parsable -p shared -N 4 "${recipe[@]}" </dev/null)
    wait_job "$first" 180
    wait_job "$second" 180
    assert_completed "$first" "$second"
    for job in "$first" "$second"; do
        run job_output "$job"
        assert_output_count 8 "rank [0-7] of 8 sums 8 with \['$job\.0'\]"
    done
}

@test "two steps at once in one job do not meet" {
    write_file steps.sh <<'SHELL'
#!/bin/bash
srun --overlap torchrun world.py &
srun --overlap torchrun world.py &
wait -n && wait -n
SHELL
    job=$(submit -N 2 "${recipe[@]}" steps.sh)
    wait_job "$job" 180
    assert_completed "$job"
    run job_output "$job"
    assert_output_count 4 "of 4 sums 4 with \['$job\.0'\]"
    assert_output_count 4 "of 4 sums 4 with \['$job\.1'\]"
}

@test "a step on some of the job's nodes is a world of those nodes" {
    write_file sub.sh <<'SHELL'
#!/bin/bash
srun -N2 -n2 -r2 sh -c 'echo "$SLURMD_NODENAME rank $PET_NODE_RANK of $PET_NNODES"'
srun -N2 -n2 -r2 torchrun world.py
SHELL
    job=$(submit -N 4 "${recipe[@]}" sub.sh)
    wait_job "$job" 180
    assert_completed "$job"
    run job_output "$job"
    assert_output_contains "n3 rank 0 of 2"
    assert_output_contains "n4 rank 1 of 2"
    assert_output_count 4 "of 4 sums 4"
}

has_left_its_nodes() { [[ $(job_state "$1") == PENDING && -z $(squeue -h -j "$1" -t completing) ]]; }

prints_twice() { [[ $(job_output "$1" 2>/dev/null | grep -c "^$2\$") == 2 ]]; }

@test "a requeued job meets under another name" {
    write_file once.sh <<'SHELL'
#!/bin/bash
srun sh -c 'echo "rendezvous $PET_RDZV_ID"'
[[ ${SLURM_RESTART_COUNT:-0} -gt 0 ]] || sleep 60
SHELL
    job=$(submit -N 2 --open-mode=append "${recipe[@]}" once.sh)
    wait_until 20 prints_twice "$job" "rendezvous $job\.0\.0"
    scontrol requeue "$job"
    wait_until 20 has_left_its_nodes "$job"
    # Slurm itself would wait two minutes, for a slurmd refuses credentials made in or before the second it ended the job.
    scontrol update JobId="$job" StartTime=now+3
    wait_job "$job"
    run job_output "$job"
    assert_output_count 2 "^rendezvous $job\.0\.0\$"
    assert_output_count 2 "^rendezvous $job\.0\.1\$"
}

@test "one node needs no fixed port" {
    write_file one.sh <<'SHELL'
#!/bin/bash
srun sh -c 'echo "endpoint $PET_RDZV_ENDPOINT"'
srun torchrun world.py
SHELL
    job=$(submit "${recipe[@]}" one.sh)
    wait_job "$job" 120
    assert_completed "$job"
    run job_output "$job"
    assert_output_contains "endpoint localhost:0"
    assert_output_count 2 "of 2 sums 2"
}

@test "the head is named by its address, since NodeNames here are no host names" {
    run as_user srun -N2 "${recipe[@]}" sh -c 'echo "$PET_NODE_RANK $PET_RDZV_ENDPOINT $PET_RDZV_CONF ${SLURM_NTASKS-unset}"'
    assert_success
    assert_output_matches '^0 127\.0\.0\.1:2[5-9][0-9]{3} is_host=1 unset$'
    assert_output_matches '^1 127\.0\.0\.1:2[5-9][0-9]{3} is_host=0 unset$'
}

@test "a step that is no torchrun step gets the recipe's environment and nothing else" {
    write_file plain.sh <<'SHELL'
#!/bin/bash
srun -n4 --ntasks-per-node=2 sh -c 'echo "config ${RECIPE_CONFIG:+there} debug $NCCL_DEBUG rdzv ${PET_RDZV_ID-unset} ntasks $SLURM_NTASKS"'
SHELL
    job=$(submit -N 2 "${recipe[@]}" plain.sh)
    wait_job "$job"
    assert_completed "$job"
    run job_output "$job"
    assert_output_count 4 '^config there debug WARN rdzv unset ntasks 4$'
}

@test "the direct launcher gives every task its rank" {
    run as_user sbatch --parsable --wait -N 2 "${recipe[@]}" --recipe-set=launch.launcher=direct </dev/null
    assert_success
    run job_output "$output"
    assert_output_count 4 "of 4 sums 4"
}

@test "srun --recipe and salloc --recipe train without a script" {
    run as_user srun -N2 "${recipe[@]}" torchrun world.py
    assert_success
    assert_output_count 4 "of 4 sums 4"
    run as_user salloc -N2 "${recipe[@]}" srun torchrun world.py
    assert_success
    assert_output_count 4 "of 4 sums 4"
}

@test "srun --recipe inside an allocation is bounded by it" {
    run as_user salloc -N2 srun "${recipe[@]}" -N2 torchrun world.py
    assert_success
    assert_output_count 4 "of 4 sums 4"
    run as_user salloc -N2 srun "${recipe[@]}" --recipe-set=trainer.num_nodes=3 torchrun world.py
    assert_failure
    assert_output_contains "submit.allocation"
}
