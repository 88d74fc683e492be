#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Slurm options that imply what a recipe says: read as Slurm reads them, so that what plain sbatch takes is taken, and what
# contradicts is refused with both named.

load ../helper

tiny=--recipe=llama_tiny_cpu_pretrain

setup() {
    cluster_setup
    write_file said.py <<'PYTHON'
import os
os.write(1, "rank {RANK} of {WORLD_SIZE} at {SLURMD_NODENAME}\n".format_map(os.environ).encode())
PYTHON
    quick=("$tiny" "--recipe-set=launch.entry_script=$WORK/said.py" -o out)
    gpu=(-p train --recipe=llama3_2_1b_pretrain "$FITS_A10G" "--recipe-set=launch.entry_script=$WORK/said.py" --recipe-set=model.shard_degree=2
         --recipe-set=trainer.devices=2 -o out)
}

# world RANKS NODES: what the last job's ranks said.
world() {
    assert_output_count "$1" "^rank [0-9]+ of $1 at "
    assert_equal "$(sed -n 's/^rank .* at //p' <<<"$output" | sort -u | tr '\n' ' ')" "$2 "
}

ran() { # SBATCH_ARGUMENT...: waits for the job, leaves its log in $output
    run as_user sbatch --parsable --wait "$@" </dev/null
    assert_success
    run cat "${LOG:-out}"
}

refused() { # CODE COMMAND...
    local code=$1
    shift
    run as_user "$@" </dev/null
    assert_failure
    assert_output_contains "[$code]"
    refute_output_contains "Submitted"
}

@test "-w is so many nodes at least, and those" {
    ran "${quick[@]}" -w 'n[2-3]'
    world 4 "n2 n3"
    ran "${quick[@]}" -w n4 -N 2
    assert_output_count 4 '^rank [0-9] of 4 at '
    assert_output_contains " at n4"
    printf '#!/bin/sh\n#SBATCH %s -w n[1-2] -o out\nsrun -l true; echo "nodes $SLURM_NNODES"\n' "$tiny" | write_file listed.sh
    ran listed.sh
    assert_output_contains "nodes 2"
    refused submit.conflict sbatch "${quick[@]}" -w 'n[1-3]' --recipe-set=trainer.num_nodes=2
    assert_output_contains "-w n[1-3] lists 3 nodes"
    assert_output_contains "trainer.num_nodes=2"
    # Slurm before 24.11 says itself that -N 1 is less than the list.
    run as_user sbatch "${quick[@]}" -w 'n[1-2]' -N 1 </dev/null
    assert_failure
    ran "${quick[@]}" -w n1 --recipe-set=trainer.num_nodes=2
    assert_output_count 4 '^rank [0-9] of 4 at '
    run as_user srun "$tiny" -w 'n[1-2]' sh -c 'echo "nodes $SLURM_STEP_NUM_NODES"'
    assert_success
    assert_output_contains "nodes 2"
}

@test "--nodefile and a node list in a file are lists of nodes" {
    printf 'n1\nn3\n' | write_file nodes
    ran "${quick[@]}" --nodefile=nodes
    world 4 "n1 n3"
    ran "${quick[@]}" -w ./nodes
    world 4 "n1 n3"
}

@test "-n with --ntasks-per-node is a number of nodes, as for plain sbatch" {
    run as_user sbatch --parsable --wait -o plain -n 4 --ntasks-per-node=2 --wrap 'echo nodes $SLURM_NNODES'
    assert_equal "$(cat plain)" "nodes 2"
    ran "${quick[@]}" -n 4 --ntasks-per-node=2
    assert_output_count 4 '^rank [0-9] of 4 at '
    refused submit.conflict sbatch "${quick[@]}" -n 4 --ntasks-per-node=2 --recipe-set=trainer.num_nodes=4
    assert_output_contains "-n 4 --ntasks-per-node=2"
    refused submit.conflict sbatch "${quick[@]}" -n 2 --recipe-set=trainer.num_nodes=4
    assert_output_contains "-n 2 starts 2 tasks on the 4 nodes of trainer.num_nodes=4"
}

@test "--ntasks-per-gpu goes with a recipe as it goes without" {
    ran -p train -o plain --gpus-per-node=2 --ntasks-per-gpu=1 --wrap 'echo tasks $SLURM_NTASKS'
    ran "${gpu[@]}" --gpus-per-node=2 --ntasks-per-gpu=1
    world 2 "$(sed -n 's/.* at //p' <<<"$output" | sort -u | tr -d '\n')"
    ran "${gpu[@]}" -n 2 --ntasks-per-gpu=1
    assert_output_count 2 '^rank [0-9] of 2 at '
    ran "${gpu[@]}" -n 4 --ntasks-per-gpu=1 --recipe-set=trainer.num_nodes=2
    assert_output_count 4 '^rank [0-9] of 4 at '
    refused submit.conflict sbatch "${gpu[@]}" -n 8 --ntasks-per-gpu=1
    assert_output_contains "trainer.devices=2"
    refused submit.tasks_per_node sbatch "${gpu[@]}" --ntasks-per-gpu=2
}

