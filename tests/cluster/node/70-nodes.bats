#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a node alone can see: it fails the step with one line that says what and where, and the node stays in service.

load ../helper

cpu=(--recipe=llama_tiny_cpu_pretrain)
gpu=(-p train --recipe=llama3_2_1b_pretrain "$FITS_A10G")
# A step that would outlive every test's patience if its other nodes did not end with the one that fails.
program=(--recipe-step=train sh -c 'echo "$SLURMD_NODENAME runs"; exec sleep 100')

# A job that fails and says why: within 15 s on an idle machine, of which a busy one makes more.
assert_failed_at_once() { # ID
    wait_job "$1" 60
    assert_equal "$(job_state "$1")" FAILED
    local seconds
    seconds=$(job_field "$1" RunTime | awk -F: '{print $1 * 3600 + $2 * 60 + $3}')
    ((seconds <= 15)) || fail "the job took $seconds s to fail"
}

# The next job on these nodes runs: nothing was drained.
assert_nodes_work() { # SRUN_ARGUMENT...
    run as_user srun "$@" true
    assert_success
}

@test "a step with 7 of the 8 GPUs fails, and says how to ask for 8" {
    write_file seven.sh <<'SHELL'
#!/bin/bash
srun --recipe-step=train --gpus-per-node=7 sh -c 'sleep 100'
SHELL
    job=$(submit "${gpu[@]}" -N 2 --recipe-set=trainer.num_nodes=2 -o out seven.sh)
    assert_failed_at_once "$job"
    run cat out
    assert_output_matches 'recipe: on node g[1-4]: the step has 7 GPUs here \(in CUDA_VISIBLE_DEVICES\) and the recipe runs 8 processes on 8 GPUs; ask for --gpus-per-node=8, or run on what is there with --recipe-set=trainer\.devices=7 \[node\.devices\]$'
    assert_nodes_work -p train -N 4
}

@test "a step with all GPUs runs, and so does one of a recipe for 7" {
    run as_user srun "${gpu[@]}" sh -c 'echo "runs with $CUDA_VISIBLE_DEVICES"'
    assert_success
    assert_output_contains "runs with 0,1,2,3,4,5,6,7"
    run as_user srun "${gpu[@]}" --recipe-set=trainer.devices=7 --recipe-set=model.shard_degree=7 \
        sh -c 'echo "runs with $CUDA_VISIBLE_DEVICES"'
    assert_success
    assert_output_contains "runs with 0,1,2,3,4,5,6"
}

@test "tasks that Slurm gives a GPU each have all that a direct step needs" {
    direct=("${gpu[@]}" --recipe-set=launch.launcher=direct)
    run as_user srun "${direct[@]}" --ntasks-per-node=8 --gpus-per-task=1 sh -c 'echo "rank $RANK sees $CUDA_VISIBLE_DEVICES"'
    assert_success
    assert_output_count 8 '^rank [0-7] sees [0-7]$'
    write_file four.sh <<'SHELL'
#!/bin/bash
srun --recipe-step=train -n8 --ntasks-per-node=8 --gpus-per-node=4 sh -c 'sleep 100'
SHELL
    job=$(submit "${direct[@]}" -o out four.sh)
    assert_failed_at_once "$job"
    run cat out
    assert_output_count 1 'recipe: on node g[1-4]: the step has 4 GPUs here \(given by Slurm\) and the recipe runs 8 processes on 8 GPUs; ask for'
}

@test "a step of fewer nodes goes on where the degrees divide its world, and says so" {
    write_file sub.sh <<'SHELL'
#!/bin/bash
srun -N2 -n2 sh -c 'echo "$PET_NODE_RANK of $PET_NNODES"'
SHELL
    job=$(submit -N 4 "${cpu[@]}" --recipe-set=model.shard_degree=4 --recipe-set=model.sharding_strategy=hybrid_shard -o out sub.sh)
    wait_job "$job"
    assert_completed "$job"
    run cat out
    assert_output_contains "0 of 2"
    assert_output_contains "1 of 2"
    assert_output_count 1 'recipe: hint: this step has 2 nodes and the recipe was planned for 4: a world of 4 ranks \[node\.count\]$'
}

