#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A recipe that names no instance type is held against the devices of the nodes that Slurm may choose.

load ../helper

setup() { other_cluster_setup; }
teardown() { other_cluster_teardown; }

# Beside the four g5.48xlarge nodes of scripts/cluster, machines that never come up: slurmctld has their records.
other_cluster() {
    cat >"$WORK/more.conf" <<'CONF'

NodeName=a[1-4] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[60001-60004] CPUs=96 RealMemory=1000000 Feature=p4d.24xlarge,efa Gres=gpu:a100:8 State=DOWN
NodeName=t[1-4] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[60011-60014] CPUs=96 RealMemory=1000000 Gres=gpu:tesla:8 State=DOWN
NodeName=m[1-4] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[60021-60024] CPUs=96 RealMemory=1000000 Gres=gpu:a100_1g.10gb:56 State=DOWN
PartitionName=a100 Nodes=a[1-4]
PartitionName=pair Nodes=a[1-2]
PartitionName=mixed Nodes=g[1-4],a[1-4]
PartitionName=untold Nodes=t[1-4]
PartitionName=parts Nodes=m[1-4]
CONF
    "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" --nodes 2 --train-nodes 4 --slurm-conf-extra "$WORK/more.conf" "$@" 3>&-
}

there() { run "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" "$@" </dev/null; }

# refused CODE COMMAND...: by slurmctld, with that code.
refused() {
    local code=$1
    shift
    there "$@"
    assert_failure 1
    assert_output_contains "[$code]"
    assert_equal "$(SLURM_CONF=$OTHER/etc/slurm.conf squeue --all --noheader)" ""
}

# 48.5 GiB a rank: for no A10G (22 GiB). 24.4 GiB with the shorter sequence: for an A100 with 40 GiB.
seed=(--recipe=llama3_2_1b_pretrain --recipe-set=trainer.num_nodes=4)
shorter=("${seed[@]}" --recipe-set=model.max_context_width=4096)

@test "slurmctld refuses what the partition's devices cannot hold, and force, another partition and a smaller recipe are the ways out" {
    other_cluster
    for command in sbatch srun salloc; do
        given=(true)
        [[ $command != sbatch ]] || given=()
        refused memory.does_not_fit "$command" -p train "${seed[@]}" "${given[@]}"
        assert_output_matches 'recipe: instance_type: a rank needs [0-9.]+ GiB at its peak, and each NVIDIA A10G of partition train \(g5.48xlarge\) has 19.6 GiB for it;'
        assert_output_contains "\`srecipe fit training/llama/llama3_2_1b_pretrain trainer.num_nodes=4 instance_type=g5.48xlarge\` shows what would do"
    done
    # What it says shows what it says.
    question=$(sed -n 's/.*`\(srecipe fit [^`]*\)`.*/\1/p' <<<"$output")
    # shellcheck disable=SC2086 # the words are to be pasted
    there $question
    assert_failure 1
    assert_output_contains "--recipe-set=model.tensor_model_parallel_degree=4"

    refused memory.does_not_fit sbatch -p train "${shorter[@]}" --wrap true
    assert_output_contains "Enough nodes suffice in partition a100"
    fix=$(sed -n 's/.*recipe: *fix: //p' <<<"$output")
    assert_equal "$fix" "-p a100"

    there sbatch --parsable --hold -p train "${seed[@]}" --recipe-force --wrap true
    assert_success
    assert_output_contains "recipe: warning: instance_type: a rank needs"
    there sbatch --parsable --hold -p train "${seed[@]}" "$FITS_A10G" --wrap true
    assert_success
    refute_output_contains recipe:
}

@test "a node that -x names several times is left out once" {
    other_cluster
    given=(--recipe=llama3_2_1b_pretrain --recipe-set=trainer.num_nodes=2 --recipe-set=model.max_context_width=4096 --wrap true)
    refused cluster.nodes sbatch -p pair -x a1,a1,a1 "${given[@]}"
    # The A10G of train do not suffice.
    assert_output_contains "partition pair has 1 node with 8 GPUs outside --exclude; the recipe wants 2. Partition a100 has 3."
    assert_output_contains "fix: -p a100"
    there sbatch --parsable --hold -p a100,pair -x a1,a1,a1 "${given[@]}"
    assert_success
    there sbatch --parsable --hold -p pair -w a1,a1 "${given[@]}"
    assert_success
}

