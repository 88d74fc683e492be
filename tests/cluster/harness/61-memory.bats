#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Slurm's processes where there is no memory for us: an error or a job, and never the end of the process.

load ../helper

setup() { other_cluster_setup; }
teardown() { other_cluster_teardown; }

other_cluster() { # OBJECT EVERY: whose allocations fail in the daemons
    "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" --nodes 2 --train-nodes 0 \
        --env "LD_PRELOAD=$RECIPE_BUILD/tests/failing_malloc.so" --env "RECIPE_FAIL_OBJECT=$1" --env "RECIPE_FAIL_EVERY=$2" --env "RECIPE_FAIL_WHILE=$OTHER/fails" 3>&-
}

there() { "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" "$@" </dev/null; }

# failing AT SBATCH_ARGUMENT...: sbatch whose allocation of this number fails in our object.
failing() {
    local at=$1
    shift
    there env "LD_PRELOAD=$RECIPE_BUILD/tests/failing_malloc.so" RECIPE_FAIL_OBJECT=librecipe_spank.so "RECIPE_FAIL_AT=$at" \
        "RECIPE_FAIL_COUNT=$COUNT" "$@"
}

@test "sbatch without memory for a recipe says so, or submits it" {
    other_cluster nothing 0
    COUNT=$OTHER/home/$CLUSTER_USER/count
    run failing 0 sbatch --hold --recipe=llama_tiny_cpu_pretrain
    assert_success
    local count at submitted=0
    count=$(<"$COUNT")
    echo "$count allocations"
    ((count > 1000))
    # The first ones are yaml-cpp's own constants, which it makes when the object is loaded, before anything of ours runs.
    # Then come some of each part of the work.
    for at in 10 11 12 13 21 34 55 89 144 233 $(seq 300 $((count / 30 + 1)) "$count"); do
        run failing "$at" sbatch --hold --recipe=llama_tiny_cpu_pretrain
        if ((status == 0)); then
            submitted=$((submitted + 1))
        else
            echo "allocation $at: $status: $output"
            ((status < 128))
            assert_output_contains "error: "
            assert_output_contains recipe
        fi
    done
    echo "$submitted were submitted all the same"
    run there sbatch --hold --recipe=llama_tiny_cpu_pretrain
    assert_success
}

@test "slurmctld without memory for a decision refuses the job and lives" {
    other_cluster job_submit_recipe.so 499
    touch "$OTHER/fails"
    local i refused=0
    for i in $(seq 40); do
        run there sbatch --hold --recipe=llama_tiny_cpu_pretrain
        ((status == 0)) && continue
        refused=$((refused + 1))
        assert_output_contains "Batch job submission failed"
        refute_output_contains "Unable to contact"
        refute_output_contains "Zero Bytes"
    done
    echo "$refused of 40 refused"
    ((refused > 0 && refused < 40))
    rm "$OTHER/fails"
    run there sbatch --hold --recipe=llama_tiny_cpu_pretrain
    assert_success
}

@test "a node without memory for a step fails the step, and is not drained" {
    other_cluster librecipe_spank.so 601
    touch "$OTHER/fails"
    local i
    for i in $(seq 12); do
        run there timeout 60 srun -N1 --recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.num_nodes=1 --recipe-step=helper \
            --recipe-set="base_results_dir=$OTHER/home/$CLUSTER_USER/results" true
        echo "$i: $status: $output"
        ((status < 124))
    done
    run env "SLURM_CONF=$OTHER/etc/slurm.conf" sinfo --Node --noheader --states=drain,down,fail
    assert_equal "$output" ""
}
