#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# One plugin without the other, and clusters without GPUs.

load ../helper

setup() { other_cluster_setup; }
teardown() { other_cluster_teardown; }

other_cluster() { "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" --nodes 2 --train-nodes 2 "$@" 3>&-; }

# there SBATCH_ARGUMENT...: a held job; sets job.
there() {
    run "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" sbatch --parsable --hold "$@" </dev/null
    job=$output
}

field_there() { SLURM_CONF=$OTHER/etc/slurm.conf job_field "$job" "$1"; }

@test "the SPANK plugin alone fills everything in" {
    other_cluster --no-job-submit
    there -p train --recipe=llama3_2_1b_pretrain "$FITS_A10G" --recipe-set=trainer.num_nodes=2
    assert_success
    assert_equal "$(field_there NumNodes)" 2-2
    assert_equal "$(field_there TresPerNode)" "$(tres_request gpu:8)"
    SLURM_CONF=$OTHER/etc/slurm.conf takes_whole_nodes "$job"
    assert_equal "$(field_there JobName)" llama3-2-1b
    run "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" srun -N2 --recipe=llama_tiny_cpu_pretrain sh -c 'echo "rank $PET_NODE_RANK of $PET_NNODES"'
    assert_success
    assert_output_contains "rank 1 of 2"
}

@test "a cluster without a gpu GRES is asked for whole nodes and no GPUs" {
    other_cluster --no-gres
    there -p train --recipe=llama3_2_1b_pretrain "$FITS_A10G" --recipe-set=trainer.num_nodes=2
    assert_success
    assert_equal "$(field_there TresPerNode)" ""
    SLURM_CONF=$OTHER/etc/slurm.conf takes_whole_nodes "$job"
}

@test "the job_submit plugin alone leaves jobs as they are" {
    other_cluster --no-spank
    there -p train --wrap true
    assert_success
    assert_equal "$(field_there NumNodes)" "$(unasked_nodes)"
    run "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" sbatch --recipe=llama3_2_1b_pretrain </dev/null
    assert_failure
    assert_output_contains "unrecognized option"
}
