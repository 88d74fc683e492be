#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# AMD's and Intel's accelerators, as a GRES gpu without AutoDetect: what Slurm tells a step of them, what its programs get of
# that, and what is refused. The devices are character devices that lead to /dev/null, in /dev as the drivers have them.

load ../helper

setup() {
    other_cluster_setup
    made=()
}

teardown() {
    ((${#made[@]} == 0)) || rm -f "${made[@]}"
    rmdir /dev/dri /dev/accel 2>/dev/null || true
    other_cluster_teardown
}

# make_device PATH: unless the machine has it.
make_device() {
    [[ -e $1 ]] && return
    mkdir -p "$(dirname "$1")"
    mknod -m 666 "$1" c 1 3 2>/dev/null || { : >"$1" && chmod 666 "$1"; }
    made+=("$1")
}

amd_devices() {
    make_device /dev/kfd
    for number in {128..135}; do make_device "/dev/dri/renderD$number"; done
}

gaudi_devices() {
    for number in {0..7}; do make_device "/dev/accel/accel$number"; done
}

# other_cluster TYPE FILES [FLAGS]: two nodes with 8 such devices each, and flags of gres.conf.
other_cluster() {
    mkdir etc
    echo "NodeName=g[1-2] Name=gpu Type=$1 File=$2${3:+ Flags=$3}" >etc/gres.conf
    "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" --nodes 1 --train-nodes 2 --train-gres "$1" \
        --etc etc/gres.conf 3>&-
}

there() { run "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" "$@" </dev/null; }

seed=(-p train --recipe=llama3_2_1b_pretrain --recipe-set=trainer.num_nodes=1)
# Our trainer has neither fp8 nor Gaudi.
own=(--recipe-set=launch.entry_script=null --recipe-set=run.model_type=null)
# The words of a step's environment that say which devices it has.
# shellcheck disable=SC2016 # the step's shell expands them
shown='echo "$SLURM_STEP_GPUS: ROCR ${ROCR_VISIBLE_DEVICES-none} CUDA ${CUDA_VISIBLE_DEVICES-none} ordinal ${GPU_DEVICE_ORDINAL-none} modules ${HABANA_VISIBLE_MODULES-none}"'
four=(--recipe-set=trainer.devices=4 --recipe-set=model.shard_degree=4)

@test "MI300X: Slurm without flags tells a step of its GPUs twice, and a step of the recipe once" {
    amd_devices
    other_cluster mi300x '/dev/dri/renderD[128-135]'
    there srun -p train --gpus-per-node=2 sh -c "$shown"
    assert_success
    slurm=$(sed -n 's/.*ROCR \([0-9,]*\) CUDA \([0-9,]*\) .*/\1 \2/p' <<<"$output")
    assert_equal "${slurm% *}" "${slurm#* }"
    for type in instance_type=mi300x-8 instance_type=null; do
        there srun "${seed[@]}" "${four[@]}" "--recipe-set=$type" sh -c "$shown"
        assert_success
        assert_output_matches ': ROCR [0-9]+,[0-9]+,[0-9]+,[0-9]+ CUDA none ordinal none modules none$'
    done
    # What the user says himself stays.
    there env GPU_DEVICE_ORDINAL=9 srun "${seed[@]}" "${four[@]}" sh -c 'export CUDA_VISIBLE_DEVICES=0; '"$shown"
    assert_output_contains "CUDA 0"
}

@test "MI300X: with amd_gpu_env Slurm tells it once, and nothing is changed" {
    amd_devices
    other_cluster mi300x '/dev/dri/renderD[128-135]' amd_gpu_env
    there srun -p train --gpus-per-node=2 sh -c "$shown"
    assert_output_matches 'ROCR [0-9]+,[0-9]+ CUDA none'
    there srun "${seed[@]}" sh -c "$shown"
    assert_success
    assert_output_matches ': ROCR [0-9]+(,[0-9]+){7} CUDA none ordinal none modules none$'
    # A step with fewer than its ranks.
    write_file seven.sh <<<$'#!/bin/bash\nsrun --recipe-step=train --gpus-per-node=7 sh -c "echo program"'
    there sbatch --parsable "${seed[@]}" -o "$WORK/out" "$WORK/seven.sh"
    assert_success
    SLURM_CONF=$OTHER/etc/slurm.conf wait_job "${lines[-1]}" 60
    run cat out
    refute_output_matches '^program'
    assert_output_contains "the step has 7 GPUs here (in ROCR_VISIBLE_DEVICES) and the recipe runs 8 processes on 8 GPUs"
}

@test "MI250X: what its memory and its formats cannot is refused, by the client and by slurmctld" {
    amd_devices
    other_cluster mi250x '/dev/dri/renderD[128-135]' amd_gpu_env
    for type in instance_type=mi250x-8 instance_type=null; do
        there srun "${seed[@]}" "${own[@]}" "--recipe-set=$type" --recipe-set=++recipes.model.fp8=True true
        assert_failure 1
        assert_output_contains "AMD Instinct MI250X"
        assert_output_contains "[precision.fp8]"
        refute_output_contains "compute capability"
        there srun "${seed[@]}" "--recipe-set=$type" --recipe-set=model.max_context_width=32768 true
        assert_failure 1
        assert_output_contains "[memory.does_not_fit]"
    done
    there srun "${seed[@]}" --recipe-set=instance_type=mi250x-8 --recipe-set=trainer.devices=16 true
    assert_failure 1
    assert_output_contains "[devices.exceeds]"
    there srun "${seed[@]}" --recipe-set=instance_type=mi250x-8 --recipe-set=model.max_context_width=2048 true
    assert_success
}

@test "Gaudi 2: a part of a node is told to the step, a whole one is not, and a recipe for GPUs is refused" {
    gaudi_devices
    other_cluster gaudi2 '/dev/accel/accel[0-7]' no_gpu_env
    gaudi=("${seed[@]}" "${own[@]}" --recipe-set=++recipes.trainer.accelerator=hpu)
    there srun "${gaudi[@]}" --recipe-set=instance_type=gaudi2-8 sh -c "$shown"
    assert_success
    assert_output_matches ': ROCR none CUDA none ordinal none modules none$'
    there srun "${gaudi[@]}" "${four[@]}" --recipe-set=instance_type=gaudi2-8 sh -c "$shown"
    assert_success
    assert_output_matches '^([0-7](,[0-7]){3}): ROCR none CUDA none ordinal none modules \1$'
    there srun "${seed[@]}" --recipe-set=++recipes.trainer.accelerator=gpu --recipe-set=instance_type=gaudi2-8 true
    assert_failure 1
    assert_output_contains "the recipe is for GPUs, but gaudi2-8 has Intel Gaudi 2"
    assert_output_contains "[devices.accelerator_mismatch]"
}