@test "the directory of a log is made, and a log that cannot be opened is refused by name" {
    for log in logs/deep/out.txt "$WORK/other/%x.txt"; do
        run as_user sbatch --parsable --wait "$tiny" -o "$log" -e "errors/%j.txt" --wrap 'echo said; echo wrong >&2' </dev/null
        assert_success
    done
    assert_equal "$(cat logs/deep/out.txt)" said
    grep -q wrong "errors/$output.txt"
    grep -q wrong errors/*.txt
    refused submit.log sbatch "$tiny" -o /proc/nowhere/out --wrap true
    assert_output_contains "-o /proc/nowhere/out"
    run no_jobs
    assert_success
    [ ! -e results/llama-tiny-cpu/wrap ]
    refused submit.log sbatch "$tiny" -e logs --wrap true
    assert_output_contains "logs is a directory"
    if slurm_before 25.05; then
        refused submit.log sbatch "$tiny" -o 'logs/%j/out' --wrap true
        assert_output_contains "fix: --output=$WORK/logs/%j-out"
        LOG=$(sed -n 's/.*fix: --output=//p' <<<"$output")
        run as_user sbatch --parsable --wait "$tiny" -o "$LOG" --wrap 'echo said' </dev/null
        assert_success
        assert_equal "$(cat logs/*-out)" said
    fi
    refused submit.log sbatch "$tiny" -i words.txt --wrap cat
    echo hello | write_file words.txt
    run as_user sbatch --parsable --wait "$tiny" -i words.txt -o words.out --wrap cat </dev/null
    assert_success
    assert_equal "$(cat words.out)" hello
    run as_user sbatch --test-only "$tiny" -o unmade/out --wrap true </dev/null
    assert_success
    [ ! -e unmade ]
}

@test "relative paths of a recipe count from the job's directory: --chdir, and not a stale PWD" {
    as_user mkdir there elsewhere
    run as_user sh -c "cd elsewhere && PWD=/nowhere exec sbatch --parsable --wait $tiny --wrap 'echo \$RECIPE_RESULTS_DIR'" </dev/null
    assert_success
    job=$output
    run job_output "$job"
    assert_output_contains "$WORK/elsewhere/results/llama-tiny-cpu/$job"
    run as_user sbatch --parsable --wait "$tiny" --chdir=there --wrap 'pwd; echo $RECIPE_RESULTS_DIR' </dev/null
    assert_success
    job=$output
    run job_output "$job"
    assert_output_contains "$WORK/there/results/llama-tiny-cpu/$job"
    assert_output_matches "^$WORK/there\$"
    # A recipe file is named from where the command is typed.
    printf 'defaults: [training/llama/llama_tiny_cpu_pretrain]\n' | write_file mine.yaml
    run as_user sbatch --parsable --wait --recipe=mine.yaml -D there -o mine.out --wrap 'echo $RECIPE_RESULTS_DIR' </dev/null
    assert_success
    run cat there/mine.out
    assert_output_contains "$WORK/there/results/"
}

@test "a recipe without a script inside salloc --mem-per-cpu has its own memory" {
    # srun takes no two of SLURM_MEM_PER_CPU, _PER_GPU and _PER_NODE.
    for memory in "--mem-per-cpu=100 --recipe-set=+cluster.mem=500M" "--mem=300 --recipe-set=+cluster.mem_per_cpu=50M" "--mem-per-cpu=100"; do
        # shellcheck disable=SC2086 # words or none
        run as_user salloc -n1 "${memory%% *}" sbatch --parsable --wait "${quick[@]}" ${memory#"${memory%% *}"}
        assert_success
        run cat out
        world 2 "$(sed -n 's/.* at //p' <<<"$output" | sort -u | tr -d '\n')"
    done
}

@test "a GRES type in other letters is refused as plain sbatch does, with the type that the nodes have" {
    run as_user sbatch -p train --gres=gpu:A10G:8 --wrap true </dev/null
    assert_failure
    refused cluster.gpu_type sbatch "${gpu[@]}" --gres=gpu:A10G:2
    assert_output_contains "gpu:A10G"
    assert_output_contains "gpu:a10g"
    ran "${gpu[@]}" --gres=gpu:a10g:2
    assert_output_count 2 '^rank [0-9] of 2 at '
}

@test "tasks and GPUs of tasks are the business of a script of the user's own" {
    write_file own.sh <<<$'#!/bin/sh\nsrun python3 said.py'
    wide=(-p train --recipe=llama3_2_1b_pretrain "$FITS_A10G" --recipe-set=model.shard_degree=2 -o out)
    # One for each device, as a script that is run as python train.py wants it.
    ran "${wide[@]}" --ntasks-per-node=2 --gpus-per-task=1 own.sh
    world 2 g1
    run as_user sbatch "${wide[@]}" --ntasks-per-node=2 --gpus-per-task=1 --recipe-set="launch.entry_script=$WORK/said.py" </dev/null
    assert_failure
    assert_output_contains "[submit.gpus]"
    # Others are told of, each once.
    for options in "--ntasks-per-node=4 --gpus-per-task=2" "--ntasks-per-node=4 --gres=gpu:8" "--ntasks-per-gpu=2 --gres=gpu:8"; do
        # shellcheck disable=SC2086 # words
        run as_user sbatch -p train --recipe=llama3_2_1b_pretrain "$FITS_A10G" $options --wrap true </dev/null
        assert_success
        assert_output_count 1 'recipe: warning: .*\[submit\.(gpus|tasks_per_node)\]$'
    done
}
