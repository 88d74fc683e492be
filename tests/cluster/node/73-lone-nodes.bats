#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# One node that differs from the others: without a device, without the image, with an address of its own. The slurmd of such a
# node runs in a mount namespace of its own, on a cluster that each test starts for itself.

load ../helper

setup() {
    other_cluster_setup
    own_slurmds=()
    SLURM_CONF_HERE=$SLURM_CONF
    own_interface=
    cpu=(--recipe=llama_tiny_cpu_pretrain)
}

teardown() {
    local pid
    for pid in "${own_slurmds[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    [[ -z $own_interface ]] || ip link del "$own_interface"
    SLURM_CONF=$SLURM_CONF_HERE
    other_cluster_teardown
}

# other_cluster START_OPTION...: from now on commands of this file are about it.
other_cluster() {
    [[ " $* " == *" --etc "* ]] || set -- --etc "$RECIPE_ROOT/tests/cluster/site/recipe.yaml" "$@"
    "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" "$@" 3>&-
    SLURM_CONF=$OTHER/etc/slurm.conf
}

there() { (cd "$WORK" && exec "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" "$@"); }

is_idle() { [[ $(sinfo -h -n "$1" -o %T | sort -u) == idle ]]; }
is_gone() { ! kill -0 "$1" 2>/dev/null; }

# own_node NAME [SCRIPT]: its slurmd, after a bash script that prepares what this node sees.
own_node() {
    mkdir -p "$OTHER/spool/$1"
    # shellcheck disable=SC2016 # the inner shell's
    env -i PATH="$PATH" LANG=C.UTF-8 SLURM_CONF="$OTHER/etc/slurm.conf" \
        unshare --mount bash -ec "${2-}"'
exec slurmd -D -f "$SLURM_CONF" -N "$0"' "$1" >"$OTHER/log/own-$1.out" 2>&1 3>&- &
    own_slurmds+=($!)
}

# replace_node NAME SCRIPT: ends the slurmd that the cluster came with, and runs one of our own.
replace_node() {
    local pid
    pid=$(cat "$OTHER/run/slurmd-$1.pid")
    kill "$pid"
    wait_until 20 is_gone "$pid"
    own_node "$@"
    wait_until 30 answers "$1"
}

# A new slurmd has registered: it has written its pid, and the node is idle.
answers() { is_idle "$1" && [[ -s $OTHER/run/slurmd-$1.pid ]] && ! is_gone "$(cat "$OTHER/run/slurmd-$1.pid")"; }

ended_there() { [[ $(job_state "$1") =~ ^(COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL)$ ]]; }

# The job has failed within seconds, no node was drained, and the next job on these nodes runs.
assert_failed_and_nodes_work() { # JOB SRUN_ARGUMENT...
    local job=$1 seconds
    shift
    wait_until 60 ended_there "$job"
    assert_equal "$(job_state "$job")" FAILED
    seconds=$(job_field "$job" RunTime | awk -F: '{print $1 * 3600 + $2 * 60 + $3}')
    ((seconds <= 15)) || fail "the job took $seconds s to fail"
    refute_drained
    run there srun "$@" true
    assert_success
}

refute_drained() { [[ -z $(sinfo -h -N -o '%N %T' | grep -E 'drain|down|fail') ]] || fail "$(sinfo -N -o '%N %T %E')"; }

# A /dev with this many GPUs, for one node alone.
dev_with_gpus() { # COUNT
    cat <<SHELL
new=$OTHER/dev/with-$1
mkdir -p \$new/shm
for device in null zero full random urandom tty; do mknod -m 666 \$new/\$device c \$(stat -c '0x%t 0x%T' /dev/\$device); done
for ((i = 0; i < $1; i++)); do mknod -m 666 \$new/nvidia\$i c 1 3; done
ln -s /proc/self/fd \$new/fd
mount --bind /dev/shm \$new/shm
mount --bind \$new /dev
SHELL
}

@test "a node that has lost one of its 8 GPUs ends the job within seconds, by name" {
    other_cluster --nodes 1 --train-nodes 2 --no-gres
    replace_node g1 "$(dev_with_gpus 8)"
    replace_node g2 "$(dev_with_gpus 7)"
    gpu=(-p train --recipe=llama3_2_1b_pretrain "$FITS_A10G" --recipe-set=trainer.num_nodes=2)
    job=$(there sbatch --parsable "${gpu[@]}" -o out --wrap "srun --recipe-step=train sleep 100")
    assert_failed_and_nodes_work "$job" -p train -N 2
    run cat out
    assert_output_count 1 'recipe: '
    assert_output_matches 'recipe: on node g2: the step has 7 GPUs here \(among /dev/nvidia\*\) and the recipe runs 8 processes on 8 GPUs; leave the node out with -x \[node\.devices\]$'
    run there srun -w g1 -p train --recipe=llama3_2_1b_pretrain "$FITS_A10G" sh -c 'echo "node rank $PET_NODE_RANK of $PET_NNODES"'
    assert_success
    assert_output_contains "node rank 0 of 1"
}