@test "in a partition of mixed devices the fix keeps to those that suffice" {
    other_cluster
    refused cluster.mixed_devices sbatch -p mixed "${shorter[@]}" --wrap true
    assert_output_contains "Slurm may choose nodes whose devices do not suffice, 4 of the 8 of partition mixed: a rank needs"
    fix=$(sed -n 's/.*recipe: *fix: //p' <<<"$output")
    assert_equal "$fix" "-C p4d.24xlarge"
    # shellcheck disable=SC2086 # the fix is words to paste
    there sbatch --parsable --hold -p mixed "${shorter[@]}" $fix --wrap true
    assert_success
    refute_output_contains memory.
    there sbatch --parsable --hold -p mixed "${shorter[@]}" -x 'g[1-4]' --wrap true
    assert_success
    there sbatch --parsable --hold -p mixed "${shorter[@]}" -w 'a[1-4]' --wrap true
    assert_success
    SLURM_CONF=$OTHER/etc/slurm.conf scancel --user "$(id -u "$CLUSTER_USER")"

    refused memory.does_not_fit sbatch -p mixed "${shorter[@]}" -w 'a1,g1' --wrap true
    assert_output_contains "each NVIDIA A10G of node g1 (g5.48xlarge), which -w asks for, has"
    refused cluster.mixed_devices sbatch -p train,a100 "${shorter[@]}" --wrap true
    assert_output_contains "fix: -p a100"
    refused memory.does_not_fit sbatch -p mixed "${seed[@]}" --recipe-set=model.max_context_width=16384 --wrap true
}

@test "a part of a GPU has no more than its profile says, and devices that nobody knows are said to be such" {
    other_cluster
    refused memory.does_not_fit sbatch -p parts "${shorter[@]}" --wrap true
    assert_output_contains "1g.10gb of partition parts has"
    there sbatch --parsable --hold -p untold "${shorter[@]}" --wrap true
    assert_success
    assert_output_contains "recipe: hint: nothing says what devices the nodes of partition untold have: the recipe was not held against any device [cluster.unknown_devices]"
}

@test "with the site's map the client knows the type, prints the fix, and slurmctld takes the fixed job" {
    cat >"$WORK/recipe.yaml" <<'YAML'
partitions:
  train: {instance_type: g5.48xlarge}
  untold: {instance_type: g5.48xlarge}
inventory: {refresh_seconds: 5}
YAML
    other_cluster --etc "$WORK/recipe.yaml"
    write_file line.sh <<'SHELL'
#!/bin/sh
#SBATCH -p train
true
SHELL
    refused_by_client() {
        there "$@"
        assert_failure 1
        assert_output_contains "each NVIDIA A10G of g5.48xlarge has 19.6 GiB for it"
        assert_output_contains "[memory.does_not_fit]"
        assert_output_contains "at partitions.train of the site file"
        refute_output_contains "submission failed"
    }
    refused_by_client sbatch -p train "${seed[@]}"
    fix=$(sed -n 's/.*recipe: *fix: //p' <<<"$output")
    assert_output_contains "fix: --recipe-set="
    refused_by_client env SBATCH_PARTITION=train sbatch "${seed[@]}"
    refused_by_client sbatch "${seed[@]}" "$WORK/line.sh"
    refused_by_client sbatch "${seed[@]}" --recipe-set=+cluster.partition=train
    refused_by_client srun -p train "${seed[@]}" true
    # shellcheck disable=SC2086 # the fix is words to paste
    there sbatch --parsable --hold -p train "${seed[@]}" $fix
    assert_success
    refute_output_contains memory.
    SLURM_CONF=$OTHER/etc/slurm.conf scancel --user "$(id -u "$CLUSTER_USER")"

    # A partition that the request shares with another one is left to slurmctld, which believes the map as well.
    refused memory.does_not_fit sbatch -p untold,parts "${shorter[@]}" --wrap true
    assert_output_contains "of partition untold (g5.48xlarge)"

    there srun -p train "${seed[@]}" "$FITS_A10G" sh -c 'echo "runs on $SLURM_JOB_PARTITION"'
    assert_success
    assert_output_contains "runs on train"
}

@test "srecipe doctor --site proposes the map of this cluster, and a site takes it" {
    other_cluster
    there srecipe doctor --site
    assert_success
    assert_equal "$output" "partitions:
  a100: {instance_type: p4d.24xlarge}  # 4 nodes of p4d.24xlarge
  # cpu: 2 nodes of no devices
  # mixed: 4 nodes of g5.48xlarge, 4 nodes of p4d.24xlarge
  pair: {instance_type: p4d.24xlarge}  # 2 nodes of p4d.24xlarge
  # parts: 4 nodes of 56 × a100_1g.10gb
  # shared: 2 nodes of no devices
  train: {instance_type: g5.48xlarge}  # 4 nodes of g5.48xlarge
  # untold: 4 nodes of 8 × tesla"
    echo "$output" >"$WORK/proposed.yaml"
    there srecipe check --site "$WORK/proposed.yaml" llama3_2_1b_pretrain +cluster.partition=train
    assert_failure 1
    assert_output_contains "[memory.does_not_fit]"
    echo 'partitions: {train: {instance_type: q9.metal}}' >"$WORK/wrong.yaml"
    there srecipe doctor --site "$WORK/wrong.yaml"
    assert_output_contains "partitions.train: the instance type q9.metal is not in the hardware catalogue"
}
