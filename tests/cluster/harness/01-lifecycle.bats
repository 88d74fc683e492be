#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Starting and stopping clusters: small ones beside the shared one.

load ../helper

setup() { other_cluster_setup; }
teardown() { other_cluster_teardown; }

cluster() { "$RECIPE_ROOT/scripts/cluster" "$@" 3>&-; }

daemons_of() { grep -lzxF "SLURM_RECIPE_CLUSTER_DAEMON=$1" /proc/[0-9]*/environ 2>/dev/null; }

@test "a second cluster runs beside the first, and its stop ends nothing but itself" {
    sleep 60 3>&- &
    stranger=$!
    cluster start "$OTHER" --nodes 2 --train-nodes 0
    run cluster as-user "$OTHER" srun -N2 hostname
    assert_success
    cluster stop "$OTHER"
    run daemons_of "$OTHER"
    assert_failure
    kill -0 "$stranger"
    kill "$stranger"
    run sinfo -h -o '%P %D %T'
    assert_output_contains "cpu* 4 idle"
}

@test "stop ends what a job has put into the background" {
    local seconds=$((100000 + RANDOM)) # unmistakable, whoever else runs this test
    cluster start "$OTHER" --nodes 1 --train-nodes 0
    cluster as-user "$OTHER" sbatch -o none.out --wrap "setsid sleep $seconds & wait"
    wait_until 10 pgrep -fx "sleep $seconds"
    cluster stop "$OTHER"
    run pgrep -fx "sleep $seconds"
    assert_failure
}

@test "a cluster without a gpu GRES does not know the option" {
    cluster start "$OTHER" --nodes 1 --train-nodes 1 --no-gres
    run cluster as-user "$OTHER" srun -p train --gpus-per-node=8 true
    assert_failure
    assert_output_contains "Invalid generic resource"
}

@test "a start that fails says why and leaves no process" {
    echo 'NoSuchOption=1' >"$WORK/extra.conf"
    run cluster start "$OTHER" --nodes 1 --slurm-conf-extra "$WORK/extra.conf"
    assert_failure
    assert_output_contains "NoSuchOption"
    run daemons_of "$OTHER"
    assert_failure
}

@test "start and stop keep their hands off other directories" {
    echo precious >"$OTHER/file"
    run cluster start "$OTHER"
    assert_failure
    assert_output_contains "is not empty"
    run cluster stop "$OTHER"
    assert_failure
    assert_equal "$(cat "$OTHER/file")" precious
}