@test "a node without the image ends the job within seconds, by name, with the user's own srun torchrun as well" {
    other_cluster --nodes 4 --train-nodes 0
    mkdir "$WORK/images"
    { printf hsqs && head -c 4092 /dev/zero; } >"$WORK/images/train.sqsh"
    chmod 644 "$WORK/images/train.sqsh"
    add_pyxis "$OTHER"
    replace_node n3 "mount -t tmpfs none $WORK/images"
    image=(--recipe-set=container="$WORK/images/train.sqsh")
    write_file world.py <<'PYTHON'
import torch.distributed as dist
dist.init_process_group("gloo")
print("met")
PYTHON
    job=$(there sbatch --parsable -N 4 "${cpu[@]}" "${image[@]}" -o out --wrap "srun torchrun world.py" 2>/dev/null)
    assert_failed_and_nodes_work "$job" -N 4
    run cat out
    assert_output_count 1 'recipe: '
    assert_output_contains "recipe: on node n3: the container image $WORK/images/train.sqsh: No such file or directory; "
    job=$(there sbatch --parsable -N 3 -x n3 "${cpu[@]}" "${image[@]}" -o out3 --wrap "srun echo runs" 2>/dev/null)
    wait_until 60 ended_there "$job"
    assert_completed "$job"
    run cat out3
    assert_output_count 3 '^runs$'
}

@test "results or checkpoints that not all nodes share end the step within seconds, naming path and node" {
    other_cluster --nodes 3 --train-nodes 0
    mkdir -m 777 "$WORK/local" "$WORK/shared" "$WORK/shared/mounted"
    replace_node n2 "mount -t tmpfs -o mode=777 none $WORK/local; mount -t tmpfs -o mode=777 none $WORK/shared/mounted"
    program=(--recipe-step=train sh -c 'echo "$SLURMD_NODENAME runs"; exec sleep 100')
    run there srun -N 3 "${cpu[@]}" --recipe-set=base_results_dir="$WORK/local" "${program[@]}"
    assert_failure
    refute_output_contains "n2 runs"
    assert_output_matches "recipe: on node n2: the results directory $WORK/local/llama-tiny-cpu/[0-9]+: what the step's first node has written there does not appear here; name one on storage that all nodes of the job share \[node\.not_shared\]\$"
    run there srun -N 3 "${cpu[@]}" --recipe-set=recipes.exp_manager.checkpoint_dir="$WORK/shared/mounted" "${program[@]}"
    assert_failure
    assert_output_matches "recipe: on node n2: the output directory $WORK/shared/mounted: another file system is mounted there on this node than on the step's first node; name one on storage that all nodes of the job share \[node\.not_shared\]\$"
    # One node, and nodes that share.
    run there srun -N 1 -w n2 "${cpu[@]}" --recipe-set=base_results_dir="$WORK/local" echo runs
    assert_success
    run there srun -N 2 -w n1,n3 "${cpu[@]}" --recipe-set=base_results_dir="$WORK/local" echo runs
    assert_success
    # Nothing is left of it.
    run find "$WORK" -name '.recipe-*'
    assert_equal "$output" ""
}

@test "results that not all nodes share, where nodes check nothing: each has the configuration, and one the manifest" {
    echo 'node_check_seconds: 0' >"$WORK/recipe.yaml"
    other_cluster --nodes 3 --train-nodes 0 --etc "$WORK/recipe.yaml"
    mkdir -m 777 "$WORK/local"
    replace_node n2 "mount -t tmpfs -o mode=777 none $WORK/local"
    run there srun -N 3 "${cpu[@]}" --recipe-set=base_results_dir="$WORK/local" \
        sh -c 'ls "$RECIPE_RESULTS_DIR" | sed "s/^/$SLURMD_NODENAME /"'
    assert_success
    for node in n1 n2 n3; do assert_output_count 1 "^$node recipe-[0-9a-f]{12}\\.yaml\$"; done
    assert_output_contains "n1 manifest.json"
    refute_output_contains "n2 manifest.json"
    # Where the submitting host cannot write, the head node of the step does.
    mkdir -m 755 "$WORK/nodes"
    for node in n1 n3; do replace_node "$node" "mount -t tmpfs -o mode=777 none $WORK/nodes"; done
    run there srun -N 2 -w n1,n3 "${cpu[@]}" --recipe-set=base_results_dir="$WORK/nodes" \
        sh -c 'ls "$RECIPE_RESULTS_DIR" | sed "s/^/$SLURMD_NODENAME /"'
    assert_success
    for node in n1 n3; do assert_output_count 1 "^$node recipe-[0-9a-f]{12}\\.yaml\$"; done
    assert_output_count 1 'manifest\.json$'
    assert_output_contains "n1 manifest.json"
}

free_ports() { # COUNT
    python3 - "$1" <<'PYTHON'
import socket, sys
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in sockets))
PYTHON
}

