#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Jobs that go to another cluster, and jobs that root submits for somebody else.

load ../helper

# With accounting off, Slurm has no other cluster to send a job to: what is asserted is what is said before it finds out.
@test "a job for another cluster is not checked against this one, and a hint says so" {
    for how in "-M other" "--clusters=other" "--cluster=other" "-M recipe,other"; do
        # shellcheck disable=SC2086 # words
        run as_user sbatch $how --recipe=llama_tiny_cpu_pretrain --wrap true </dev/null
        assert_failure
        assert_output_contains "recipe: hint: --clusters=${how##*[ =]} sends the job to another cluster"
        assert_output_contains "[submit.other_cluster]"
    done
    run as_user env SBATCH_CLUSTERS=other sbatch --recipe=llama_tiny_cpu_pretrain --wrap true </dev/null
    assert_output_contains "--clusters=other sends the job to another cluster"
    run as_user env SLURM_CLUSTERS=other srun --recipe=llama_tiny_cpu_pretrain true
    assert_output_contains "--clusters=other sends the job to another cluster"
    run as_user salloc -M other --recipe=llama_tiny_cpu_pretrain true
    assert_output_contains "--clusters=other sends the job to another cluster"
    run no_jobs
    assert_success
}

@test "this cluster by its name is no other" {
    run as_user sbatch -M recipe --recipe=llama_tiny_cpu_pretrain --wrap true </dev/null
    refute_output_contains "submit.other_cluster"
}

as_root() { # in $WORK, as an administrator's shell would
    (cd "$WORK" && env -u SLURM_RECIPE_PATH "$@")
}

takes_uid() { ! as_root "$1" --uid="$CLUSTER_USER" true 2>&1 | grep -q "unrecognized option"; }

@test "root submits for a user: composed as root with a warning, and the directories are the user's" {
    write_file said.sh <<'SHELL'
#!/bin/sh
echo "ran as $(id -un) in $RECIPE_RESULTS_DIR"
SHELL
    run as_root sbatch --parsable --wait --uid="$CLUSTER_USER" --gid="$(id -g "$CLUSTER_USER")" --recipe=llama_tiny_cpu_pretrain said.sh </dev/null
    assert_success
    assert_output_contains "recipe: warning: the recipe is composed as the caller"
    assert_output_contains "the job runs as $CLUSTER_USER, who may be allowed less [submit.other_user]"
    job=$(grep -E '^[0-9]+$' <<<"$output")
    run job_output "$job"
    assert_output_contains "ran as $CLUSTER_USER in $WORK/results/"
    assert_equal "$(find results ! -user "$CLUSTER_USER" | wc -l)" 0
}

@test "root follows no link of the user's when it makes their directories" {
    mkdir "$CLUSTER_DIR/private-$BATS_TEST_NUMBER"
    chmod 755 "$CLUSTER_DIR/private-$BATS_TEST_NUMBER"
    as_user ln -s "$CLUSTER_DIR/private-$BATS_TEST_NUMBER" results
    run as_root sbatch --parsable --wait --uid="$CLUSTER_USER" --recipe=llama_tiny_cpu_pretrain --wrap 'echo logged' </dev/null
    assert_output_contains "paths.results_not_created"
    assert_equal "$(ls -A "$CLUSTER_DIR/private-$BATS_TEST_NUMBER")" ""
    job=$(grep -E '^[0-9]+$' <<<"$output")
    run job_output "$job"
    assert_output_contains logged
    rmdir "$CLUSTER_DIR/private-$BATS_TEST_NUMBER"
}

@test "root's own job needs no warning" {
    run as_root sbatch --parsable --hold --recipe=llama_tiny_cpu_pretrain "--recipe-set=base_results_dir=$CLUSTER_DIR/rootly" --wrap true </dev/null
    assert_success
    refute_output_contains "submit.other_user"
    scancel "$(grep -E '^[0-9]+$' <<<"$output")"
    rm -r "$CLUSTER_DIR/rootly"
}

@test "srun --uid and salloc --uid warn as well, where they exist" {
    tools=()
    for tool in srun salloc; do
        if takes_uid "$tool"; then tools+=("$tool"); fi
    done
    ((${#tools[@]})) || skip "srun and salloc have no --uid here"
    for tool in "${tools[@]}"; do
        run as_root "$tool" --uid="$CLUSTER_USER" --recipe=llama_tiny_cpu_pretrain id -un
        assert_success
        assert_output_contains "[submit.other_user]"
        assert_equal "$(find results ! -user "$CLUSTER_USER" | wc -l)" 0
    done
}