@test "a step whose world the degrees do not divide fails in one line" {
    write_file sub.sh <<'SHELL'
#!/bin/bash
srun --recipe-step=train -N3 -n3 sh -c 'sleep 100'
SHELL
    job=$(submit -N 4 "${cpu[@]}" --recipe-set=model.shard_degree=4 --recipe-set=model.sharding_strategy=hybrid_shard -o out sub.sh)
    assert_failed_at_once "$job"
    run cat out
    assert_output_count 1 'recipe: '
    assert_output_matches 'recipe: on node n1: this step: 3 nodes × 2 devices = 6 ranks cannot be divided by shard_degree 4; run it on 4 nodes, as the recipe was planned, or without the recipe: --recipe=none \[node\.world\]$'
    assert_nodes_work -N 4
}

@test "scontrol update NumNodes of a pending job: each step takes its world from its real nodes" {
    job=$(submit --hold -N 4 "${cpu[@]}" --recipe-set=model.shard_degree=4 --recipe-set=model.sharding_strategy=hybrid_shard -o out --wrap "srun sh -c 'echo \$PET_NODE_RANK of \$PET_NNODES'")
    # Slurm takes a bare number for the least, and keeps the tasks that it made of -N.
    run as_user scontrol update JobId="$job" NumNodes=2-2 NumTasks=2
    assert_success
    as_user scontrol release "$job"
    wait_job "$job"
    assert_completed "$job"
    run cat out
    assert_output_contains "0 of 2"
    assert_output_contains "1 of 2"

    job=$(submit --hold -N 4 "${cpu[@]}" --recipe-set=model.shard_degree=4 --recipe-set=model.sharding_strategy=hybrid_shard -o out3 --wrap "srun --recipe-step=train sleep 100")
    as_user scontrol update JobId="$job" NumNodes=3-3 NumTasks=3
    as_user scontrol release "$job"
    assert_failed_at_once "$job"
    run cat out3
    assert_output_count 1 'recipe: '
    assert_output_contains "3 nodes × 2 devices = 6 ranks cannot be divided by shard_degree 4"
}

@test "the recipe's own script after scontrol update NumNodes trains on the nodes that are left" {
    write_file said.py <<'PYTHON'
import os
os.write(1, "rank {RANK} of {WORLD_SIZE}\n".format_map(os.environ).encode())
PYTHON
    job=$(submit --hold -N 4 "${cpu[@]}" "--recipe-set=launch.entry_script=$WORK/said.py" </dev/null)
    as_user scontrol update JobId="$job" NumNodes=2-2 NumTasks=2
    as_user scontrol release "$job"
    wait_job "$job" 120
    assert_completed "$job"
    run job_output "$job"
    assert_output_count 4 '^rank [0-3] of 4$'
}

@test "a container image that is not there fails the step on every node that lacks it" {
    run as_user srun -N2 "${cpu[@]}" --recipe-set=container="$WORK/away/none.sqsh" "${program[@]}"
    assert_failure
    refute_output_contains "runs"
    assert_output_matches "recipe: on node n[12]: the container image $WORK/away/none\.sqsh: No such file or directory; put it where every node reads it, or name another with --recipe-set=container=IMAGE \[node\.image\]\$"
    printf hsqs >"$WORK/there.sqsh"
    chmod 600 "$WORK/there.sqsh"
    run as_user srun -N2 "${cpu[@]}" --recipe-set=container="$WORK/there.sqsh" "${program[@]}"
    assert_failure
    assert_output_contains "container $WORK/there.sqsh may not be read by you"
    chmod 644 "$WORK/there.sqsh"
    run as_user srun -N2 "${cpu[@]}" --recipe-set=container="$WORK/there.sqsh" echo runs
    assert_success
    assert_output_count 2 '^runs$'
    run as_user srun -N2 "${cpu[@]}" --recipe-set=container="'nvcr.io#nvidia/pytorch:25.01-py3'" echo runs
    assert_success
}

