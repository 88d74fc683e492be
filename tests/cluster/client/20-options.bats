#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# One setting, two spellings: Slurm options and recipe keys.

load ../helper

held=(--parsable --hold --recipe=llama_tiny_cpu_pretrain)
gpu=(--parsable --hold -p train --recipe=llama3_2_1b_pretrain "$FITS_A10G")


@test "-N and trainer.num_nodes ask for the same nodes" {
    run as_user sbatch "${held[@]}" -N 4 </dev/null
    assert_equal "$(job_field "$output" NumNodes)" 4-4
    run as_user sbatch "${held[@]}" --recipe-set=trainer.num_nodes=4 </dev/null
    assert_equal "$(job_field "$output" NumNodes)" 4-4
    run as_user sbatch "${held[@]}" -N 4 --recipe-set=trainer.num_nodes=4 </dev/null
    assert_equal "$(job_field "$output" NumNodes)" 4-4
}

@test "-N 4 and trainer.num_nodes=4 run the same world" {
    write_file said.py <<'PYTHON'
import os
os.write(1, "rank {RANK} of {WORLD_SIZE}\n".format_map(os.environ).encode())
PYTHON
    quick=(--parsable --recipe=llama_tiny_cpu_pretrain "--recipe-set=launch.entry_script=$WORK/said.py")
    first=$(as_user sbatch "${quick[@]}" -p shared -N 4 </dev/null)
    second=$(as_user sbatch "${quick[@]}" -p shared --recipe-set=trainer.num_nodes=4 </dev/null)
    wait_job "$first" 120
    wait_job "$second" 120
    assert_completed "$first" "$second"
    assert_equal "$(job_output "$first" | grep -o 'rank [0-9] of [0-9]' | sort)" "$(job_output "$second" | grep -o 'rank [0-9] of [0-9]' | sort)"
    run job_output "$first"
    assert_output_contains "rank 7 of 8"
}

@test "two that disagree on one level are refused with both named" {
    run as_user sbatch -N 2 --recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.num_nodes=4 </dev/null
    assert_failure 1
    assert_output_contains "-N 2"
    assert_output_contains "trainer.num_nodes=4"
    assert_output_contains "submit.conflict"
    run no_jobs
    assert_success
}

@test "the command line beats the script, in either spelling" {
    write_file script.sh <<'SHELL'
#!/bin/sh
#SBATCH --recipe=llama_tiny_cpu_pretrain --nodes=2 --time=3
true
SHELL
    run as_user sbatch --parsable --hold --recipe-set=trainer.num_nodes=4 --recipe-set=run.time_limit=4 script.sh
    assert_equal "$(job_field "$output" NumNodes)" 4-4
    assert_equal "$(job_field "$output" TimeLimit)" 00:04:00
    run as_user env SBATCH_TIMELIMIT=5 sbatch --parsable --hold script.sh
    assert_equal "$(job_field "$output" NumNodes)" 2-2
    assert_equal "$(job_field "$output" TimeLimit)" 00:05:00
    write_file sets.sh <<'SHELL'
#!/bin/sh
#SBATCH --recipe=llama_tiny_cpu_pretrain
#SBATCH --recipe-set=trainer.num_nodes=2
true
SHELL
    run as_user sbatch --parsable --hold -N 3 sets.sh
    assert_equal "$(job_field "$output" NumNodes)" 3-3
}

@test "time limits are compared as times" {
    run as_user sbatch "${held[@]}" -t 10 --recipe-set=run.time_limit="'00:10:00'" </dev/null
    assert_success
    run as_user sbatch "${held[@]}" -t 11 --recipe-set=run.time_limit="'00:10:00'" </dev/null
    assert_failure 1
    assert_output_contains "submit.conflict"
}

@test "a range of nodes is refused with the reason" {
    run as_user sbatch "${held[@]}" -N 1-3 </dev/null
    assert_failure 1
    assert_output_contains "submit.node_range"
}

@test "GPUs are asked for once, in whatever spelling" {
    run as_user sbatch "${gpu[@]}" </dev/null
    assert_output_matches '^[0-9]+$'
    assert_equal "$(job_field "$output" TresPerNode)" "$(tres_request gpu:8)"
    for spelling in --gpus-per-node=8 --gres=gpu:a10g:8 --gpus-per-node=a10g:8; do
        run as_user sbatch "${gpu[@]}" "$spelling" </dev/null
        assert_success
        run job_field "$output" TresPerNode
        assert_output_count 1 'gpu'
    done
    run as_user sbatch "${gpu[@]}" --recipe-set=trainer.num_nodes=2 -G 16 </dev/null
    assert_success
    assert_equal "$(job_field "$output" TresPerNode)" ""
    assert_equal "$(job_field "$output" TresPerJob)" "$(tres_request gpu:16)"
}

@test "a GPU option is trainer.devices' override" {
    run as_user sbatch "${gpu[@]}" --gpus-per-node=4 --recipe-set=model.shard_degree=4 </dev/null
    assert_success
    run as_user sbatch "${gpu[@]}" --gpus-per-node=4 --recipe-set=trainer.devices=8 </dev/null
    assert_failure 1
    assert_output_contains "--gpus-per-node=4"
    assert_output_contains "trainer.devices=8"
    run as_user sbatch "${gpu[@]}" --gres=gpu:4 --gpus-per-node=8 </dev/null
    assert_failure 1
    # Slurm 26.05 refuses this itself, before it asks us: "--gpus-per-node and --gres=gpu are mutually exclusive."
    assert_output_contains "--gres=gpu"
    assert_output_contains "--gpus-per-node"
}

@test "torchrun takes one task per node or as many as devices, nothing else" {
    run as_user sbatch "${gpu[@]}" --ntasks-per-node=8 </dev/null
    assert_success
    run as_user sbatch "${gpu[@]}" --ntasks-per-node=1 </dev/null
    assert_success
    run as_user sbatch "${gpu[@]}" --ntasks-per-node=4 </dev/null
    assert_failure 1
    assert_output_contains "submit.tasks_per_node"
}

@test "whole nodes unless the recipe or the user says otherwise" {
    run as_user sbatch "${held[@]}" </dev/null
    takes_whole_nodes "$output"
    run as_user sbatch "${held[@]}" --recipe-set=cluster.exclusive=false </dev/null
    run ! takes_whole_nodes "$output"
}