# nodes_at ADDRESS ADDRESS [CONF_LINE...]: a cluster with two more nodes, x1 and x2, whose names are no host names.
# $x2_sees: a script that prepares what x2 sees. They listen on all addresses: of a host name that several nodes share slurmd
# would take the first.
nodes_at() {
    local first=$1 second=$2 ports
    shift 2
    read -ra ports <<<"$(free_ports 2)"
    {
        printf '%s\n' "${@:-CommunicationParameters=NoCtldInAddrAny}"
        echo "NodeName=x1 NodeHostname=localhost ${first:+NodeAddr=$first} Port=${ports[0]} CPUs=8 RealMemory=16000"
        echo "NodeName=x2 NodeHostname=localhost ${second:+NodeAddr=$second} Port=${ports[1]} CPUs=8 RealMemory=16000"
        echo "PartitionName=x Nodes=x[1-2] DefaultTime=10"
    } >"$WORK/extra.conf"
    other_cluster --nodes 1 --train-nodes 0 --slurm-conf-extra "$WORK/extra.conf"
    own_node x1
    own_node x2 "${x2_sees-}"
}

write_world() {
    write_file world.py <<'PYTHON'
import os
import torch.distributed as dist
dist.init_process_group("gloo")
os.write(1, f"rank {dist.get_rank()} of {dist.get_world_size()} by {os.environ['MASTER_ADDR']}\n".encode())
dist.barrier()
PYTHON
}

assert_meet_at() { # ADDRESS ENDPOINT_REGEX
    wait_until 30 is_idle x1
    wait_until 30 is_idle x2
    write_world
    run there srun -p x -N2 "${cpu[@]}" sh -c 'echo "$PET_NODE_RANK at $PET_RDZV_ENDPOINT"'
    assert_success
    assert_output_matches "^0 at $2:2[5-9][0-9]{3}\$"
    assert_output_matches "^1 at $2:2[5-9][0-9]{3}\$"
    run there srun -p x -N2 "${cpu[@]}" torchrun world.py
    assert_success
    # torchrun gives its workers the name of the host that its first agent runs on.
    assert_output_count 4 '^rank [0-3] of 4 by '
    run there srun -p x -N2 "${cpu[@]}" --recipe-set=launch.launcher=direct python3 world.py
    assert_success
    assert_output_count 4 "^rank [0-3] of 4 by $1\$"
}

@test "NodeAddr is where the step meets, when it differs from NodeName and host name" {
    nodes_at 127.0.0.2 127.0.0.3
    assert_meet_at 127.0.0.2 '127\.0\.0\.2'
}

@test "an IPv6 NodeAddr is bracketed beside its port, and the step meets there" {
    nodes_at ::1 ::1 CommunicationParameters=NoCtldInAddrAny,EnableIPv6
    assert_meet_at ::1 '\[::1\]'
}

@test "cloud nodes have the address that they were given when they came up" {
    nodes_at "" ""
    scontrol update NodeName=x1 NodeAddr=127.0.0.4 NodeHostName=localhost
    scontrol update NodeName=x2 NodeAddr=127.0.0.5 NodeHostName=localhost
    assert_meet_at 127.0.0.4 '127\.0\.0\.4'
}

@test "a head node whose name a node cannot resolve fails the step in one line" {
    # This node's own /etc/hosts is empty, and no server answers it.
    x2_sees='mount --bind /dev/null /etc/hosts; mount --bind /dev/null /etc/resolv.conf'
    nodes_at localhost 127.0.0.3
    wait_until 30 is_idle x1
    wait_until 30 is_idle x2
    job=$(there sbatch --parsable -p x -N2 "${cpu[@]}" -o out --wrap "srun --recipe-step=train sleep 100")
    assert_failed_and_nodes_work "$job" -p x -N 2
    run cat out
    assert_output_count 1 'recipe: '
    assert_output_matches "recipe: on node x2: the head node's name localhost cannot be resolved: .+; the administrator gives nodes a NodeAddr that all nodes resolve \[node\.head_name\]\$"
}

@test "interfaces: route gives NCCL and Gloo the interface that has the head's address" {
    own_interface=rcp$((BASHPID % 100000))
    ip link add "$own_interface" type veth peer name "${own_interface}p" || skip "no veth interfaces here"
    octet=$((BASHPID % 250 + 1))
    ip addr add "10.213.$octet.1/24" dev "$own_interface"
    ip link set "$own_interface" up
    ip link set "${own_interface}p" up
    nodes_at "10.213.$octet.1" "10.213.$octet.1"
    wait_until 30 is_idle x1
    wait_until 30 is_idle x2
    write_file route.yaml <<<'interfaces: route'
    write_world
    run there env SLURM_RECIPE_SITE="$WORK/route.yaml" srun -p x -N2 "${cpu[@]}" sh -c 'echo "$NCCL_SOCKET_IFNAME $GLOO_SOCKET_IFNAME"'
    assert_success
    assert_output_count 2 "^=$own_interface $own_interface\$"
    run there env SLURM_RECIPE_SITE="$WORK/route.yaml" srun -p x -N2 "${cpu[@]}" torchrun world.py
    assert_success
    assert_output_count 4 '^rank [0-3] of 4 by '
}