@test "checkpoint directories must be writable, or possible to make" {
    mkdir "$WORK/foreign"
    run as_user srun "${cpu[@]}" --recipe-set=exp_manager.checkpoint_dir="$WORK/foreign/run/checkpoints" "${program[@]}"
    assert_failure
    assert_output_contains "exp_manager.checkpoint_dir is $WORK/foreign/run/checkpoints, and you may not write to $WORK/foreign (Permission denied) [paths.not_writable]"
    # Where this host's view does not count, the node's does.
    write_file site.yaml <<<'severities: {paths.not_writable: warning}'
    run as_user env SLURM_RECIPE_SITE="$WORK/site.yaml" srun "${cpu[@]}" \
        --recipe-set=exp_manager.checkpoint_dir="$WORK/foreign/run/checkpoints" "${program[@]}"
    assert_failure
    assert_output_matches "recipe: on node n1: the output directory $WORK/foreign/run/checkpoints: $WORK/foreign cannot be written to \(Permission denied\); name one that every node can write to \[node\.directory\]\$"
    run as_user srun "${cpu[@]}" --recipe-set=exp_manager.checkpoint_dir="$WORK/mine/run/checkpoints" echo runs
    assert_success
    assert_output_contains runs
    [ ! -e "$WORK/mine" ]
    : >"$WORK/file"
    run as_user env SLURM_RECIPE_SITE="$WORK/site.yaml" srun "${cpu[@]}" --recipe-set=exp_manager.checkpoint_dir="$WORK/file" "${program[@]}"
    assert_failure
    assert_output_contains "$WORK/file is no directory"
}

@test "a results directory that the nodes cannot write to is refused in one line" {
    mkdir "$WORK/foreign"
    run as_user srun "${cpu[@]}" --recipe-set=base_results_dir="$WORK/foreign" "${program[@]}"
    assert_failure
    assert_output_count 1 'recipe: on node n1: '
    assert_output_matches "recipe: on node n1: the recipe's configuration: cannot create $WORK/foreign/llama-tiny-cpu/[0-9]+: Permission denied; --recipe-set=base_results_dir=DIRECTORY names one that every node can write to \[node\.configuration\]\$"
}

# The rendezvous port of step 0 of a job.
port_of_job() { echo $((25000 + 16 * $1 % 4400)); }

listen_on() { # PORT: until the test ends
    python3 -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
time.sleep(120)' "$1" >"$WORK/listening" 3>&- &
    listener=$!
    wait_until 10 grep -q listening "$WORK/listening"
}

@test "a taken port on the head node is survived: a batch job meets on another, which all nodes learn" {
    write_file world.py <<'PYTHON'
import os
import torch.distributed as dist
dist.init_process_group("gloo")
os.write(1, "rank {RANK} of {WORLD_SIZE}\n".format_map(os.environ).encode())
dist.barrier()
os._exit(0)
PYTHON
    for launcher in torchrun direct; do
        job=$(submit --hold -N 4 "${cpu[@]}" --recipe-set=launch.launcher=$launcher \
            "--recipe-set=launch.entry_script=$WORK/world.py" -o "out-$launcher" </dev/null)
        port=$(port_of_job "$job")
        listen_on "$port"
        as_user scontrol release "$job"
        wait_job "$job" 120
        kill "$listener"
        wait "$listener" || true
        assert_completed "$job"
        run cat "out-$launcher"
        assert_output_count 8 '^rank [0-7] of 8$'
    done
    job=$(submit --hold -N 2 "${cpu[@]}" -o out-m --wrap 'srun -n2 -m arbitrary -w n3,n1 sh -c "echo \$MASTER_PORT"')
    scontrol update JobId="$job" NumNodes=4-4
    port=$(port_of_job "$job")
    listen_on "$port"
    as_user scontrol release "$job"
    wait_job "$job" 60
    kill "$listener"
    wait "$listener" || true
    run cat out-m
    assert_output_count 2 "^$((port + 8))\$"
    # Nothing is left of it.
    run find "$WORK" -name '.recipe-*'
    assert_equal "$output" ""
}

