#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# slurmctld checks recipes against the nodes that it has. Refusals name what there is; acceptances run.

load ../helper

gpu=(--recipe=llama3_2_1b_pretrain "$FITS_A10G" --recipe-set=trainer.num_nodes=4)
tiny=(--recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.max_steps=2)

# refused_by_slurmctld COMMAND...: leaves status and output.
refused_by_slurmctld() {
    local before
    before=$(squeue --all --noheader)
    run as_user "$@" </dev/null
    assert_failure 1
    [[ $(squeue --all --noheader) == "$before" ]]
}

@test "an instance type that the partition does not have is refused with those that it has, by sbatch, srun and salloc" {
    for command in sbatch srun salloc; do
        given=(true)
        [[ $command != sbatch ]] || given=(--wrap true)
        refused_by_slurmctld "$command" -p train "${gpu[@]}" --recipe-set=instance_type=p5.48xlarge "${given[@]}"
        assert_output_contains "recipe: instance_type: partition train has 4 nodes with 8 × NVIDIA A10G (g5.48xlarge); the recipe wants 4 with 8 × NVIDIA H100 (p5.48xlarge) [cluster.nodes]"
        assert_output_contains "fix: --recipe-set=instance_type=g5.48xlarge"
    done
    refused_by_slurmctld sbatch -p train "${gpu[@]}" --recipe-set=instance_type=p5.48xlarge
    assert_output_contains "Batch job submission failed: Requested node configuration is not available"
}

@test "more nodes than there are of the kind are refused, and as many as there are run" {
    refused_by_slurmctld sbatch -p train "${gpu[@]}" --recipe-set=trainer.num_nodes=8
    assert_output_contains "partition train has 4 nodes with 8 GPUs; the recipe wants 8 [cluster.nodes]"
    assert_output_contains "fix: --recipe-set=trainer.num_nodes=4"
    refused_by_slurmctld sbatch "${tiny[@]}" --recipe-set=trainer.num_nodes=5
    assert_output_contains "partition cpu has 4 nodes; the recipe wants 5"
    run as_user srun -p train --time=1 "${gpu[@]}" sh -c 'echo "$PET_NODE_RANK of $PET_NNODES"'
    assert_success
    assert_output_contains "3 of 4"
}

@test "a GPU recipe in a partition without GPUs is sent to the one that has them" {
    refused_by_slurmctld sbatch "${gpu[@]}"
    assert_output_contains "partition cpu has 4 nodes with no GPUs; the recipe wants 4 with 8 GPUs. Partition train has 4 [cluster.nodes]"
    fix=$(sed -n 's/.*recipe: *fix: //p' <<<"$output")
    assert_equal "$fix" "-p train"
    # shellcheck disable=SC2086 # the fix is words to paste
    run as_user sbatch --parsable --hold "${gpu[@]}" $fix </dev/null
    assert_success
    assert_equal "$(job_field "$output" Partition)" train
}

@test "one of several partitions is enough" {
    run as_user sbatch --parsable --hold -p cpu,train "${gpu[@]}" </dev/null
    assert_success
    assert_output_matches '^[0-9]+$'
    refused_by_slurmctld sbatch -p cpu,shared "${gpu[@]}"
    assert_output_contains "partition cpu has 4 nodes with no GPUs, partition shared has 4 nodes with no GPUs; the recipe wants 4"
}

@test "constraints, excluded and named nodes count" {
    refused_by_slurmctld sbatch -p train --exclude 'g[2-3]' "${gpu[@]}"
    assert_output_contains "partition train has 2 nodes with 8 GPUs outside --exclude; the recipe wants 4"
    refused_by_slurmctld sbatch -p cpu,train -w n1 "${gpu[@]}"
    assert_output_contains "node n1, which -w asks for, has no GPUs; the recipe wants 8 GPUs [cluster.node_list]"
    refused_by_slurmctld sbatch -p train -C infiniband "${gpu[@]}"
    assert_output_contains "with --constraint=infiniband; the recipe wants 4"
    run as_user sbatch --parsable --hold -p train -C '(g5.48xlarge)&g5.48xlarge' -w 'g[1-2]' "${gpu[@]}" </dev/null
    assert_success
}

@test "a partition's time limit is held up to the job before it is queued" {
    refused_by_slurmctld sbatch -t 2:00:00 "${tiny[@]}"
    assert_output_contains "partition cpu ends jobs after 01:00:00; this one asks for 02:00:00 [cluster.time_limit]"
    assert_output_contains "fix: -t 01:00:00"
}

@test "reservations are left to Slurm" {
    refused_by_slurmctld sbatch --reservation=none-such "${tiny[@]}"
    assert_output_contains "reservation"
    refute_output_contains "cluster."
}

@test "--test-only hears the same and leaves nothing" {
    run as_user sbatch --test-only -p train "${gpu[@]}" --recipe-set=trainer.num_nodes=8 </dev/null
    assert_failure
    assert_output_contains "partition train has 4 nodes with 8 GPUs; the recipe wants 8"
    [ ! -e "$WORK/results" ]
    run as_user sbatch --test-only "${tiny[@]}" </dev/null
    assert_success
    run no_jobs
    assert_success
}

warns_of_nodes() {
    run as_user sbatch --parsable --hold -p train "${gpu[@]}" </dev/null
    [[ $status == 0 && $output == *cluster.unavailable* ]]
}

@test "nodes that are all drained make a warning, and the job waits for them" {
    scontrol update NodeName='g[1-4]' State=DRAIN Reason=test
    wait_until 30 warns_of_nodes
    message=$output
    scontrol update NodeName='g[1-4]' State=RESUME
    output=$message
    assert_output_contains "recipe: warning: the 4 nodes of partition train that could run this job are all down or drained: it will wait for 4 nodes"
    assert_output_matches '^[0-9]+$'
}

@test "accounting knows who ran what" {
    job=$(submit "${tiny[@]}" --wrap 'srun sh -c "echo file \$RECIPE_CONFIG_NAME"')
    wait_job "$job"
    run job_output "$job"
    digest=$(sed -n 's/^file recipe-\([0-9a-f]*\)\.yaml$/\1/p' <<<"$output")
    run scontrol show job "$job"
    assert_output_matches "AdminComment=recipe=training/llama/llama_tiny_cpu_pretrain plan=${digest:-none} *\$"
}

@test "slurmctld keeps no plan, and the job has it all the same" {
    write_file has_plan.sh <<'SHELL'
#!/bin/bash
echo "plan of ${#SLURM_SPANK_RECIPE_PLAN} bytes"
srun sh -c 'echo "rank $PET_NODE_RANK config ${RECIPE_CONFIG:+there}"'
SHELL
    job=$(submit -N 2 "${tiny[@]}" has_plan.sh)
    wait_job "$job"
    assert_completed "$job"
    run job_output "$job"
    assert_output_matches '^plan of [0-9]{3,} bytes$'
    assert_output_contains "rank 1 config there"
    # It saves its state some seconds after a change.
    wait_until 30 grep -q "has_plan.sh" "$CLUSTER_DIR/state/job_state"
    run grep -c RECIPE_PLAN= "$CLUSTER_DIR/state/job_state"
    assert_equal "$output" 0
}