@test "where every port is taken, or nodes agree on none, a step ends with the reason" {
    write_file site.yaml <<<'rendezvous: {first_port: 31001, last_port: 31002}'
    listen_on 31001
    first=$listener
    listen_on 31002
    run as_user env SLURM_RECIPE_SITE="$WORK/site.yaml" srun -N 2 "${cpu[@]}" "${program[@]}"
    assert_failure
    assert_output_count 1 'recipe: on node n1: '
    assert_output_matches "recipe: on node n1: all 2 ports from 3100[12] on that were tried, on which the step's tasks could meet, are taken by other programs; the administrator keeps 31001-31002 free for jobs \[node\.port\]\$"
    write_file site.yaml <<<$'rendezvous: {first_port: 31001, last_port: 31002}\nnode_check_seconds: 0'
    run as_user env SLURM_RECIPE_SITE="$WORK/site.yaml" srun -N 2 "${cpu[@]}" "${program[@]}"
    kill "$first" "$listener"
    wait "$first" "$listener" || true
    assert_failure
    assert_output_matches "recipe: on node n[0-9]: the port 3100[12], on which the step's tasks are to meet, is taken by another program; start it again; the administrator keeps 31001-31002 free for jobs \[node\.port\]\$"
    assert_nodes_work -N 4
}

# freeze FILE: whoever opens it waits, as for a file server that is gone, until the test kills $freezer.
freeze() {
    python3 - "$1" >"$WORK/frozen" 3>&- <<'PYTHON' &
import ctypes, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
FAN_CLASS_CONTENT, FAN_CLOEXEC, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD = 4, 1, 1, 0x10000, -100
group = libc.fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, os.O_RDONLY)
marked = libc.fanotify_mark(group, FAN_MARK_ADD, ctypes.c_uint64(FAN_OPEN_PERM), AT_FDCWD, sys.argv[1].encode()) if group >= 0 else -1
print("frozen" if marked == 0 else "cannot", flush=True)
time.sleep(120)
PYTHON
    freezer=$!
    wait_until 10 grep -qE 'frozen|cannot' "$WORK/frozen"
    grep -q frozen "$WORK/frozen" || {
        kill "$freezer"
        skip "this kernel has no fanotify permissions"
    }
}

@test "a file system that does not answer fails the step in the site's time" {
    printf hsqs >"$WORK/image.sqsh"
    chmod 644 "$WORK/image.sqsh"
    write_file site.yaml <<<'node_check_seconds: 2'
    # The file answers while the job is made, and no longer when its step starts.
    as_user env SLURM_RECIPE_SITE="$WORK/site.yaml" salloc -N2 "${cpu[@]}" --recipe-set=container="$WORK/image.sqsh" \
        bash -c 'touch allocated; until [[ -e frozen ]] && [[ $(<frozen) == frozen ]]; do sleep 0.1; done; exec timeout 60 srun "$@"' \
        bash "${program[@]}" >"$WORK/said" 2>&1 3>&- &
    allocation=$!
    wait_until 60 test -e "$WORK/allocated"
    freeze "$WORK/image.sqsh"
    result=0
    wait "$allocation" || result=$?
    kill "$freezer"
    output=$(<"$WORK/said") status=$result
    assert_failure 1
    assert_output_matches "recipe: on node n[12]: $WORK/image\.sqsh does not answer within 2 s; wait for its server, or leave the node out with -x \[node\.no_answer\]\$"
    write_file site.yaml <<<'node_check_seconds: 0'
    run as_user env SLURM_RECIPE_SITE="$WORK/site.yaml" srun -N2 "${cpu[@]}" --recipe-set=container="$WORK/away/none.sqsh" echo runs
    assert_success
    assert_output_count 2 '^runs$'
}

@test "a user's own srun torchrun ends on all nodes when one fails, unless the user says otherwise" {
    write_file one.sh <<'SHELL'
#!/bin/bash
srun sh -c '[ "$PET_NODE_RANK" = 1 ] && exit 3; exec sleep 20'
SHELL
    job=$(submit -N 4 "${cpu[@]}" one.sh)
    assert_failed_at_once "$job"
    run as_user env SLURM_KILL_BAD_EXIT=0 srun -N2 "${cpu[@]}" sh -c '[ "$PET_NODE_RANK" = 1 ] && exit 3; sleep 3; echo went on'
    assert_failure 3
    assert_output_contains "went on"
    # A step that is none of the recipe's is left alone.
    run as_user salloc -N2 "${cpu[@]}" srun -n4 --ntasks-per-node=2 --recipe-step=helper sh -c '[ "$SLURM_PROCID" = 1 ] && exit 3; sleep 3; echo went on'
    assert_failure
    assert_output_count 3 '^went on$'
}
